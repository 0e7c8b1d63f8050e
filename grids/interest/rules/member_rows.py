"""One row of a file of grid members as a person and a post, or everything that is wrong with it.

Rules: J07, J08
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from gis.compute.intake.cells import day_of, text_of
from gis.compute.intake.findings import Finding
from gis.compute.intake.layouts import Layout
from gis.compute.intake.sheets import fault_finding, fault_of
from grids.interest.rules.people_states import SOURCE_WORDS, MemberSource
from instructors.people.rules.import_cells import end_of, is_same_name
from instructors.people.rules.spreadsheet import begins_as_formula
from tenants.bureau.rules.phone import normal_phone
from wangge.errors import RuleBroken

Value = TypeVar("Value")
# The columns of the template, in its order, each by what it is usually called.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "网格员姓名", "网格员", "名字", "name"),
    "phone": ("手机号", "手机", "手机号码", "联系电话", "电话", "联系方式", "phone", "mobile"),
    "interest_grid": ("兴趣网格", "兴趣网格编号", "兴趣网格名称", "网格编号", "队伍名称", "健身队伍"),
    "source": ("来源", "网格员来源", "人员来源", "source"),
    "proof": ("证明", "证明材料", "来源证明", "证明说明"),
    "association": ("协会名称", "协会", "所属协会", "体育协会"),
    "representative": ("协会代表", "协会代表人", "代表人"),
    "site": ("健身站点", "站点", "站点编号", "站点名称"),
    "certificate": ("证书编号", "证书号", "指导员证书编号"),
    "starts_on": ("任期开始", "开始日期", "任职日期", "起始日期"),
    "ends_on": ("任期截止", "截止日期", "结束日期", "任期至"),
}
MEMBER_LAYOUT = Layout(
    SYNONYMS,
    {"name": "姓名", "phone": "手机号", "interest_grid": "兴趣网格"},
    "表头须有“姓名”“手机号”“兴趣网格”列，列的顺序不限；可下载模板",
    "let a header row name 姓名, 手机号 and 兴趣网格, in any order; a template can be downloaded",
)
TEMPLATE_HEADER = tuple(words[0] for words in SYNONYMS.values())
# The second line of the template: it shows how a row is filled in, and an import passes over it.
EXAMPLE_NAME = "示例（导入时跳过此行）"
_EXAMPLE: Mapping[str, str] = {
    "name": EXAMPLE_NAME, "phone": "13900000000", "interest_grid": "兴趣网格编号或名称", "source": "体育骨干",
    "proof": "社区推荐，带队三年", "starts_on": "2026-01-01", "ends_on": "2026-12-31",
}  # fmt: skip
EXAMPLE_LINE = tuple(_EXAMPLE.get(field, "") for field in SYNONYMS)
_LONGEST = {"name": 60, "proof": 200, "association": 80, "representative": 60, "certificate": 40}
_SOURCES: dict[str, MemberSource] = {
    **{source.value: source for source in MemberSource},
    **{word: source for source, word in SOURCE_WORDS.items()},
    "协会": MemberSource.ASSOCIATION, "站点负责人": MemberSource.SITE_HEAD, "站长": MemberSource.SITE_HEAD,
    "指导员": MemberSource.INSTRUCTOR, "骨干": MemberSource.BACKBONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person and a post as a row tells them; `source` is empty where the row says none that is known.

    `representative` is the person, where the row names an association and nobody else for it.
    """

    row: int
    name: str
    phone: str
    interest_grid: str
    source: str
    proof: str
    association: str
    representative: str
    site: str
    certificate: str
    starts_on: date | None
    ends_on: date | None


def is_example(cells: Mapping[str, object]) -> bool:
    """Whether a row is the template's example, whatever else was changed in it. Rule: J08"""
    return str(cells.get("name") or "").strip() == EXAMPLE_NAME


def example_warning(row: int) -> Finding:
    """The template's example was passed over. Rule: J08"""
    return Finding(
        "EXAMPLE_SKIPPED", zh="模板中的示例行，已跳过", en="the template's example row was passed over", row=row,
        remedy_zh="无需处理；如这是您要导入的人员，请填写真实姓名",
        remedy_en="nothing is left to do; if you meant a person, write the name",
    )  # fmt: skip


def only_example() -> Finding:
    """The refusal of the template as it was handed out. Rule: J08"""
    return Finding(
        "NO_ROWS", zh="表中只有模板的示例行，没有要导入的人员", en="the table holds the template's example and nobody else",
        remedy_zh="请在示例行之后逐行填写", remedy_en="fill in people below the example",
    )  # fmt: skip


def layout_without(fields: Collection[str]) -> Layout | None:
    """The layout of a header that lacks these required columns; None where nothing would be left to know it by.

    So the rows of a file that lacks a column are read too, and all that is wrong is told at once. Rule: J08
    """
    left = {field: word for field, word in MEMBER_LAYOUT.required.items() if field not in fields}
    return replace(MEMBER_LAYOUT, required=left) if left else None


