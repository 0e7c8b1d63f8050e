"""A command's report: what the run was, and the files it is written to."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gis.compute.commands.writing import check_writable, write_text
from gis.compute.report.values import About, Source, Words

# Shapes make up most of a report and say nothing in figures.
_SHAPES = frozenset({"path", "outline", "borders", "streets", "houses", "lines", "box", "at", "ground"})

PARAMETER_WORDS: dict[str, Words] = {
    "target": ("目标户数", "households wanted per grid"),
    "band": ("达标范围", "band"),
    "soft_min": ("软下限", "soft minimum"),
    "soft_max": ("软上限", "soft maximum"),
    "hard_min": ("硬下限", "hard minimum"),
    "hard_max": ("硬上限", "hard maximum"),
    "preset": ("搜索力度", "preset"),
    "seed": ("随机种子", "seed"),
    "alpha": ("均衡与紧凑的权衡 α", "balance against compactness"),
    "barrier_per_m": ("屏障代价（每米）", "price of a metre of barrier"),
    "compound": ("拆分小区代价", "price of a compound split"),
    "stability": ("稳定性", "stability"),
    "simplify_m": ("边线简化（米）", "simplification of borders, m"),
    "cross_for_balance": ("为均衡可跨屏障", "may cross barriers for balance"),
    "minutes": ("步行分钟", "minutes on foot"),
    "metres_per_minute": ("速度（米/分钟）", "metres a minute"),
    "radius_m": ("无路网时的半径（米）", "radius where there are no streets, m"),
    "snap_m": ("断头路接合（米）", "dead ends joined within, m"),
    "far_m": ("离路超过此距离按半径（米）", "farther from streets than this: by radius, m"),
    "least_network_m": ("忽略短于此的孤立路段（米）", "lone streets shorter than this are left out, m"),
    "limit_m": ("量算上限（米）", "nothing is measured beyond, m"),
}


def about_run(
    title: str, parameters: Mapping[str, Any], run: Mapping[str, Any], notes: Sequence[Words]
) -> About:
    """What a report says of its run."""
    return About(
        title=title,
        parameters=tuple(
            (PARAMETER_WORDS.get(name, (name, "")), _shown(value)) for name, value in parameters.items()
        ),
        sources=tuple(_source(source) for source in run.get("sources", ())),
        versions=dict(run.get("versions", {})),
        notes=tuple(dict.fromkeys(notes)),
    )


def _shown(value: object) -> str:
    if value is None:
        return "随搜索力度 by preset"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _source(values: Mapping[str, Any]) -> Source:
    return Source(
        kind=(str(values["kind_zh"]), str(values["kind"])),
        file=str(values["file"]),
        layer=str(values["layer"]),
        format=str(values["format"]),
        crs=str(values["crs"]),
        rows=int(values["rows"]),
        used=int(values["used"]),
        sha256=str(values["sha256"]),
    )


def check_report_files(options: argparse.Namespace) -> None:
    """Raise InputRefused unless the reports asked for can be written."""
    for path, suffix in ((options.report, ".html"), (options.report_json, ".json")):
        if path is not None:
            check_writable(path, (suffix,))


def write_report(report: Any, render: Callable[[Any], str], options: argparse.Namespace) -> list[Path]:
    """Write the report's page and its figures where they are asked for; returns the files written."""
    written = []
    if options.report is not None:
        write_text(options.report, render(report))
        written.append(options.report)
    if options.report_json is not None:
        plain = json.dumps(figures_only(asdict(report)), ensure_ascii=False, indent=1)
        write_text(options.report_json, plain + "\n")
        written.append(options.report_json)
    return written


def figures_only(values: Any) -> Any:
    """The values of a report without its shapes."""
    if isinstance(values, Mapping):
        return {name: figures_only(value) for name, value in values.items() if name not in _SHAPES}
    if isinstance(values, (list, tuple)):
        return [figures_only(value) for value in values]
    return values
