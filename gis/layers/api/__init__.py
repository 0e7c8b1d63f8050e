"""Layers over HTTP: imports, features, exports, tiles."""
