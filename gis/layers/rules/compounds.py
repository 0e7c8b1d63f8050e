"""A compound of which no dwelling is mapped stands in for its dwellings, under a name of its own.

Rule: J03
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gis.compute.intake import Finding

# Unknown use counts as a dwelling, as the household rule says.
DWELLING_USES = ("residential", "mixed", "")
_PREFIX = "compound:"
_LONGEST_REF = 64
_SHOWN = 5


@dataclass(frozen=True)
class OverlappedCompound:
    """A compound without dwellings on ground that another carries already, with the households it gave."""

    name: str
    other: str
    given_households: int


def stand_in_ref(ref: str, compound_id: int) -> str:
    """The name of the row that stands for a compound: the same after every import that keeps the compound's own ref.

    A compound without a ref, or with one too long to be kept whole, is named by its number.
    """
    named = f"{_PREFIX}{ref}"
    return named if ref and len(named) <= _LONGEST_REF else f"{_PREFIX}{compound_id}"


def warn_of_overlapped(compounds: Sequence[OverlappedCompound]) -> list[Finding]:
    """One warning for all compounds that do not stand in because their ground is counted already; none for none."""
    if not compounds:
        return []
    given = sum(each.given_households for each in compounds)
    shown = "、".join(f"{each.name}（与{each.other}重叠）" for each in compounds[:_SHOWN])
    shown_en = ", ".join(f"{each.name} (on {each.other})" for each in compounds[:_SHOWN])
    return [
        Finding(
            "COMPOUNDS_OVERLAP",
            zh=f"{len(compounds)}个没有建筑的小区与在先的小区重叠，不重复计户（所填{given}户未计入）：{shown}",
            en=f"{len(compounds)} compounds without buildings lie on ground counted already; they and the {given} "
            f"households they give are left out: {shown_en}",
            remedy_zh="请更正小区边界，或补充其中的住宅建筑",
            remedy_en="correct the compounds' outlines or map their dwellings",
            field="geometry",
            facts={"count": len(compounds), "households": given},
        )
    ]


def warn_of_left_out(count: int) -> list[Finding]:
    """What is said when a file of buildings brings back rows that an export gave for compounds without buildings."""
    if count == 0:
        return []
    return [
        Finding(
            "STAND_INS_LEFT_OUT",
            zh=f"{count}行是导出时代替无建筑小区的记录（stands_for_id有值），不是真实建筑，未导入",
            en=f"{count} rows stood for compounds without buildings when they were exported (stands_for_id); "
            "they are no buildings and were left out",
            remedy_zh="无需处理：小区图层会自动生成这些记录；若确是建筑，请清空stands_for_id",
            remedy_en="nothing to do: the compounds bring them; clear stands_for_id if they are buildings after all",
            field="stands_for_id",
            facts={"count": count},
        )
    ]
