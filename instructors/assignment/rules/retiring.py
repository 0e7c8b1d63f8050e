"""What is said of sites that leave the layer while somebody is expected there, and of their coming back.

Rules: J12, J13
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from gis.compute.intake import Finding
from instructors.assignment.rules.named_findings import Masked, facts_of
from wangge.errors import RuleBroken

MOST_TOLD = 20


class Retiring(Enum):
    """On which occasion sites leave the layer."""

    IMPORT = "import"  # a file no longer holds them, and nobody has confirmed that
    CONFIRMED = "confirmed"  # the same, and what stands on them is let go
    UNDO = "undo"  # the import that brought them is taken back


@dataclass(frozen=True, slots=True)
class SiteUse:
    """An interest grid that meets at a site, by name; `meetings`: what bookings call its coming meetings there."""

    site: int
    zh: str
    en: str
    meetings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InUse:
    """How many weekly needs, coming duties and other bookings stand on sites, and who meets there."""

    needs: int
    duties: int
    others: int
    users: Sequence[SiteUse] = ()


def site_retired(valid_to: date, field: str | None = None) -> RuleBroken:
    """409 SITE_RETIRED: nothing new begins at a site that has left the layer. Rule: J13"""
    return RuleBroken(
        "SITE_RETIRED", zh=f"该站点自{valid_to.isoformat()}后已不在图层中", status=409, rule="J13", field=field,
        en=f"this site left the layer on {valid_to}", facts={"valid_to": valid_to.isoformat()},
        how_to_fix_zh="请选择现有站点，或重新导入站点图层", how_to_fix_en="choose a site that stands, or import the layer",
    )  # fmt: skip


def sites_in_use(names: Sequence[str], uses: InUse, occasion: Retiring) -> Finding:
    """SITES_IN_USE: the sites by name, how many needs, coming duties, interest grids, meetings and other bookings there.

    Unconfirmed it refuses the file, or the undo; confirmed it tells what was let go and who was told. Rule: J13
    """
    met = {use.zh: use.en for use in uses.users}
    meetings = sum(len(use.meetings) for use in uses.users)
    zh = f"每周需求{uses.needs}项、今后值守{uses.duties}次、其他安排{uses.others}次"
    en = f"{uses.needs} weekly needs, {uses.duties} coming duties, {uses.others} other bookings"
    if met:
        zh += f"、兴趣网格{len(met)}个、今后活动{meetings}次；兴趣网格：{_listed_zh(list(met))}"
        en += f", {len(met)} interest grids, {meetings} coming meetings: {_listed_en(list(met.values()))}"
    begin_zh, begin_en = _BEGINS[occasion]
    fix_zh, fix_en = _REMEDIES[occasion]
    end_zh, end_en = _DONE if occasion == Retiring.CONFIRMED else ("", "")
    return Finding(
        "SITES_IN_USE",
        zh=f"{begin_zh}：{_listed_zh(names)}（{zh}）{end_zh}",
        en=f"{begin_en}: {_listed_en(names)} ({en}){end_en}",
        remedy_zh=fix_zh,
        remedy_en=fix_en,
        facts={
            "sites": list(names[:MOST_TOLD]), "count": len(names), "needs": uses.needs, "duties": uses.duties,
            "others": uses.others,
            "interest_grids": list(met)[:MOST_TOLD], "interest_grid_count": len(met), "meetings": meetings,
        },
    )  # fmt: skip


_BEGINS = {
    Retiring.IMPORT: ("本文件中已没有仍在使用的站点", "the file no longer holds sites in use"),
    Retiring.CONFIRMED: ("本文件中已没有仍在使用的站点", "the file no longer holds sites in use"),
    Retiring.UNDO: (
        "撤销后将没有以下仍在使用的站点",
        "without this import there are no longer these sites in use",
    ),
}
_DONE = (
    "，需求已结束、值守已退回；课程和活动没有取消，请另行改期或改地点",
    "; needs ended and duties given back, classes and meetings stand: move them",
)
_REMEDIES = {
    Retiring.IMPORT: (
        "请在文件中补上这些站点，或先结束其需求、为兴趣网格另选地点；确要撤销的，勾选“撤销使用中的站点”后重新导入",
        "put the sites into the file, or end their needs and move the interest grids first; to let them go, confirm"
        " retire_in_use",
    ),
    Retiring.CONFIRMED: ("", ""),
    Retiring.UNDO: (
        "请先结束这些站点的需求、为兴趣网格另选地点，或改为导入更正后的文件",
        "end their needs and move the interest grids first, or import a corrected file instead",
    ),
}


def _listed_zh(names: Sequence[str], most: int = MOST_TOLD) -> str:
    more = len(names) - most
    return "、".join(names[:most]) + (f"等{len(names)}个" if more > 0 else "")


def _listed_en(names: Sequence[str], most: int = MOST_TOLD) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def kept_not_told(people: Sequence[Masked]) -> list[Finding]:
    """INSTRUCTORS_NOT_TOLD as it is kept with an import, whoever reads that: the people masked. Rules: J12, X07"""
    found = people_not_told([each.name for each in people], MOST_TOLD)
    return [replace(each, facts={**each.facts, **facts_of(people[:MOST_TOLD])}) for each in found]


def people_not_told(names: Sequence[str], most: int) -> list[Finding]:
    """INSTRUCTORS_NOT_TOLD: whom no message reaches, so many by name; nothing where all are told. Rule: J12"""
    if not names:
        return []
    return [
        Finding(
            "INSTRUCTORS_NOT_TOLD",
            zh=f"{len(names)}名指导员既无账号也无电话，未能通知：{_listed_zh(names, most)}",
            en=f"{len(names)} instructors have neither an account nor a phone and were not told: {_listed_en(names, most)}",
            remedy_zh="请由街镇当面或以其他方式告知",
            remedy_en="let the street or town tell them otherwise",
            facts={"count": len(names)},
        )
    ]


@dataclass(frozen=True, slots=True)
class Restored:
    """How much came back with the sites of an import that was undone."""

    needs: int
    pins: int
    duties: int


def brought_back(restored: Restored) -> Finding:
    """LET_GO_RESTORED: what came back with the sites. Rule: J13"""
    return Finding(
        "LET_GO_RESTORED",
        zh=f"站点已恢复，随之恢复：每周需求{restored.needs}项、固定指派{restored.pins}项、值守{restored.duties}次",
        en=f"the sites are back, with {restored.needs} weekly needs, {restored.pins} pins and {restored.duties} duties",
        facts={"needs": restored.needs, "pins": restored.pins, "duties": restored.duties},
    )


def back_without_needs(names: Sequence[str], needs: int) -> list[Finding]:
    """SITES_BACK_BARE: a file holds sites again whose needs ended when they were retired; only an undo brings those back.

    Nothing where no needs ended. Rule: J13
    """
    if not needs:
        return []
    return [
        Finding(
            "SITES_BACK_BARE",
            zh=f"站点重新回到图层：{_listed_zh(names)}；停用时结束的{needs}项每周需求及其值守没有恢复",
            en=f"sites are in the layer again: {_listed_en(names)}; {needs} weekly needs that ended with them stay ended",
            remedy_zh="要一并恢复，请撤销本次导入和停用这些站点的那次导入；否则在站点页面另建需求",
            remedy_en="to have them back undo this import and the one that retired the sites; else add the needs anew",
            facts={"sites": list(names[:MOST_TOLD]), "needs": needs},
        )
    ]


def need_stays_away(site: str, what: str, why_zh: str, why_en: str) -> Finding:
    """NEED_NOT_RESTORED: one need that did not come back, and why. Rule: J13"""
    return Finding(
        "NEED_NOT_RESTORED",
        zh=f"未恢复的需求：{site} {what}（{why_zh}）",
        en=f"this need did not come back: {site} {what} ({why_en})",
        remedy_zh="仍需要的，请在站点页面另建",
        remedy_en="add it anew on the site's page where it is still wanted",
    )


def pin_stays_away(site: str, what: str, person: Masked) -> Finding:
    """PIN_NOT_RESTORED: somebody is no longer pinned to a need that came back or did not. Rule: J13"""
    return Finding(
        "PIN_NOT_RESTORED",
        zh=f"未恢复的固定指派：{person.name} → {site} {what}（需求未恢复，或本人已离册）",
        en=f"this pin did not come back: {person.name} at {site} {what} (the need is gone, or the person left)",
        remedy_zh="请在分配页面重新固定",
        remedy_en="pin somebody anew where computations are made",
        facts=facts_of([person]),
    )


def duty_stays_away(person: Masked | None, site: str, when: str, why_zh: str, why_en: str) -> Finding:
    """DUTY_NOT_RESTORED: one duty that did not come back, whose, where and when it was, and why. Rule: J12"""
    name = "" if person is None else person.name
    return Finding(
        "DUTY_NOT_RESTORED",
        zh=f"未恢复的值守：{name} {when} {site}（{why_zh}）",
        en=f"this duty did not come back: {name}, {when}, {site} ({why_en})",
        remedy_zh="请另行安排，或由下次分配补上",
        remedy_en="arrange it anew, or let the next assignment fill it",
        facts=facts_of([] if person is None else [person]),
    )
