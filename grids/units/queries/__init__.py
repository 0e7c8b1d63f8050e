"""Reads of base grids, by noun."""
