"""Writes of the bureau, by noun."""
