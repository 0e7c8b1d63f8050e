"""The daily sweep takes what has served its time and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.utils import timezone

from tenants.accounts.models import AccessToken, IdempotencyRecord, SignInFailure, TotpDevice
from tenants.accounts.services.house import keep_house


def test_old_rows_go_and_young_rows_stay(in_alpha: Any, make_user: Any) -> None:
    user, now = make_user(in_alpha, "zhang"), timezone.now()
    for hours in (25, 23):
        other = make_user(in_alpha, f"enrols{hours}")
        begun = now - timedelta(hours=hours)
        TotpDevice.objects.create(user=other, sealed_secret=b"x", created_at=begun)
    AccessToken.objects.all().delete()
    for days, name in ((8, "old"), (6, "young")):
        row = IdempotencyRecord.objects.create(user=user, key=name, fingerprint="f")
        IdempotencyRecord.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=days))
    for days, name in ((31, "old"), (29, "young")):
        SignInFailure.objects.create(username=name, remote_address="", failed_at=now - timedelta(days=days))
    for days, name in ((91, "old"), (89, "young")):
        ended = now - timedelta(days=days)
        AccessToken.objects.create(user=user, name=name, digest=f"e{name}", expires_at=ended)
        AccessToken.objects.create(user=user, name=name, digest=f"r{name}", revoked_at=ended)
    AccessToken.objects.create(user=user, name="lasting", digest="l")
    for hours, name in ((-1, "old"), (1, "young")):
        expires = now + timedelta(hours=hours)
        Session.objects.create(session_key=name, session_data="", expire_date=expires)

    assert keep_house(now=now) == {"answers": 1, "failures": 1, "enrolments": 1, "tokens": 2, "sessions": 1}
    assert IdempotencyRecord.objects.get().key == "young"
    assert SignInFailure.objects.get().username == "young"
    assert set(AccessToken.objects.values_list("digest", flat=True)) == {"eyoung", "ryoung", "l"}
    assert Session.objects.get().session_key == "young"
    assert sum(keep_house(now=now).values()) == 0
