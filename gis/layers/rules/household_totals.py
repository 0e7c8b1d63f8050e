"""A community's total is spread over the dwellings nobody has counted; where there are none, the counts
stand.

Rule: J03
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gis.compute.intake import Finding


@dataclass(frozen=True)
class CommunityHomes:
    """A community's total and what its buildings hold: counted households, and dwellings not counted yet."""

    key: str
    name: str
    total: int | None
    counted: int
    uncounted_dwellings: int


def totals_to_spread(
    communities: Sequence[CommunityHomes],
) -> tuple[Mapping[str, int], list[Finding], list[Finding]]:
    """The totals that can be spread, by community key, with errors and warnings.

    An error: dwellings wait for their share but the counted ones exceed the total already. A warning: all are
    counted and their sum differs from the total (the counts stand), or the total finds no dwelling at all.
    """
    spread: dict[str, int] = {}
    errors: list[Finding] = []
    differing: list[CommunityHomes] = []
    homeless: list[CommunityHomes] = []
    for community in communities:
        if community.total is None:
            continue
        if community.uncounted_dwellings == 0:
            if community.counted:
                differing += [community] if community.counted != community.total else []
            elif community.total:
                homeless.append(community)
        elif community.counted > community.total:
            errors.append(_exceeded(community))
        else:
            spread[community.key] = community.total
    return spread, errors, _warnings(differing, homeless)


def warn_of_guesses(count: int) -> list[Finding]:
    """What is said when a file marks households as estimated, spread or none; nothing for no such row."""
    if count == 0:
        return []
    return [
        Finding(
            "HOUSEHOLDS_NOT_GIVEN",
            zh=f"{count}行的户数在文件中注明为估算、分摊或无（household_source），未作为实有户数，已重新推算",
            en=f"{count} rows say their households are estimated, spread or none; they were worked out anew",
            remedy_zh="若确为实有户数，请将该列改为given或清空",
            remedy_en="if they were counted after all, write given or nothing in that column",
            field="household_source",
            facts={"count": count},
        )
    ]


def _exceeded(community: CommunityHomes) -> Finding:
    return Finding(
        "HOUSEHOLDS_EXCEED_TOTAL",
        zh=f"社区“{community.name}”总户数{community.total}，但逐栋户数之和已达{community.counted}",
        en=f"community “{community.name}” has {community.total} households, its buildings {community.counted}",
        remedy_zh="请更正社区总户数或逐栋户数",
        remedy_en="correct the community's total or the buildings' households",
        field="households",
        facts={"community": community.name, "total": community.total, "counted": community.counted},
    )


def _warnings(differing: Sequence[CommunityHomes], homeless: Sequence[CommunityHomes]) -> list[Finding]:
    found = []
    if differing:
        shown = "、".join(f"{each.name}（{each.total}/{each.counted}）" for each in differing[:5])
        found.append(
            Finding(
                "TOTAL_DIFFERS",
                zh=f"{len(differing)}个社区的总户数与逐栋户数之和不同（总数/之和），以逐栋为准：{shown}",
                en=f"in {len(differing)} communities the total differs from the buildings' sum, which stands: {shown}",
                field="households",
                facts={"count": len(differing)},
            )
        )
    if homeless:
        lost = sum(each.total or 0 for each in homeless)
        shown = "、".join(each.name for each in homeless[:5])
        found.append(
            Finding(
                "TOTAL_WITHOUT_HOMES",
                zh=f"{len(homeless)}个社区共{lost}户没有住宅建筑可以分摊：{shown}",
                en=f"{lost} households of {len(homeless)} communities find no dwelling: {shown}",
                remedy_zh="请补充这些社区的建筑或小区图层",
                remedy_en="add the buildings or compounds of these communities",
                field="households",
                facts={"count": len(homeless), "households": lost},
            )
        )
    return found
