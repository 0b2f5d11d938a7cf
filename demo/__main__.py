"""`python -m demo`; a Ctrl-C while Home Assistant is being imported shall be as quiet as a later one."""

import sys

try:
    from .cli import main

    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
