"""Finished communities of a run lie in a folder beside its output until the whole is done, so that it can go on.

The folder holds `run.json` (what was asked, of which input) and one JSON file per community, each written whole
or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gis.compute.commands.writing import unwritable
from gis.compute.outcome import CommunityPartition
from gis.compute.quality import Reason
from gis.compute.refusal import InputRefused

_RUN = "run.json"
_CRS = "EPSG:4490"
# What is said of finished communities of a run like this one, and of another, with the ways out.
_SAME = (
    ("上次同样的运行没有做完", "the same run was stopped before its end"),
    (
        "加 --resume 继续；加 --fresh 放弃它们并从头开始",
        "--resume goes on with it, --fresh discards them and begins anew",
    ),
)
_OTHER = (
    (
        "上次用其他数据、选项或版本的运行没有做完",
        "a run with other input, options or another version was stopped before its end",
    ),
    (
        "用上次的数据和选项加 --resume 继续，或换一个 --out；加 --fresh 放弃它们并从头开始",
        "go on with it as it was and --resume, or take another --out; --fresh discards them and begins anew",
    ),
)


def digest_of(asked: Mapping[str, Any]) -> str:
    """SHA-256 of what a run depends on: its input's digests, its options, the program's version."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


class WorkFolder:
    """The unfinished work beside an output file."""

    def __init__(self, out: Path) -> None:
        self.folder = out.with_name(f"{out.name}.unfinished")

    def begin(self, digest: str, *, resume: bool, fresh: bool) -> bool:
        """Make the folder ready and return whether there is work to go on with.

        Work of another input or other options is never mixed in; none is discarded but with `fresh`.
        Raises InputRefused: RESUME_NOTHING, RESUME_DIFFERS, RUN_UNFINISHED (finished communities, neither resumed
        nor discarded), OUT_UNWRITABLE.
        """
        standing = self._digest()
        done = len(list(self._files()))
        if resume and standing is None:
            raise self._refused(
                "RESUME_NOTHING", ("没有可以继续的运行", "there is no run to go on with"),
                ("去掉 --resume 从头开始", "leave --resume out to begin anew"),
            )  # fmt: skip
        if resume and standing != digest:
            raise self._refused(
                "RESUME_DIFFERS",
                ("上次运行用的是其他数据、选项或版本", "the run that was stopped had other input, options or another version"),
                (
                    "去掉 --resume 从头开始，加 --fresh 放弃已完成的部分",
                    "leave --resume out to begin anew; --fresh discards what is done",
                ),
            )  # fmt: skip
        if done and not resume and not fresh:
            raise self._refused("RUN_UNFINISHED", *(_SAME if standing == digest else _OTHER), done=done)
        if not resume:
            self.remove()
            self._make(digest)
        return resume

    def _refused(
        self, code: str, said: tuple[str, str], remedy: tuple[str, str], done: int = 0
    ) -> InputRefused:
        zh, en = said
        if done:
            zh, en = f"{zh}，已完成 {done} 个社区", f"{en}, with {done} communities done"
        return InputRefused(
            code,
            zh=f"{zh}（{self.folder}）",
            en=f"{en} ({self.folder})",
            remedy_zh=remedy[0],
            remedy_en=remedy[1],
            facts={"folder": str(self.folder), "done": done},
        )

    def _digest(self) -> str | None:
        try:
            return str(json.loads((self.folder / _RUN).read_text(encoding="utf-8"))["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _make(self, digest: str) -> None:
        try:
            self.folder.mkdir(exist_ok=True)
            _write(self.folder / _RUN, {"digest": digest})
        except OSError as failure:
            raise unwritable(self.folder, failure) from failure

    def _files(self) -> Iterator[Path]:
        return iter(sorted(self.folder.glob("community-*.json")))

    def keep(self, key: str, partition: CommunityPartition) -> None:
        """Put a finished community into the folder."""
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        try:
            _write(self.folder / f"community-{name}.json", {"key": key, **partition_values(partition)})
        except OSError as failure:
            raise unwritable(self.folder, failure) from failure

    def kept(self) -> dict[str, CommunityPartition]:
        """The finished communities in the folder; a file that cannot be read counts as not finished."""
        found: dict[str, CommunityPartition] = {}
        for path in self._files():
            try:
                values = json.loads(path.read_text(encoding="utf-8"))
                found[str(values["key"])] = partition_from(values)
            except (OSError, ValueError, KeyError, TypeError, shapely.errors.ShapelyError):
                path.unlink(missing_ok=True)
        return found

    def remove_unless_begun(self) -> None:
        """Remove the folder where no community was finished."""
        if not any(self._files()):
            self.remove()

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _write(path: Path, values: Mapping[str, Any]) -> None:
    beside = path.with_suffix(f".{os.getpid()}.part")
    beside.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)


# ---- A community's partition as plain values, and back, without loss --------------------------------------


def partition_values(partition: CommunityPartition) -> dict[str, Any]:
    """A partition as JSON-ready values from which `partition_from` makes the very same again."""
    grids = partition.grids
    return {
        "grids": _table_values(pd.DataFrame(grids.drop(columns=grids.geometry.name))),
        "shapes": [shape.hex() for shape in shapely.to_wkb(grids.geometry.to_numpy())],
        "rows": [int(row) for row in partition.assignment.index],
        "assignment": [int(grid) for grid in partition.assignment],
        "zones": _table_values(partition.zones),
        "quality": partition.quality,
        "notes": list(partition.notes),
    }


def partition_from(values: Mapping[str, Any]) -> CommunityPartition:
    """The partition that `partition_values` wrote down."""
    rows = _table_from(values["grids"])
    rows["reasons"] = [tuple(Reason(reason) for reason in reasons) for reasons in rows["reasons"]]
    shapes = shapely.from_wkb([bytes.fromhex(shape) for shape in values["shapes"]])
    grids = gpd.GeoDataFrame(rows, geometry=shapes, crs=_CRS)
    grids.index.name = "grid"
    assignment = pd.Series(values["assignment"], index=values["rows"], name="grid", dtype="int64")
    return CommunityPartition(
        grids, assignment, _table_from(values["zones"]), dict(values["quality"]), list(values["notes"])
    )


def _table_values(frame: pd.DataFrame) -> dict[str, Any]:
    return {
        "columns": [str(name) for name in frame.columns],
        "types": [str(frame[name].dtype) for name in frame.columns],
        "values": [[_plain(value) for value in frame[name]] for name in frame.columns],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        return value.item()
    return str(value) if isinstance(value, str) else value


def _table_from(values: Mapping[str, Any]) -> pd.DataFrame:
    columns = {}
    for name, kind, cells in zip(values["columns"], values["types"], values["values"], strict=True):
        plain = [tuple(cell) if isinstance(cell, list) else cell for cell in cells]
        columns[name] = pd.Series(plain, dtype=kind)
    return pd.DataFrame(columns)
