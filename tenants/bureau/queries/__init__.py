"""Reads of the bureau, by noun."""
