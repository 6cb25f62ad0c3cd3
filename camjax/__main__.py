"""The command, as `python -m camjax`."""

import sys

from camjax.cli import main

if __name__ == "__main__":
    sys.exit(main())
