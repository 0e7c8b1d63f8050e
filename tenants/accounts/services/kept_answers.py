"""Answers kept for retries."""

from __future__ import annotations

from tenants.accounts.models import IdempotencyRecord
from wangge.kernel.idempotency import StoredAnswer


class IdempotencyTable:
    """The kernel's idempotency port over this schema's table. Rule: X05"""

    def claim(self, user_id: int, key: str, fingerprint: str) -> StoredAnswer | None:
        """Claim the key by inserting its row; a rival connection waits here until the first commits or rolls back."""
        _, created = IdempotencyRecord.objects.get_or_create(
            user_id=user_id, key=key, defaults={"fingerprint": fingerprint}
        )
        if created:
            return None
        row = IdempotencyRecord.objects.get(user_id=user_id, key=key)
        return StoredAnswer(row.fingerprint, row.status, row.body, row.headers)

    def keep(self, user_id: int, key: str, answer: StoredAnswer) -> None:
        """Store the answer beside its key."""
        IdempotencyRecord.objects.filter(user_id=user_id, key=key).update(
            status=answer.status, body=answer.body, headers=answer.headers
        )
