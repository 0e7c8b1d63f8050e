"""The command line of the map arithmetic: files in, files and a report out.

Nothing heavy is imported here: `--help` and a mistyped option answer at once.
"""

from gis.compute.commands.entry import main

__all__ = ["main"]
