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


def grid_twice_refusals(links: Iterable[ExternalLink]) -> list[RuleBroken]:
    """Refuse with 409 GRID_ROW_TWICE each row that gives a sports grid another code than a row above it did.

    Rule: J02
    """
    first: dict[int, ExternalLink] = {}
    refusals: list[RuleBroken] = []
    for link in links:
        earlier = first.setdefault(link.grid, link)
        if earlier.external_grid_code == link.external_grid_code:
            continue
        refusals.append(
            RuleBroken(
                "GRID_ROW_TWICE",
                zh=f"第{link.row}行：同一体育网格在第{earlier.row}行已填写另一综治网格编码{earlier.external_grid_code}",
                en=f"row {link.row}: row {earlier.row} gives this grid the code {earlier.external_grid_code}",
                status=409,
                rule="J02",
                clause=LINK_CLAUSE,
                facts={"row": link.row, "earlier_row": earlier.row, "grid": link.grid},
                how_to_fix_zh="一个体育网格只填一行",
                how_to_fix_en="give each sports grid one row",
                field="grid_code",
            )
        )
    return refusals


@dataclass(frozen=True, slots=True)
class PersonLink:
    """A person of the governance grid and the account that is the same person; `row` is the row it came from."""

    external_person_code: str
    user: int
    row: int | None = None


def person_refusals(links: Iterable[PersonLink], held: Iterable[PersonLink]) -> list[RuleBroken]:
    """Refuse with 409 PERSON_ALREADY_LINKED a person mapped to a second account, or an account to a second person.

    The same pair again changes nothing and is allowed.

    Rule: J02
    """
    accounts: dict[str, int] = {}
    people: dict[int, str] = {}
    for link in held:
        accounts[link.external_person_code], people[link.user] = link.user, link.external_person_code
    refusals: list[RuleBroken] = []
    for link in links:
        account = accounts.setdefault(link.external_person_code, link.user)
        person = people.setdefault(link.user, link.external_person_code)
        if (account, person) == (link.user, link.external_person_code):
            continue
        taken_zh = "该人员已对应另一账号" if account != link.user else f"该账号已对应人员{person}"
        taken_en = "has another account" if account != link.user else f"but the account is {person}"
        refusals.append(
            RuleBroken(
                "PERSON_ALREADY_LINKED",
                zh=f"第{link.row}行：综治网格人员{link.external_person_code}不能重复对应，{taken_zh}",
                en=f"row {link.row}: the governance person {link.external_person_code} {taken_en}",
                status=409,
                rule="J02",
                clause=LINK_CLAUSE,
                facts={"row": link.row, "external_person_code": link.external_person_code},
                how_to_fix_zh="同一人只对应一个账号，请核对人员编码与账号",
                how_to_fix_en="one person has one account: check the person's code and the account",
                field="external_person_code",
            )
        )
    return refusals


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
