"""The ground floor for faces: problems, paging, ETags, rights, idempotency, database backend. Knows no app."""
