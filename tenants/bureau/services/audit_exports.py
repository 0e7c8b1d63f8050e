"""The audit log as a file; taking it out is itself an act that the log tells of."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tenants.accounts.models import AuditEvent, User
from tenants.accounts.services import record_audit
from wangge.errors import RuleBroken

LIMIT = 50_000
HEADER = (
    "sequence", "id", "at", "actor_id", "actor_label", "organisation", "action", "subject_type", "subject_id",
    "before", "after", "reason", "policy_version", "request_id",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@transaction.atomic
def export_audit(*, rows: QuerySet[AuditEvent], filters: Mapping[str, Any], acting_user: User) -> bytes:
    """The rows as CSV in UTF-8 with a header line; raises 422 EXPORT_TOO_LARGE beyond 50,000 rows."""
    found = list(rows.values_list(*HEADER)[: LIMIT + 1])
    if len(found) > LIMIT:
        raise RuleBroken(
            "EXPORT_TOO_LARGE",
            zh=f"超过 {LIMIT} 行，请缩小范围",
            en=f"more than {LIMIT} rows: narrow it down",
            rule="X07",
            facts={"limit": LIMIT},
            how_to_fix_zh="请用 since、until 等条件分段导出",
            how_to_fix_en="export it in parts with since and until",
        )
    asked = {name: str(value) for name, value in filters.items()}
    record_audit(
        acting_user=acting_user,
        action="audit.export",
        subject=("accounts.auditevent", ""),
        after={"filters": asked, "rows": len(found)},
    )
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(HEADER)
    writer.writerows([_cell(value) for value in row] for row in found)
    # The mark lets a spreadsheet on Windows read Chinese.
    return ("\ufeff" + sink.getvalue()).encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
