"""Faces of the bureau."""
