"""Wangge: sports grids and community sport delivery for city sports bureaus."""

__version__ = "0.7.0"
