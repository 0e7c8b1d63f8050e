"""One-time codes, with which a person reads the own record without an account, or links one. Rule: J17

A tester hands the code to the person on paper: testers see the values anyway, so a code in their hands opens nothing
new. Fifty random bits, one use, a week: guessing is hopeless at the rate that requests are let in.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from grids.wellness.models import AccessCode, Citizen
from grids.wellness.queries.people import citizen_for_update, locked_citizen
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from wangge.errors import RuleBroken

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32, none that are mixed up when read aloud
CODE_LENGTH = 10
CODE_LIFE = timedelta(days=7)
_DIGEST = "wellness-code"


@transaction.atomic
def issue_access_code(*, citizen_id: int, acting_user: User) -> tuple[AccessCode, str]:
    """A new code for the person, told once; earlier ones end. 404, 403."""
    citizen = citizen_for_update(acting_user, citizen_id)
    AccessCode.objects.filter(citizen=citizen, used_at=None).delete()
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    row = AccessCode.objects.create(
        citizen=citizen,
        digest=sealer().digest(code, purpose=_DIGEST),
        issued_by=acting_user,
        expires_at=timezone.now() + CODE_LIFE,
    )
    record_audit(acting_user=acting_user, action="wellness.issue_code", subject=citizen)
    return row, code


def citizen_by_code(code: str) -> Citizen:
    """The person whose code it is, locked, the code used up; 422 ACCESS_CODE for any other. Needs a transaction."""
    digest = sealer().digest(code.strip().upper(), purpose=_DIGEST)
    live = AccessCode.objects.select_for_update().filter(
        digest=digest, used_at=None, expires_at__gt=timezone.now(), citizen__erased_at=None
    )
    found = live.first()
    if found is None:
        raise RuleBroken(
            "ACCESS_CODE", zh="查询码无效、已使用或已过期", en="this code is not valid, was used, or has expired",
            rule="J17", field="code",
            how_to_fix_zh="请向测试员索取新的查询码", how_to_fix_en="ask a tester for a new one",
        )  # fmt: skip
    citizen = locked_citizen(found.citizen_id)
    found.used_at = timezone.now()
    found.save(update_fields=["used_at"])
    return citizen


@transaction.atomic
def link_account(*, code: str, acting_user: User) -> Citizen:
    """Link the signed-in account with the person whose code it is. 422 ACCESS_CODE, 409 ACCOUNT_LINKED."""
    citizen = citizen_by_code(code)
    taken = Citizen.objects.filter(user_id=acting_user.pk).exclude(pk=citizen.pk).exists()
    if taken or citizen.user_id not in (None, acting_user.pk):
        raise RuleBroken(
            "ACCOUNT_LINKED", zh="该账号或该档案已关联", en="this account or this record is linked already", rule="J17",
            status=409, how_to_fix_zh="请使用已关联的账号", how_to_fix_en="use the account that is linked",
        )  # fmt: skip
    citizen.user_id = acting_user.pk
    citizen.save(update_fields=["user"])
    record_audit(acting_user=acting_user, action="wellness.link_account", subject=citizen)
    return citizen
