"""What stands beside the figures of studies and runs in files: names with units, the measure, whose data they are.

A label is Chinese with its unit and English behind a stroke: `户数（户） / households`.

Rules: J12, J20, S07
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from instructors.assignment.rules.why_words import tell_left_out

Line = tuple[str, Any]
"""A label and its value: a number, a text, or None where it is not known."""

OSM = "© OpenStreetMap contributors, ODbL"
_METHODS = {"network": ("沿道路", "along streets"), "radius": ("直线", "as the crow flies")}
_POLICY = {
    "coverage.walk_minutes": ("步行时间", "walk"),
    "coverage.walk_speed_m_per_min": ("步行速度", "pace"),
    "coverage.radius_m": ("直线半径", "radius"),
    "assignment.travel_buffer_minutes": ("路程缓冲", "travel buffer"),
}
_PROOFS = {"optimal": "已证明最优 / proven optimal", "bound": "已给出上界 / within a known bound"}
_STEPS = {
    "guide": ("预估", "guide"), "cover": ("覆盖户数", "households"), "travel": ("路程与稳定", "travel and stability"),
    "fair": ("次数均衡", "fair load"),
}  # fmt: skip


def label(zh: str, en: str, unit: str = "") -> str:
    """`户数（户） / households`."""
    return f"{zh}（{unit}） / {en}" if unit else f"{zh} / {en}"


def attribution_of(data_label: str) -> str:
    """Who must be named beside these data; "" where the label names nobody whose licence asks for it."""
    return OSM if "openstreetmap" in data_label.casefold() else ""


def method_of(by_method: Mapping[str, int]) -> str:
    """How households were measured: network, radius, mixed of both, none where there are none. Rule: J20"""
    used = [name for name, households in by_method.items() if households]
    return used[0] if len(used) == 1 else "mixed" if used else "none"


def percent(part: float, whole: float) -> float | None:
    """A part of a whole in percent to two places; None where there is no whole."""
    return round(100 * part / whole, 2) if whole else None


def pace_of(figures: Mapping[str, Any]) -> float:
    """Metres a minute at which the way along streets was judged."""
    return round(float(figures["reach_m"]) / float(figures["walk_minutes"]), 1)


def method_told(figures: Mapping[str, Any]) -> tuple[str, str]:
    """The measure of a study in Chinese and English: which one, how far, how fast, and for how many households."""
    minutes, reach, radius = (f"{figures[name]:g}" for name in ("walk_minutes", "reach_m", "radius_m"))
    said = {
        "network": (
            f"沿道路步行 {minutes} 分钟（{pace_of(figures):g} 米/分钟，{reach} 米）以内",
            f"{minutes} minutes on foot along streets ({pace_of(figures):g} m/min, {reach} m)",
        ),
        "radius": (f"直线 {radius} 米以内", f"within {radius} m as the crow flies"),
    }
    counts = figures["households_by_method"]
    told = [(*words, counts[name]) for name, words in said.items() if counts.get(name)]
    return (
        "；".join(f"{zh}：{count:,} 户" for zh, _, count in told),
        "; ".join(f"{en}: {count:,} households" for _, en, count in told),
    )


def policy_told(versions: str) -> tuple[str, str]:
    """`coverage.radius_m@2` as 直线半径第 2 版; what bears no name here stays as it is."""
    zh, en = [], []
    for version in versions.split():
        key, _, number = version.partition("@")
        words = _POLICY.get(key)
        zh.append(f"{words[0]}第 {number} 版" if words and number else version)
        en.append(f"{words[1]} version {number}" if words and number else version)
    return "、".join(zh), ", ".join(en)


def study_lines(figures: Mapping[str, Any]) -> Iterator[Line]:
    """The figures of a study, each under its label. Rule: J20"""
    every = figures["households"]
    yield label("住户总数", "households", "户"), every
    yield label("现有健身站点", "sites of today", "个"), figures["sites"]
    for when, en, part in (
        ("现在", "today", "covered_today"),
        ("新增站点后", "with the new sites", "covered_then"),
    ):
        yield label(f"{when}步行可达户数", f"households within reach {en}", "户"), figures[part]
        yield label(f"{when}步行可达率", f"share within reach {en}", "%"), percent(figures[part], every)
    yield label("同样个数的站点至多可达", "no choice of as many places reaches more", "户"), figures["bound"]
    yield label("结果质量", "quality"), _PROOFS.get(figures["proof"], figures["proof"])
    yield label("备选位置", "places looked at", "个"), figures["possible_places"]
    for name, (zh, en) in _METHODS.items():
        count = figures["households_by_method"].get(name, 0)
        yield label(f"按{zh}测算的户数", f"households measured {en}", "户"), count
    yield label("步行时间", "walk", "分钟"), figures["walk_minutes"]
    yield label("步行速度", "pace", "米/分钟"), pace_of(figures)
    yield label("沿道路可达距离", "reach along streets", "米"), figures["reach_m"]
    yield label("没有道路时的直线半径", "radius where there are no streets", "米"), figures["radius_m"]


def run_lines(figures: Mapping[str, Any]) -> Iterator[Line]:
    """The figures of a computed assignment, each under its label. Rule: S07"""
    for name, words in _RUN.items():
        if name in figures:
            yield label(*words), _yes_no(figures[name])
    if "gap" in figures:
        yield label("与最优的差距至多", "gap to the best at most", "%"), round(100 * figures["gap"], 4)
    for times, people in sorted(figures.get("sessions", {}).items(), key=lambda row: int(row[0])):
        yield label(f"每周 {times} 次的指导员", f"instructors with {times} sessions a week", "人"), people
    for reason, people in figures.get("left_out", {}).items():
        why = tell_left_out(reason)
        yield label(why.zh, why.en, "人"), people
    yield from _reach_lines(figures.get("reach", {}))
    for step in figures.get("steps", ()):
        zh, en = _STEPS.get(step["name"], (step["name"], step["name"]))
        told = f"{step['rows']} 行 × {step['columns']} 列，{step['rounds']} 轮，目标值 {step['value']}"
        yield label(f"求解步骤：{zh}", f"step: {en}"), told


def _reach_lines(reach: Mapping[str, Any]) -> Iterator[Line]:
    for name, (zh, en) in _METHODS.items():
        if name in reach.get("by_method", {}):
            yield (
                label(f"站点可达户数按{zh}测算", f"households measured {en}", "户"),
                reach["by_method"][name],
            )
    for name, words in _REACH.items():
        if name in reach:
            yield label(*words), reach[name]


def _yes_no(value: Any) -> Any:
    """A workbook's plain value: yes and no as words, a list as its text."""
    if isinstance(value, bool):
        return "是 / yes" if value else "否 / no"
    if isinstance(value, list):
        return "、".join(map(str, value))
    return value


