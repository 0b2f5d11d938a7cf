"""Try Batti in a real Home Assistant with a pretend home: `scripts/demo`."""

import time

STARTED = time.monotonic()
"""When the demo began: most of its start is importing Home Assistant, which happens after this line."""
