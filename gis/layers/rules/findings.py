"""What an intake found becomes rows of a report and refusals of the one family of errors.

Rule: X08
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from gis.compute.intake import Finding
from wangge.errors import RuleBroken, RulesBroken

# A report that nobody can read to its end helps nobody; the counts say how many there are in all.
MOST_REPORTED = 2000
MOST_IN_PROBLEM = 100


def warn_of_cut_texts(field: str, longest: int, rows: Sequence[int]) -> list[Finding]:
    """One warning for all rows whose text is longer than is kept; none for none."""
    if not rows:
        return []
    shown = ", ".join(map(str, rows[:10]))
    return [
        Finding(
            "TEXT_CUT",
            zh=f"{len(rows)}行的“{field}”超过{longest}字，已截断（第{shown}行等）",
            en=f"in {len(rows)} rows {field} is longer than {longest} characters and was cut (rows {shown} …)",
            remedy_zh="请缩短后重新导入，以免截断后重名",
            remedy_en="shorten it and import again, lest cut texts become alike",
            field=field,
            facts={"count": len(rows), "rows": list(rows[:1000]), "longest": longest},
        )
    ]


def report_rows(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON objects, at most `MOST_REPORTED` of them."""
    return [
        {
            "row": finding.row,
            "field": finding.field,
            "code": finding.code,
            "zh": finding.zh,
            "en": finding.en,
            "remedy_zh": finding.remedy_zh,
            "remedy_en": finding.remedy_en,
            "place": list(finding.place) if finding.place else None,
            "facts": {key: _plain(value) for key, value in finding.facts.items()},
        }
        for finding in findings[:MOST_REPORTED]
    ]


def _plain(value: object) -> object:
    """A fact as JSON can hold it; infinite limits have none."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)


def code_counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How often each code was found."""
    return dict(Counter(finding.code for finding in findings))


def refusal(finding: Finding) -> RuleBroken:
    """One finding as a refusal; row and place stand in its facts."""
    facts: dict[str, object] = {key: _plain(value) for key, value in finding.facts.items()}
    if finding.row is not None:
        facts["row"] = finding.row
    if finding.place is not None:
        facts["place"] = list(finding.place)
    return RuleBroken(
        finding.code,
        zh=finding.zh,
        en=finding.en,
        facts=facts,
        how_to_fix_zh=finding.remedy_zh,
        how_to_fix_en=finding.remedy_en,
        field=finding.field,
    )


def file_refused(file_name: str, findings: Sequence[Finding]) -> RulesBroken:
    """The refusal of a file: one sentence for the whole, then its first hundred findings."""
    first = findings[0]
    whole = RuleBroken(
        "LAYER_REFUSED",
        zh=f"文件“{file_name}”有{len(findings)}处错误，未导入任何数据。第一处：{first.zh}",
        en=f"“{file_name}” has {len(findings)} errors and nothing was imported. The first: {first.en}",
        facts={"file_name": file_name, "errors": len(findings), "codes": code_counts(findings)},
        how_to_fix_zh="请按各条说明更正后重新导入；没有写入任何数据",
        how_to_fix_en="mend what is listed and import again; nothing was written",
    )
    return RulesBroken([whole, *(refusal(finding) for finding in findings[:MOST_IN_PROBLEM])])