_RUN: dict[str, tuple[str, str, str]] = {
    "needs": ("每周需求", "needs a week", "项"),
    "instructors": ("参与计算的指导员", "instructors looked at", "人"),
    "asked_places": ("所需人次", "places asked for", "人次"),
    "covered_places": ("已安排人次", "places filled", "人次"),
    "asked_weight": ("需求户次", "households asked for", "户次"),
    "covered_weight": ("服务到的户次", "households served", "户次"),
    "weight_bound": ("任何分配至多服务到", "no assignment serves more", "户次"),
    "is_proven": ("已证明最优", "proven optimal", ""),
    "is_reproducible": ("可复现", "reproducible", ""),
    "mean_travel_m": ("平均路程约", "mean way about", "米"),
    "p95_travel_m": ("95% 的路程在此以内约", "95% of ways within about", "米"),
    "total_travel_m": ("路程合计约", "ways together about", "米"),
    "travel_gap_m": ("同样户次下路程至多还可省", "travel that might be saved at most", "米"),
    "kept_pairs": ("与上次相同的分配", "kept from the run before", "项"),
    "before_run": ("上次计算编号", "run before", ""),
    "possible_pairs": ("可行的搭配", "possible pairs", "对"),
    "pairs_looked_at": ("计算所用的搭配", "pairs looked at", "对"),
    "needs_outside_hours": ("在站点开放时间之外的需求编号", "needs outside opening hours", ""),
    "cpu_s": ("计算用时", "processor time", "秒"),
}
_REACH: dict[str, tuple[str, str, str]] = {
    "minutes": ("步行时间", "walk", "分钟"),
    "radius_m": ("没有道路时的直线半径", "radius where there are no streets", "米"),
}
