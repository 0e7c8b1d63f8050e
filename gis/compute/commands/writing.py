"""Files are written whole or not at all: beside their place first, then renamed."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from gis.compute.refusal import InputRefused

# Formats by suffix; only the GeoPackage holds several layers, the others take the first.
_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf"}
# A GeoPackage notes when it was written. A fixed moment there makes the same input the same bytes.
_MOMENT = {"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"}


# Between the name and the ending of a file that is being written: the number of the process that writes it.
_PROCESS = re.compile(r"\.(\d+)\.(?:part|trial)")
_A_DAY_S = 86_400


def check_writable(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise InputRefused unless a file of one of these kinds can be written there: asked before the work begins."""
    if path.suffix.lower() not in suffixes:
        raise _refused(
            "OUT_SUFFIX", path, f"应以 {'、'.join(suffixes)} 结尾", f"should end in {', '.join(suffixes)}"
        )
    folder = path.resolve().parent
    if not folder.is_dir():
        raise _refused(
            "OUT_FOLDER_MISSING",
            path,
            f"所在文件夹 {folder} 不存在",
            f"lies in {folder}, which does not exist",
        )
    if path.is_dir():
        raise _refused("OUT_IS_FOLDER", path, "是一个文件夹", "is a folder")
    remove_leftovers(path)
    trial = folder / f".{path.name}.{os.getpid()}.trial"
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as failure:
        raise unwritable(path, failure) from failure


def remove_leftovers(path: Path) -> list[Path]:
    """Remove what runs that were killed left half-written beside an output; returns what was removed.

    Every such file bears the number of its process; one that still runs keeps its own. After a day a number may
    have been given to another process, and no writing takes so long.
    """
    left = []
    for name in (f".{path.stem}.*.part{path.suffix}*", f".{path.name}.*.trial"):
        for each in path.resolve().parent.glob(glob.escape(name).replace("[*]", "*")):
            number = _PROCESS.search(each.name)
            if number is None or (_is_running(int(number[1])) and not _is_old(each)):
                continue
            with contextlib.suppress(OSError):
                each.unlink()
                left.append(each)
    return left


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _A_DAY_S
    except OSError:
        return False


def check_outputs_apart(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Raise InputRefused("OUT_IS_INPUT") where an output would be written over an input or another output."""
    taken = {path.resolve(): path for path in inputs}
    for path in outputs:
        if path.resolve() in taken:
            raise _refused(
                "OUT_IS_INPUT", path, "它也是输入或另一个输出", "is an input or another output as well"
            )
        taken[path.resolve()] = path


def _refused(code: str, path: Path, zh: str, en: str) -> InputRefused:
    return InputRefused(
        code,
        zh=f"无法写出 {path}：{zh}",
        en=f"{path} cannot be written: it {en}",
        remedy_zh="请更正输出文件名",
        remedy_en="correct the name of the output",
        facts={"file": str(path)},
    )


def unwritable(path: Path, failure: OSError) -> InputRefused:
    """The refusal when a file or folder cannot be written, with the reason the system gives."""
    why = failure.strerror or str(failure)
    return InputRefused(
        "OUT_UNWRITABLE",
        zh=f"无法写出 {path}（{why}）",
        en=f"{path} cannot be written ({why})",
        remedy_zh="请检查磁盘空间和文件夹权限，或换一个位置",
        remedy_en="check the disk and the folder's rights, or choose another place",
        facts={"file": str(path)},
    )


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    _written(path, lambda beside: _plainly(beside, text))


def _plainly(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def write_layers(path: Path, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write frames (with or without geometry) as layers of one file, whole or not at all.

    A CSV holds the first frame's columns; a one-layer format its first frame. Cells that are tuples or lists
    become texts with commas.
    """
    plain = {name: _plain(frame) for name, frame in layers.items()}
    first = next(iter(plain.values()))
    suffix = path.suffix.lower()
    if suffix == ".csv":
        columns = first.drop(columns=first.geometry.name) if isinstance(first, gpd.GeoDataFrame) else first
        # Spreadsheets in China take a CSV for GBK unless it begins with this mark.
        _written(
            path,
            lambda beside: columns.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\n"),
        )
        return
    chosen = plain if suffix == ".gpkg" else {next(iter(plain)): first}
    _written(path, lambda beside: _write_all(beside, chosen, _DRIVERS[suffix]))


def _write_all(path: Path, layers: Mapping[str, pd.DataFrame], driver: str) -> None:
    pyogrio.set_gdal_config_options(_MOMENT)
    try:
        for number, (name, frame) in enumerate(layers.items()):
            pyogrio.write_dataframe(frame, path, layer=name, driver=driver, append=number > 0)
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_MOMENT))


def _written(path: Path, write: Callable[[Path], object]) -> None:
    beside = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        write(beside)
        beside.replace(path)
    except OSError as failure:
        raise unwritable(path, failure) from failure
    except pyogrio.errors.DataSourceError as failure:
        raise unwritable(path, OSError(0, str(failure))) from failure
    finally:
        for rest in (beside, beside.with_name(beside.name + "-journal")):
            rest.unlink(missing_ok=True)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    for name in frame.columns:
        if isinstance(frame, gpd.GeoDataFrame) and name == frame.geometry.name:
            continue
        if frame[name].dtype == object:
            frame[name] = [_cell(value) for value in frame[name]]
    return frame


def _cell(value: object) -> object:
    if isinstance(value, (tuple, list)):
        return ", ".join(str(one) for one in value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return str(value) if isinstance(value, str) else value
    return str(value)
