"""Writes of the layers: bringing files in, counting households, taking an import back."""
