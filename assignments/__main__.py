"""Build and grade the assignments: `python -m assignments --help`."""

import sys

from .marking.command_line import main

sys.exit(main())
