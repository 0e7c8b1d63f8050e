"""`partition`: communities are drawn into grids, from files to a file, a report and a summary."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gis.compute.city import City, CityPlan, Progress, finish_city
from gis.compute.commands.city_files import Households, prepared, read_layers, sources_of
from gis.compute.commands.layer import Layer
from gis.compute.commands.numbers import check_rising
from gis.compute.commands.plans import Plan, plan_layers, read_assignments, read_plan
from gis.compute.commands.preparing import prepare_kernels
from gis.compute.commands.redrawing import Redrawing, check_codes, kept_partition, with_communities
from gis.compute.commands.reporting import about_run, check_report_files, write_report
from gis.compute.commands.speaking import Speaker
from gis.compute.commands.stopping import Interrupted, StopNow, stop_on_signal
from gis.compute.commands.unfinished import WorkFolder, digest_of
from gis.compute.commands.versions import versions
from gis.compute.commands.writing import check_writable, write_layers
from gis.compute.intake import file_digest
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import Stopped
from gis.compute.refusal import EngineFault, InputRefused
from gis.compute.report.gather import completed_zones, gather_partition
from gis.compute.report.partition_page import partition_page
from gis.compute.report.values import Figures, PartitionReport
from gis.compute.workers import CommunityInput, cores, partition_communities

# Several processes are asked to stop twice a second; alone, a large zone may be searched for minutes without being
# asked, and is broken off after so long.
_GRACE_S = 3.0


@dataclass(frozen=True)
class _Asked:
    """The run as it was asked for."""

    parameters: PartitionParameters
    processes: int
    before: Plan | None
    redrawing: Redrawing


def run(options: argparse.Namespace, speaker: Speaker) -> dict[str, object]:
    """Draw the grids and write them; returns the summary."""
    check_writable(options.out, (".gpkg", ".geojson", ".fgb"))
    check_report_files(options)
    asked = _asked(options)
    paths = {
        "communities": [options.communities], "buildings": [options.buildings], "streets": options.streets,
        "barriers": options.barriers, "compounds": options.compounds,
    }  # fmt: skip
    layers = read_layers(paths, options, speaker)
    city, homes = prepared(layers, options)
    for zh, en in homes.notes:
        speaker.note(zh, en)
    if asked.before is not None:
        asked = replace(asked, before=with_communities(asked.before, city))
    check_codes(asked.redrawing, city, homes.frame, asked.before)
    drawn = _drawn(city, homes, asked, options, sources_of(layers), speaker)
    try:
        report, written = _finished(city, drawn, homes, layers, asked, options)
    except KeyboardInterrupt as interrupt:
        raise _interrupted(len(drawn), len(drawn)) from interrupt
    WorkFolder(options.out).remove()
    return _summary(report, written)


def _finished(
    city: City,
    drawn: list[Progress],
    homes: Households,
    layers: Mapping[str, Layer],
    asked: _Asked,
    options: argparse.Namespace,
) -> tuple[PartitionReport, list[Path]]:
    """The whole plan checked, written and reported; the files written."""
    plan = finish_city(city, drawn)
    run_values = {
        "parameters": asdict(asked.parameters),
        "sources": sources_of(layers),
        "versions": versions(),
        "metric_crs": city.frames.metric_crs,
    }
    _write(options.out, city, plan, homes, run_values)
    notes = [note for layer in layers.values() for note in layer.notes]
    notes += [*homes.notes, *((f"{code} {text}".strip(), "") for code, text in plan.notes)]
    report = gather_partition(
        city, plan, parameters=asked.parameters,
        about=about_run(options.title, asdict(asked.parameters), run_values, notes),
        barriers=layers["barriers"].frame if "barriers" in layers else None,
    )  # fmt: skip
    return report, [options.out, *write_report(report, partition_page, options)]


def _asked(options: argparse.Namespace) -> _Asked:
    needed = [name for name in ("lock", "only") if getattr(options, name)]
    if needed and options.previous is None:
        raise InputRefused(
            "PREVIOUS_NEEDED",
            zh=f"--{needed[0]} 需要同时给出 --previous",
            en=f"--{needed[0]} needs --previous",
            remedy_zh="请用 --previous 指明旧方案",
            remedy_en="name the plan before with --previous",
            field=f"--{needed[0]}",
        )
    return _Asked(
        parameters=parameters_of(options),
        processes=options.processes or cores(),
        before=read_plan(options.previous) if options.previous else None,
        redrawing=Redrawing(
            locked=tuple(options.lock),
            only=tuple(options.only),
            assigned=read_assignments(options.assign) if options.assign else None,
        ),
    )


def parameters_of(options: argparse.Namespace) -> PartitionParameters:
    """The wishes the options state; raises InputRefused("PARAMETERS") where the limits do not rise."""
    names = ("hard_min", "soft_min", "target", "soft_max", "hard_max")
    check_rising([(f"--{name.replace('_', '-')}", getattr(options, name)) for name in names])
    return PartitionParameters(
        target=options.target,
        soft_min=options.soft_min,
        soft_max=options.soft_max,
        hard_min=options.hard_min,
        hard_max=options.hard_max,
        band=options.band,
        preset=options.preset,
        seed=options.seed,
        alpha=options.alpha,
        barrier_per_m=options.barrier_weight,
        compound=options.compound_weight,
        stability=options.stability,
        cross_for_balance=options.cross_for_balance,
    )


# ---- Drawing, kept as it goes -----------------------------------------------------------------------------


def _drawn(
    city: City,
    homes: Households,
    asked: _Asked,
    options: argparse.Namespace,
    sources: list[dict[str, object]],
    speaker: Speaker,
) -> list[Progress]:
    """The partitions of all communities in the city's order, from the work folder where they lie there."""
    work = WorkFolder(options.out)
    # Before the folder is there: whoever sees it may rely on a clean stop.
    with stop_on_signal(_GRACE_S if asked.processes == 1 else None) as should_stop:
        resumed = work.begin(_digest(asked, options, sources), resume=options.resume, fresh=options.fresh)
        found = work.kept() if resumed else {}
        if found:
            speaker.note(
                f"接着上次继续：已有{len(found)}个社区", f"going on: {len(found)} communities are done"
            )
        for code in city.codes:
            if asked.before is not None and asked.redrawing.keeps(str(code)):
                found[str(code)] = kept_partition(
                    str(code), city, homes.frame, asked.before, asked.parameters
                )
        refusals: list[Progress] = []
        try:
            for part in _searched(city, homes, asked, set(found), (should_stop, speaker)):
                if part.refused is not None:
                    refusals.append(part)
                    continue
                found[str(part.key)] = part.partition
                work.keep(str(part.key), part.partition)
        except (Stopped, StopNow) as stopped:
            raise _interrupted(len(found), len(city.codes)) from stopped
        except BaseException:
            work.remove_unless_begun()
            raise
    if refusals:
        raise _refused_communities(refusals, work)
    total = len(city.codes)
    return [Progress(code, found[str(code)], at, total) for at, code in enumerate(city.codes, 1)]


