"""Database backend: every city's statements run under that city's own database role."""
