"""Reads of the layers: rows for faces, frames for the arithmetic, tiles for maps."""
