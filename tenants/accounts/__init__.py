"""Users, tokens, sessions, TOTP, audit events and idempotency keys; in public for operators and in every city."""
