"""Two files given in each other's place are recognised: each would fit where the other stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gis.compute.commands.reading import intake_of
from gis.compute.commands.wishes import ReadingWishes
from gis.compute.intake import KINDS
from gis.compute.refusal import InputRefused

_MISTAKEN = "LAYER_MISTAKEN"
_UNFIT = frozenset({_MISTAKEN, "GEOMETRY_TYPE"})


def told_if_swapped(
    refused: InputRefused, kind: str, paths: Mapping[str, Sequence[Path]], wishes: ReadingWishes
) -> InputRefused:
    """The refusal of a file, or `FILES_SWAPPED` with both names where exchanging it with another mends both.

    `paths`: kind → the files given for it. Nothing but a file that looks like another kind is looked into.
    """
    by_code = refused.facts.get("by_code")
    if not isinstance(by_code, Mapping) or _MISTAKEN not in by_code:
        return refused
    looks_like = refused.facts.get("looks_like")
    for other in paths:
        if other == kind or not paths[other]:
            continue
        here, there = paths[kind][0], paths[other][0]
        is_meant = other == looks_like or bool(_unfit(there, other, wishes))
        if is_meant and not _unfit(there, kind, wishes) and not _unfit(here, other, wishes):
            return _swapped((kind, here), (other, there), refused)
    return refused


def _unfit(path: Path, kind: str, wishes: ReadingWishes) -> frozenset[str]:
    """What says that a file is not of a kind; every refusal of the file as a whole does."""
    try:
        # Columns and layers named for one kind say nothing of another.
        intake = intake_of(path, kind, replace(wishes, columns={}, layers={}))
    except InputRefused as refused:
        return frozenset({refused.code})
    return _UNFIT & {error.code for error in intake.errors}


def _swapped(one: tuple[str, Path], other: tuple[str, Path], refused: InputRefused) -> InputRefused:
    (kind, here), (other_kind, there) = one, other
    zh, other_zh = KINDS[kind].zh, KINDS[other_kind].zh
    return InputRefused(
        "FILES_SWAPPED",
        zh=f"{here.name} 与 {there.name} 对调了：前者是“{other_zh}”，却给在“{zh}”处",
        en=f"{here.name} and {there.name} are swapped: {here.name} holds {other_kind} but stands for {kind}",
        remedy_zh=f"请对调这两个文件：{zh}用 {there.name}，{other_zh}用 {here.name}",
        remedy_en=f"exchange them: {kind} from {there.name}, {other_kind} from {here.name}",
        field=kind,
        facts={**refused.facts, "swapped": [str(here), str(there)]},
    )
