"""Rules of map layers: pure functions on plain values."""
