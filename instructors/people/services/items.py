"""The city's catalogue of activity items."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from instructors.people.models import ActivityItem
from instructors.people.queries.instructors import EDIT
from instructors.people.rules.activity_items import ActivityCategory
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.org_units import root_unit
from wangge.errors import RuleBroken, not_found
from wangge.kernel.permissions import require


@transaction.atomic
def add_item(
    *,
    code: str,
    name: str,
    other_names: list[str],
    acting_user: User,
    category: str = ActivityCategory.OTHER.value,
) -> ActivityItem:
    """Add an item to the city's catalogue; 403 unless the right holds for the whole city, 409 ITEM_TWICE."""
    require(acting_user, EDIT, root_unit().path)
    row = ActivityItem(code=code, name=name, category=category, other_names=other_names)
    _save(row)
    _audit("item.add", row, acting_user, None)
    return row


@transaction.atomic
def change_item(*, item_id: int, changes: dict[str, Any], acting_user: User) -> ActivityItem:
    """Rename an item, change its category or other names, put it to rest or back; its code stays. 404, 403, 409 ITEM_TWICE."""
    require(acting_user, EDIT, root_unit().path)
    row = ActivityItem.objects.select_for_update().filter(pk=item_id).first()
    if row is None:
        raise not_found("项目", "activity item")
    before = _told(row)
    for name, value in changes.items():
        setattr(row, name, value)
    _save(row)
    _audit("item.change", row, acting_user, before)
    return row


def _save(row: ActivityItem) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as clash:
        raise RuleBroken(
            "ITEM_TWICE", zh="项目代码或名称已存在", en="an item of this code or name exists", status=409, rule="S07",
            field="name", how_to_fix_zh="请使用已有项目，或换一个名称",
            how_to_fix_en="use the item that exists, or choose another name",
        ) from clash  # fmt: skip


def _told(row: ActivityItem) -> dict[str, object]:
    return {
        "code": row.code,
        "name": row.name,
        "category": row.category,
        "other_names": row.other_names,
        "is_active": row.is_active,
    }


def _audit(action: str, row: ActivityItem, acting_user: User, before: dict[str, object] | None) -> None:
    record_audit(acting_user=acting_user, action=action, subject=row, before=before, after=_told(row))
