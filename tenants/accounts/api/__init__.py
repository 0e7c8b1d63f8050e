"""Faces of accounts: signing in, tokens, the own profile."""
