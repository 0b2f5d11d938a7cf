"""Try Batti in a real Home Assistant with a pretend home: `scripts/demo`."""

import time

STARTED = time.monotonic()
"""When the demo began. Most of its start is the import of Home Assistant, which comes after this line."""
