"""How a person wants a file to be imported, as it is kept with the import.

Rule: X08
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from wangge.errors import RuleBroken


class ImportMode(StrEnum):
    """What becomes of the layer's present features."""

    REPLACE = "replace"  # they are retired, the file is the layer
    ADD = "add"  # they stay, the file comes on top


@dataclass(frozen=True)
class ControlPointGiven:
    """A place known in WGS-84/CGCS2000 (lon, lat) and the numbers the file gives for it."""

    lon: float
    lat: float
    file_x: float
    file_y: float


@dataclass(frozen=True)
class ImportOptions:
    """The options of one import; see `gis.compute.intake.IntakeOptions` for what they do.

    `accept_offset` takes in a file that disagrees with the city's own layers, because those are the wrong
    ones; `retire_in_use` lets go of needs and coming duties of sites that the file no longer holds.
    """

    crs: str = "auto"
    layer: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    mode: ImportMode = ImportMode.REPLACE
    repair: bool = False
    leave_out_outside: bool = False
    accept_offset: bool = False
    retire_in_use: bool = False
    control_point: ControlPointGiven | None = None

    def as_json(self) -> dict[str, Any]:
        """The options as they are stored."""
        return {**asdict(self), "mode": str(self.mode), "columns": dict(self.columns)}


def options_from_json(stored: Mapping[str, Any]) -> ImportOptions:
    """The options as they were stored."""
    point = stored.get("control_point")
    return ImportOptions(
        crs=str(stored.get("crs", "auto")),
        layer=stored.get("layer"),
        columns=dict(stored.get("columns", {})),
        mode=ImportMode(stored.get("mode", ImportMode.REPLACE)),
        repair=bool(stored.get("repair", False)),
        leave_out_outside=bool(stored.get("leave_out_outside", False)),
        accept_offset=bool(stored.get("accept_offset", False)),
        retire_in_use=bool(stored.get("retire_in_use", False)),
        control_point=ControlPointGiven(**point) if point else None,
    )


def check_reason(options: ImportOptions, reason: str) -> None:
    """Refuse with 422 REASON_REQUIRED to take a file's word against the city's layers without saying why."""
    if not options.accept_offset or reason.strip():
        return
    raise RuleBroken(
        "REASON_REQUIRED",
        zh="选择“以本文件为准”须在来源说明中写明理由",
        en="to accept the offset, say why in the source note",
        field="source_note",
        how_to_fix_zh="请填写来源说明，如文件来源和核对方法",
        how_to_fix_en="fill in the source note: where the file is from and how it was verified",
    )


def parse_control_point(text: str) -> ControlPointGiven | None:
    """`lon,lat,file_x,file_y`; None for an empty text, 400 BAD_CONTROL_POINT for anything else."""
    if not text.strip():
        return None
    try:
        numbers = [float(part) for part in text.replace("，", ",").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 4 and all(map(math.isfinite, numbers)) and _is_place(numbers[0], numbers[1]):
        return ControlPointGiven(*numbers)
    raise RuleBroken(
        "BAD_CONTROL_POINT",
        zh=f"控制点“{text[:80]}”无效",
        en=f"the control point “{text[:80]}” is not valid",
        status=400,
        field="control_point",
        how_to_fix_zh="格式为 已知经度,已知纬度,文件中X,文件中Y（已知点为WGS-84或CGCS2000）",
        how_to_fix_en="use known lon, known lat, file x, file y (the known place in WGS-84 or CGCS2000)",
    )


def _is_place(lon: float, lat: float) -> bool:
    return 73 <= lon <= 136 and 3 <= lat <= 54
