"""The one family of refusals that every floor raises and one handler turns into `application/problem+json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime


class RuleBroken(Exception):
    """A refusal with a stable code, both languages and the facts filled in.

    `rule` is the requirement row (`S35`), `clause` the document's own words or number, `field` the input it speaks
    of. `status` is the HTTP status a face answers with; 403, 409 and 422 are business refusals.
    """

    def __init__(
        self,
        code: str,
        *,
        zh: str,
        en: str,
        status: int = 422,
        rule: str | None = None,
        clause: str | None = None,
        facts: Mapping[str, object] | None = None,
        how_to_fix_zh: str = "",
        how_to_fix_en: str = "",
        field: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.zh = zh
        self.en = en
        self.status = status
        self.rule = rule
        self.clause = clause
        self.facts: dict[str, object] = dict(facts or {})
        self.how_to_fix_zh = how_to_fix_zh
        self.how_to_fix_en = how_to_fix_en
        self.field = field


class RulesBroken(Exception):
    """All refusals of one submission, so that a person mends them in one go.

    Its HTTP status is the first present of 403, 409, 422.
    """

    def __init__(self, broken: Iterable[RuleBroken]) -> None:
        self.broken = list(broken)
        if not self.broken:
            raise ValueError("RulesBroken needs at least one refusal")
        super().__init__("; ".join(refusal.code for refusal in self.broken))

    @property
    def status(self) -> int:
        """The status a face answers with."""
        present = {refusal.status for refusal in self.broken}
        return next((status for status in (403, 409, 422) if status in present), self.broken[0].status)


def refuse_all(broken: Iterable[RuleBroken]) -> None:
    """Raise the one refusal, or all of them together; return quietly when there is none."""
    refusals = list(broken)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise RulesBroken(refusals)


def not_found(what_zh: str = "对象", what_en: str = "object") -> RuleBroken:
    """The answer for what does not exist or belongs to another city or scope: never 403, which would tell.

    Rule: X01
    """
    return RuleBroken(
        "NOT_FOUND", zh=f"未找到该{what_zh}", en=f"this {what_en} was not found", status=404, rule="X01"
    )


def forbidden(permission: str) -> RuleBroken:
    """The answer when the signed-in person lacks a right inside the own scope."""
    return RuleBroken(
        "PERMISSION_DENIED",
        zh=f"您没有“{permission}”权限",
        en=f"you do not hold the right “{permission}”",
        status=403,
        facts={"permission": permission},
        how_to_fix_zh="请联系本单位管理员授权",
        how_to_fix_en="ask your unit's administrator to grant it",
    )


def check_aware(moment: datetime, field: str) -> None:
    """Refuse a time without an offset with 400 NAIVE_DATETIME.

    Rule: X02
    """
    if moment.utcoffset() is not None:
        return
    raise RuleBroken(
        "NAIVE_DATETIME",
        zh=f"时间“{moment.isoformat()}”缺少时区",
        en=f"the time {moment.isoformat()} has no offset",
        status=400,
        rule="X02",
        facts={"value": moment.isoformat()},
        how_to_fix_zh="请写明时区，例如 2026-03-02T09:00:00+08:00",
        how_to_fix_en="write the offset, for example 2026-03-02T09:00:00+08:00",
        field=field,
    )