def _refused_communities(refusals: list[Progress], work: WorkFolder) -> Exception:
    """All communities that could not be drawn as one refusal; a fault of the program goes first."""
    reasons = [(str(part.key), part.refused) for part in refusals]
    faults = [(key, reason) for key, reason in reasons if isinstance(reason, EngineFault)]
    if faults:
        return EngineFault(f"{faults[0][0]}: {faults[0][1]} ({len(faults)} communities)")
    work.remove()
    refused = [(key, reason) for key, reason in reasons if isinstance(reason, InputRefused)]
    key, first = refused[0]
    return InputRefused(
        first.code,
        zh=f"社区 {key}：{first.zh}" + (f"（共 {len(refused)} 个社区无法划分）" if len(refused) > 1 else ""),
        en=f"community {key}: {first.en}"
        + (f" ({len(refused)} cannot be drawn)" if len(refused) > 1 else ""),
        remedy_zh=first.remedy_zh,
        remedy_en=first.remedy_en,
        row=first.row,
        field=first.field,
        place=first.place,
        facts={
            **first.facts,
            "communities": [key for key, _ in refused][:200],
            "others_zh": [f"社区 {key}：{each.zh}" for key, each in refused[1:6]],
            "others_en": [f"community {key}: {each.en}" for key, each in refused[1:6]],
        },
    )


def _digest(asked: _Asked, options: argparse.Namespace, sources: list[dict[str, object]]) -> str:
    beside = (options.previous, options.assign)
    ignored = {
        "out",
        "report",
        "report_json",
        "title",
        "processes",
        "resume",
        "fresh",
        "lang",
        "json",
        "quiet",
        "debug",
    }
    return digest_of(
        {
            "options": {name: value for name, value in vars(options).items() if name not in ignored},
            "parameters": asdict(asked.parameters),
            "sources": [source["sha256"] for source in sources],
            "before": [file_digest(path) for path in beside if path is not None],
            "versions": versions(),
        }
    )


