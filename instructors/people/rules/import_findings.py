"""What was found in a register's file, as it is kept with the import, refused, and handed out as a table.

Rule: J12
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gis.compute.intake.findings import Finding
from gis.compute.intake.sheet_rows import SheetRow, row_order
from wangge.errors import RuleBroken, RulesBroken

MOST_IN_PROBLEM = 100
REPORT_HEADER = ("行号 row", "列 column", "代码 code", "问题", "怎样更正", "problem", "how to fix")
_KEYS = ("row", "field", "code", "zh", "remedy_zh", "en", "remedy_en")


def kept_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """All findings as JSON objects, in the order of the rows; those of one of several sheets say which."""
    return [_kept(finding) for finding in sorted(findings, key=row_order)]


def _kept(finding: Finding) -> dict[str, Any]:
    kept = {
        "row": None if finding.row is None else int(finding.row),
        "field": finding.field,
        "code": finding.code,
        "zh": finding.zh,
        "en": finding.en,
        "remedy_zh": finding.remedy_zh,
        "remedy_en": finding.remedy_en,
        "facts": dict(finding.facts),
    }
    if isinstance(finding.row, SheetRow):
        kept |= {
            "zh": f"工作表“{finding.row.sheet}”：{finding.zh}",
            "en": f"sheet {finding.row.sheet}: {finding.en}",
        }
        kept["facts"] = {**finding.facts, "sheet": finding.row.sheet}
    return kept


def report_lines(kept: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Kept findings as lines of a table under `REPORT_HEADER`."""
    return [[finding.get(key) for key in _KEYS] for finding in kept]


def register_refused(file_name: str, findings: Sequence[Finding]) -> RulesBroken:
    """The refusal of a file: one sentence for the whole, then its first hundred findings with their rows."""
    first = min(findings, key=row_order)
    where = f"第{first.row}行：" if first.row else ""
    whole = RuleBroken(
        "REGISTER_REFUSED",
        zh=f"文件“{file_name}”有{len(findings)}处错误，未导入任何数据。{where}{first.zh}",
        en=f"“{file_name}” has {len(findings)} errors and nothing was imported. Row {first.row or '-'}: {first.en}",
        rule="J12",
        facts={
            "file_name": file_name,
            "errors": len(findings),
            "codes": dict(Counter(finding.code for finding in findings)),
        },
        how_to_fix_zh="请下载错误清单，逐行更正后重新导入；没有写入任何数据",
        how_to_fix_en="download the list of errors, mend the rows and import again; nothing was written",
    )
    return RulesBroken([whole, *(_refusal(finding) for finding in findings[:MOST_IN_PROBLEM])])


def _refusal(finding: Finding) -> RuleBroken:
    facts: dict[str, object] = dict(finding.facts)
    status = facts.pop("status", 422)
    if finding.row is not None:
        facts["row"] = int(finding.row)
        if isinstance(finding.row, SheetRow):
            facts["sheet"] = finding.row.sheet
    return RuleBroken(
        finding.code, zh=finding.zh, en=finding.en, status=int(str(status)), facts=facts, field=finding.field,
        how_to_fix_zh=finding.remedy_zh, how_to_fix_en=finding.remedy_en,
    )  # fmt: skip
