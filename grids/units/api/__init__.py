"""Faces of base grids."""
