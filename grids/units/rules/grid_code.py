"""A base grid's code is its community's twelve digits and a sequence of three that is never used again.

Fifteen digits: 6 (GB/T 2260 county) + 3 (GB/T 10114 street or town) + 3 (community or village) + 3
(sequence 001–999 inside the community, west to east and north to south at first publication, then the next
free number).

Rule: J03
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wangge.errors import RuleBroken

# ASCII digits only: \d would let full-width １２３ through.
GRID_CODE = re.compile(r"[0-9]{15}")
COMMUNITY_CODE = re.compile(r"[0-9]{12}")
COMMUNITY_DIGITS = 12
LAST_SEQUENCE = 999


class CodeScheme(StrEnum):
    """In which numbering a code is written; codes are text with a scheme, because widths differ."""

    GRID_15 = "grid_15"  # 15 digits, national and Beijing's unit-grid standards; what this product gives out
    GRID_14 = "grid_14"  # CJ/T 213-2005, two-digit sequence; kept as imported
    COMMUNITY_20 = "community_20"  # CJ/T 349-2010, digital community; kept as imported
    EXTERNAL = "external"  # the general governance grid's own code (row J02)


@dataclass(frozen=True, slots=True)
class GridCode:
    """A fifteen-digit code that was read: the community it stands in and its number there."""

    community_code: str
    sequence: int

    @property
    def text(self) -> str:
        """The fifteen digits."""
        return f"{self.community_code}{self.sequence:03d}"


def parse_grid_code(text: str) -> GridCode:
    """Read fifteen ASCII digits whose sequence is 001–999, else 422 GRID_CODE."""
    if GRID_CODE.fullmatch(text) is None:
        raise _bad_code(text, "须为15位数字", "it must have 15 digits")
    sequence = int(text[COMMUNITY_DIGITS:])
    if sequence == 0:
        raise _bad_code(text, "序号须为001–999", "its sequence must be 001–999")
    return GridCode(text[:COMMUNITY_DIGITS], sequence)


def check_grid_code(text: str, community_codes: Collection[str]) -> GridCode:
    """Read a code; 422 GRID_CODE when its first twelve digits are no village-level unit valid that day.

    `community_codes` are the codes valid on the day the caller asks about.
    """
    code = parse_grid_code(text)
    if code.community_code not in community_codes:
        raise _bad_code(
            text,
            f"前12位{code.community_code}不是有效的社区（村）代码",
            f"its first 12 digits, {code.community_code}, are no valid community",
        )
    return code


def first_sequences(points: Mapping[str, tuple[float, float]]) -> dict[str, int]:
    """Number the grids of one community from 1, west to east; on the same meridian north to south.

    `points` gives one lon-lat point inside each grid, rounded to the stored seven decimals.
    """
    order = sorted(points, key=lambda label: (points[label][0], -points[label][1], label))
    return {label: number for number, label in enumerate(order, start=1)}


def next_codes(community_code: str, used_sequences: Iterable[int], count: int) -> list[GridCode]:
    """The next free codes of a community; a number once used stays used, also after its grid is gone.

    Raises 422 GRID_CODE_EXHAUSTED when fewer than `count` of the 999 numbers are free.
    """
    if COMMUNITY_CODE.fullmatch(community_code) is None:
        raise _bad_code(community_code, "社区代码须为12位数字", "a community's code has 12 digits")
    used = set(used_sequences)
    free = [number for number in range(1, LAST_SEQUENCE + 1) if number not in used]
    if len(free) < count:
        raise RuleBroken(
            "GRID_CODE_EXHAUSTED",
            zh=f"社区{community_code}仅剩{len(free)}个网格序号，本次需要{count}个",
            en=f"community {community_code} has {len(free)} grid numbers left; {count} are needed",
            rule="J03",
            facts={"community_code": community_code, "free": len(free), "needed": count},
            how_to_fix_zh="请减少网格数量，或申请新的社区代码",
            how_to_fix_en="draw fewer grids, or apply for a new community code",
            field="code",
        )
    return [GridCode(community_code, number) for number in free[:count]]


def duplicate_code_refusals(codes: Sequence[str]) -> list[RuleBroken]:
    """One 409 GRID_CODE_DUPLICATE for every code that two grids of a plan bear."""
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    return [
        RuleBroken(
            "GRID_CODE_DUPLICATE",
            zh=f"网格代码{code}重复",
            en=f"the grid code {code} is used twice",
            status=409,
            rule="J03",
            facts={"code": code, "times": codes.count(code)},
            how_to_fix_zh="请为其中一个网格分配下一个可用序号",
            how_to_fix_en="give one of the grids the next free number",
            field="code",
        )
        for code in repeated
    ]


def _bad_code(text: str, why_zh: str, why_en: str) -> RuleBroken:
    return RuleBroken(
        "GRID_CODE",
        zh=f"网格代码“{text}”无效：{why_zh}",
        en=f"the grid code “{text}” is not valid: {why_en}",
        rule="J03",
        facts={"code": text},
        how_to_fix_zh="网格代码＝社区12位代码＋3位序号（001–999）",
        how_to_fix_en="a grid code is the community's 12 digits and a sequence of 3 (001–999)",
        field="code",
    )
