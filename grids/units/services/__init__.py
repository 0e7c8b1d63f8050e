"""Writes of base grids, by noun: drawing, plans, publishing, leaders, links, coverage."""
