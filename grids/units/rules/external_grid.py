"""A grid of the general governance platform is linked to one sports grid at most.

Rule: J02
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wangge.errors import RuleBroken

LINK_CLAUSE = "将体育网格员并入社区(行政村)网格化管理组织"


@dataclass(frozen=True, slots=True)
class ExternalLink:
    """A sports grid and its code in the general governance grid; `row` is the row it came from."""

    external_grid_code: str
    grid: int
    row: int | None = None


def external_code(text: str) -> str:
    """The code as it is kept and compared: capitals, no spaces, so that `wg-rv-1` and `WG-RV-1` are one grid.

    Rule: J02
    """
    return "".join(text.split()).upper()


def check_not_linked(link: ExternalLink, linked: Mapping[str, int]) -> None:
    """Refuse an external grid that another sports grid already has with 409 GRID_ALREADY_LINKED.

    `linked` maps external codes to sports grids. Linking the same two again changes nothing and is allowed.

    Rule: J02
    """
    other = linked.get(link.external_grid_code)
    if other is None or other == link.grid:
        return
    at_row_zh = "" if link.row is None else f"第{link.row}行："
    at_row_en = "" if link.row is None else f"row {link.row}: "
    raise RuleBroken(
        "GRID_ALREADY_LINKED",
        zh=f"{at_row_zh}综治网格{link.external_grid_code}已关联到另一体育网格",
        en=f"{at_row_en}the governance grid {link.external_grid_code} is linked to another sports grid",
        status=409,
        rule="J02",
        clause=LINK_CLAUSE,
        facts={"external_grid_code": link.external_grid_code, "linked_grid": other, "row": link.row},
        how_to_fix_zh="请先解除原关联，或核对综治网格编码",
        how_to_fix_en="undo the other link first, or check the governance grid's code",
        field="external_grid_code",
    )


def link_refusals(links: Iterable[ExternalLink], linked: Mapping[str, int]) -> list[RuleBroken]:
    """Every refusal of an import, also where two rows of it claim the same external grid.

    Rule: J02
    """
    taken = dict(linked)
    refusals: list[RuleBroken] = []
    for link in links:
        try:
            check_not_linked(link, taken)
        except RuleBroken as refusal:
            refusals.append(refusal)
        else:
            taken[link.external_grid_code] = link.grid
    return refusals
