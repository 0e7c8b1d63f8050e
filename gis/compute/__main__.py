"""`python -m gis.compute`: grids, households, coverage and sites from files, without a database."""

import sys

from gis.compute.commands import main

if __name__ == "__main__":  # worker processes import this module again under another name
    sys.exit(main())