def read_member_row(
    row: int, cells: Mapping[str, object], lacking: Collection[str] = ()
) -> tuple[MemberRow, list[Finding]]:
    """The person and post of a row with everything that is wrong with it; what cannot be read is empty.

    `lacking`: columns the whole file lacks, which is told once. Rule: J08
    """
    reading = _Reading(row, cells, lacking)
    name = " ".join(reading.required("name").split())
    if begins_as_formula(name):
        reading.findings.append(finding_at(row, "name", _formula()))
    phone = reading.required("phone")
    representative = reading.text("representative")
    normal = reading.value("phone", lambda _: normal_phone(phone)) if phone else None
    read = MemberRow(
        row=row,
        name=name,
        phone=normal or "",
        interest_grid=reading.required("interest_grid"),
        source=_SOURCES.get(reading.text("source").strip().lower(), ""),
        proof=reading.text("proof"),
        association=reading.text("association"),
        representative=name if not representative or is_same_name(representative, name) else representative,
        site=reading.text("site"),
        certificate=reading.text("certificate"),
        starts_on=reading.value("starts_on", day_of),
        ends_on=reading.value("ends_on", end_of),
    )
    return read, reading.findings


def clashes_within(rows: Iterable[MemberRow]) -> list[Finding]:
    """Rows of one file that contradict one another: one phone with two names, one post twice. Rule: J08"""
    names: dict[str, MemberRow] = {}
    posts: dict[tuple[str, str], MemberRow] = {}
    findings = []
    for each in rows:
        if not each.phone:
            continue  # that it cannot be read was told with the row
        first = names.setdefault(each.phone, each)
        if not is_same_name(first.name, each.name):
            findings.append(finding_at(each.row, "phone", _two_names(first.row)))
        earlier = posts.setdefault((each.phone, each.interest_grid), each)
        if earlier is not each:
            findings.append(finding_at(each.row, "interest_grid", _twice(earlier.row)))
    return findings


def finding_at(row: int, field: str, refused: RuleBroken) -> Finding:
    """A refusal as what was found in a row; nothing personal of the row is repeated."""
    return Finding(
        refused.code, zh=refused.zh, en=refused.en, remedy_zh=refused.how_to_fix_zh,
        remedy_en=refused.how_to_fix_en, row=row, field=SYNONYMS[field][0], facts=refused.facts,
    )  # fmt: skip


class _Reading:
    """The cells of one row as values; what cannot be read is found and told, not raised."""

    def __init__(self, row: int, cells: Mapping[str, object], lacking: Collection[str]) -> None:
        self.row, self.cells, self.lacking = row, cells, lacking
        self.findings: list[Finding] = []

    def value(self, field: str, read: Callable[[object], Value]) -> Value | None:
        """The cell as `read` reads it; None for what it cannot."""
        fault = fault_of(self.cells.get(field))
        if fault is not None:
            self.findings.append(fault_finding(fault, self.row, SYNONYMS[field][0]))
            return None
        try:
            return read(self.cells.get(field))
        except RuleBroken as refused:
            self.findings.append(finding_at(self.row, field, refused))
        except (ValueError, OverflowError):
            self.findings.append(finding_at(self.row, field, _unreadable(field)))
        return None

    def text(self, field: str) -> str:
        """A text no longer than is kept; empty for a blank cell."""
        text = self.value(field, text_of) or ""
        longest = _LONGEST.get(field, 120)
        if len(text) > longest:
            self.findings.append(finding_at(self.row, field, _too_long(field, longest)))
        return text

    def required(self, field: str) -> str:
        """The same, which must be there."""
        before = len(self.findings)
        text = self.text(field)
        if not text and len(self.findings) == before and field not in self.lacking:
            self.findings.append(finding_at(self.row, field, _missing(field)))
        return text


def _missing(field: str) -> RuleBroken:
    word = SYNONYMS[field][0]
    return RuleBroken(
        "FIELD_MISSING", zh=f"缺少{word}", en=f"{field} is missing", how_to_fix_zh=f"请填写{word}",
        how_to_fix_en=f"fill in {word}",
    )  # fmt: skip


def _formula() -> RuleBroken:
    return RuleBroken(
        "NAME_FORMULA", zh="姓名以公式符号（=、+、-、@）开头", en="the name begins as a formula does (=, +, -, @)",
        how_to_fix_zh="请填写姓名本身", how_to_fix_en="write the name itself",
    )  # fmt: skip


def _too_long(field: str, longest: int) -> RuleBroken:
    return RuleBroken(
        "TEXT_TOO_LONG", zh=f"“{SYNONYMS[field][0]}”超过{longest}字", en=f"{field} has more than {longest} characters",
        facts={"longest": longest}, how_to_fix_zh="请缩短", how_to_fix_en="shorten it",
    )  # fmt: skip


def _unreadable(field: str) -> RuleBroken:
    return RuleBroken(
        "CELL_FORMAT", zh=f"“{SYNONYMS[field][0]}”无法识别", en=f"{field} cannot be read",
        how_to_fix_zh="日期请按 2026-05-01 的格式填写", how_to_fix_en="write days as 2026-05-01",
    )  # fmt: skip


def _two_names(row: int) -> RuleBroken:
    return RuleBroken(
        "MEMBER_NAME_DIFFERS", zh=f"与第{row}行手机号相同而姓名不同", en=f"row {row} has this phone with another name",
        facts={"other_row": row}, how_to_fix_zh="请核对姓名和手机号", how_to_fix_en="compare name and phone",
    )  # fmt: skip


def _twice(row: int) -> RuleBroken:
    return RuleBroken(
        "ROW_TWICE", zh=f"与第{row}行重复", en=f"this repeats row {row}", facts={"other_row": row},
        how_to_fix_zh="请删除其中一行", how_to_fix_en="leave one of the rows out",
    )  # fmt: skip
