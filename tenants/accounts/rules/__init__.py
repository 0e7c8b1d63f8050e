"""Pure rules of signing in and of audit rows."""
