"""Writes of dated policy."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from tenants.accounts.models import User
from tenants.accounts.services import actor_label, record_audit
from tenants.bureau.models import PolicyParameterVersion
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.queries.policy import plain, policy_versions_for_update
from tenants.bureau.rules.policy import (
    PolicyVersion,
    check_no_overlap,
    check_period,
    check_policy_owner,
    ended_predecessor,
    parse_value,
)
from tenants.bureau.rules.policy_defaults import definition, definitions
from tenants.bureau.rules.policy_order import check_policy_order, related_keys
from wangge.kernel.permissions import holds

# Before anything a city will enter: the first versions must be in force on every day that is asked about.
FIRST_VERSIONS_FROM = date(2000, 1, 1)
SHIPPED = "随产品提供的缺省值"


@transaction.atomic
def write_default_policy(*, acting_user: User | None) -> int:
    """Give the city a first version of every parameter it has none of; returns how many were written."""
    author_label = actor_label(acting_user)
    known = set(PolicyParameterVersion.objects.values_list("key", flat=True))
    rows = [
        PolicyParameterVersion(
            key=parameter.key,
            number=1,
            value=parameter.default,
            effective_from=FIRST_VERSIONS_FROM,
            author_label=author_label,
            reason=SHIPPED,
        )
        for parameter in definitions().values()
        if parameter.key not in known
    ]
    if rows:
        PolicyParameterVersion.objects.bulk_create(rows)
        subject = (PolicyParameterVersion._meta.label_lower, "")
        after = {"keys": [row.key for row in rows]}
        record_audit(acting_user=acting_user, action="policy.write_defaults", subject=subject, after=after)
    return len(rows)


@transaction.atomic
def set_policy(
    *,
    key: str,
    value: Any,
    effective_from: date,
    effective_to: date | None = None,
    ends_predecessor: bool = False,
    reason: str = "",
    acting_user: User,
) -> PolicyParameterVersion:
    """Give a parameter a new value for some days.

    Raises 403 POLICY_OWNER_ONLY, 422 POLICY_UNKNOWN, POLICY_VALUE, POLICY_PERIOD, POLICY_OVERLAP or
    POLICY_CONTRADICTION. With `ends_predecessor` the open-ended version before it is ended on the day before;
    things begun under it keep it.
    """
    check_policy_owner(holds(acting_user, "policy.edit", root_unit().path))
    parse_value(definition(key), value)
    check_period(effective_from, effective_to)
    rows = [plain(row) for row in policy_versions_for_update({key, *related_keys(key)})]
    existing = [version for version in rows if version.key == key]
    number = max((version.version for version in existing), default=0) + 1
    new = PolicyVersion(key, value, effective_from, effective_to, number)
    ended = ended_predecessor(new, existing) if ends_predecessor else None
    if ended is not None:
        existing = [ended if version.version == ended.version else version for version in existing]
    check_no_overlap(new, existing)
    others = [version for version in rows if version.key != key]
    # What follows a version that ends after its predecessor was ended is another value too.
    last_day = effective_to if ended is None else None
    check_policy_order(key, [*others, *existing, new], effective_from, last_day)
    if ended is not None:
        PolicyParameterVersion.objects.filter(key=key, number=ended.version).update(
            effective_to=ended.effective_to
        )
    row = PolicyParameterVersion.objects.create(
        key=key,
        number=number,
        value=value,
        effective_from=effective_from,
        effective_to=effective_to,
        author_label=acting_user.username,
        reason=reason,
    )
    record_audit(
        acting_user=acting_user,
        action="policy.set",
        subject=row,
        reason=reason,
        policy_version=str(row),
        before=None if ended is None else {"number": ended.version, "effective_to": str(ended.effective_to)},
        after={
            "value": value,
            "effective_from": str(effective_from),
            "effective_to": str(effective_to or ""),
        },
    )
    return row
