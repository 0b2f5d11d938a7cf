"""`python -m demo`. A Ctrl-C during the import of Home Assistant is as quiet as a later one."""

import sys

try:
    from .cli import main

    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