def _interrupted(done: int, total: int) -> Interrupted:
    return Interrupted(
        f"已中断：{total}个社区中完成了{done}个，已保留。\n  继续：用同样的命令加 --resume",
        f"stopped: {done} of {total} communities are done and kept.\n  To go on, run the same command with --resume",
    )


def _searched(
    city: City,
    homes: Households,
    asked: _Asked,
    done: set[str],
    asking: tuple[Callable[[], bool], Speaker],
) -> Iterator[Progress]:
    total = len(city.codes)
    should_stop, speaker = asking
    if len(done) < total:
        prepare_kernels(speaker)
    with speaker.progress("划分社区", "drawing communities", is_counted=True) as advance:
        advance(len(done), total)
        for part in partition_communities(
            _inputs(city, homes.frame, asked, done),
            metric_crs=city.frames.metric_crs,
            parameters=asked.parameters,
            processes=asked.processes,
            should_stop=should_stop,
            keep_going=True,
            total=total - len(done),
            already=len(done),
        ):
            yield part
            advance(part.done, part.total)


def _inputs(city: City, homes: pd.DataFrame, asked: _Asked, done: set[str]) -> Iterator[CommunityInput]:
    """What each community needs, with its grids of the plan before, locked grids and buildings named by hand."""
    for one in city.inputs(without=done):
        yield asked.redrawing.applied(one, homes, asked.before)


# ---- Results ----------------------------------------------------------------------------------------------


def _write(out: Path, city: City, plan: CityPlan, homes: Households, run_values: Mapping[str, Any]) -> None:
    kinds = dict(zip((str(code) for code in city.codes), city.kind, strict=True))
    grids = plan.grids.assign(
        inherits=plan.grids["inherits"].astype(object), kind=plan.grids["community_code"].map(kinds)
    )
    buildings = homes.frame.assign(grid_code=plan.assignment.to_numpy())
    zones = completed_zones(plan.zones, float(run_values["parameters"]["band"]))
    write_layers(out, plan_layers(grids, buildings, zones, run_values))


def _summary(report: PartitionReport, written: list[Path]) -> dict[str, object]:
    figures, sized = report.figures, report.sized_grids
    villages, towers = figures.village_grids, _without_towers(figures)
    return {
        "command": "partition",
        **asdict(figures),
        "sized_grids": sized,
        "files": [str(path) for path in written],
        "lines": [
            (
                f"网格 {figures.grids} 个，户数 {figures.households}；{sized} 个定户数的网格中达标 {figures.in_band} 个"
                f"（{figures.in_band_share:.1%}），最大偏差 {figures.worst_deviation:.0%}"
                + (f"；村网格 {villages} 个" if villages else ""),
                f"{figures.grids} grids, {figures.households} households; {figures.in_band} of {sized} sized grids "
                f"in band ({figures.in_band_share:.1%}), worst deviation {figures.worst_deviation:.0%}"
                + (f"; {villages} village grids" if villages else ""),
            ),
            (
                f"可达标分区中最大偏差 {figures.worst_attainable:.0%}{towers[0]}；紧凑度 {figures.mean_compactness:.3f}；"
                f"检查{'全部通过' if figures.sound else '未通过，见报告'}",
                f"worst deviation where the band can be met {figures.worst_attainable:.0%}{towers[1]}; compactness "
                f"{figures.mean_compactness:.3f}; checks {'all hold' if figures.sound else 'FAILED, see the report'}",
            ),
            *_exceptions(figures),
            *[(f"已写出 {path}", f"written: {path}") for path in written],
        ],
    }


def _exceptions(figures: Figures) -> list[tuple[str, str]]:
    """One line of what the report lists with reasons; none where nothing is out of the ordinary."""
    counted = (
        (figures.outside_hard_limits, "超出硬限", "outside the hard limits"),
        (figures.empty, "没有住户", "without households"),
        (figures.not_contiguous, "不相连", "not in one piece"),
        (figures.crossing_barriers, "跨越屏障", "across a barrier"),
    )
    found = [(f"{count} 个{zh}", f"{count} {en}") for count, zh, en in counted if count]
    if not found:
        return []
    return [
        (
            "例外（原因见报告）：" + "，".join(zh for zh, _ in found),
            "exceptions (the report says why): " + ", ".join(en for _, en in found),
        )
    ]


def _without_towers(figures: Figures) -> tuple[str, str]:
    """The worst deviation of the grids that are more than one large building, where that is another."""
    others = figures.worst_attainable_without_towers
    if others == figures.worst_attainable:
        return "", ""
    return (
        f"（不计自成一格的大楼 {others:.0%}）",
        f" ({others:.0%} but for towers that are grids by themselves)",
    )
