"""A plan as a file: layers `grids`, `buildings`, `zones` and the table `run`; read back for the next plan.

Grids of other programs serve as a plan before too, as long as they have a column `code` or `grid_code`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from gis.compute.commands.reading import check_readable
from gis.compute.crs import STORAGE_EPSG
from gis.compute.refusal import InputRefused

_CODE_NAMES = ("code", "grid_code", "网格编码", "网格代码")
_COMMUNITY_NAMES = ("community_code", "社区代码")


@dataclass(frozen=True)
class Plan:
    """A plan read from a file, EPSG:4490.

    `grids`: at least code and geometry, index = code. `buildings`: building_id, grid_code, households, geometry,
    or empty where the file holds none. `zones`: as written, or empty. `run`: what the run was asked for.
    """

    grids: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    zones: pd.DataFrame
    run: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def grid_of_building(self) -> dict[str, str]:
        """Code of the grid by building id."""
        ids, codes = self.buildings["building_id"].astype(str), self.buildings["grid_code"].astype(str)
        return dict(zip(ids, codes, strict=True))


def plan_layers(
    grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, zones: pd.DataFrame, run: Mapping[str, Any]
) -> dict[str, pd.DataFrame]:
    """The layers of a plan's file, in their order."""
    rows = [
        {"name": name, "value": json.dumps(value, ensure_ascii=False, sort_keys=True)}
        for name, value in sorted(run.items())
    ]
    return {"grids": grids, "buildings": buildings, "zones": zones, "run": pd.DataFrame(rows)}


def read_plan(path: Path) -> Plan:
    """Read a plan; raises InputRefused: FILE_…, PLAN_BROKEN, PLAN_WITHOUT_GRIDS, PLAN_WITHOUT_CODES, CRS_MISSING,
    PLAN_CODE_TWICE.
    """
    check_readable(path)
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        grids = pyogrio.read_dataframe(path, layer="grids" if "grids" in names else names[0])
        buildings = _layer(path, "buildings", names)
        zones = _layer(path, "zones", names)
        run = _layer(path, "run", names)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, IndexError) as failure:
        raise _refused(path, "PLAN_BROKEN", "不是可读的网格文件", "is no readable file of grids") from failure
    return Plan(_checked(path, grids), _buildings(buildings), pd.DataFrame(zones), _run(run))


def _layer(path: Path, name: str, names: list[str]) -> pd.DataFrame:
    return pyogrio.read_dataframe(path, layer=name) if name in names else pd.DataFrame()


def _run(rows: pd.DataFrame) -> dict[str, Any]:
    try:
        return {str(name): json.loads(value) for name, value in zip(rows["name"], rows["value"], strict=True)}
    except (KeyError, TypeError, ValueError):
        return {}


def _checked(path: Path, grids: pd.DataFrame) -> gpd.GeoDataFrame:
    if not isinstance(grids, gpd.GeoDataFrame) or len(grids) == 0:
        raise _refused(path, "PLAN_WITHOUT_GRIDS", "没有网格面", "holds no grid polygons")
    code = next((name for name in _CODE_NAMES if name in grids.columns), None)
    if code is None:
        raise _refused(path, "PLAN_WITHOUT_CODES", "没有网格编码列 code", "has no column “code”")
    if grids.crs is None:
        raise _refused(path, "CRS_MISSING", "没有坐标系", "states no coordinate system")
    codes = grids[code].astype(str)
    if not codes.is_unique:
        twice = codes[codes.duplicated()].iloc[0]
        raise _refused(path, "PLAN_CODE_TWICE", f"中编码 {twice} 重复", f"has the code {twice} twice")
    named = {name: "community_code" for name in _COMMUNITY_NAMES if name in grids.columns}
    _require_polygons(path, grids)
    stored = grids.to_crs(STORAGE_EPSG) if grids.crs.to_epsg() != STORAGE_EPSG else grids
    return stored.rename(columns=named).assign(code=codes).set_index("code", drop=False).rename_axis(None)


def _require_polygons(path: Path, grids: gpd.GeoDataFrame) -> None:
    fit = grids.geometry.notna() & grids.geom_type.isin(["Polygon", "MultiPolygon"]) & grids.is_valid
    if not fit.all():
        row = int((~fit).to_numpy().argmax()) + 1
        raise _refused(path, "PLAN_BROKEN", f"第{row}行不是有效的面", f"holds no valid polygon in row {row}")


def _buildings(buildings: pd.DataFrame) -> gpd.GeoDataFrame:
    wanted = {"building_id", "grid_code"}
    if not isinstance(buildings, gpd.GeoDataFrame) or not wanted <= set(buildings.columns):
        return gpd.GeoDataFrame(
            {"building_id": [], "grid_code": [], "households": []}, geometry=[], crs=STORAGE_EPSG
        )
    stored = buildings if buildings.crs is None else buildings.to_crs(STORAGE_EPSG)
    return stored.assign(building_id=buildings["building_id"].astype(str))


def read_assignments(path: Path) -> pd.Series:
    """Grid code by building id from a CSV with columns building_id and grid_code (UTF-8 or GBK).

    Raises InputRefused: FILE_…, ASSIGNMENT_COLUMNS, ASSIGNMENT_TWICE.
    """
    check_readable(path)
    table = _table(path)
    names = {str(name).strip().lower(): name for name in table.columns}
    try:
        ids = table[next(names[each] for each in ("building_id", "楼栋编号", "id", "ref") if each in names)]
        codes = table[
            next(names[each] for each in ("grid_code", "网格编码", "code", "grid") if each in names)
        ]
    except StopIteration as missing:
        raise _refused(
            path,
            "ASSIGNMENT_COLUMNS",
            "应有 building_id 和 grid_code 两列",
            "needs the columns building_id and grid_code",
        ) from missing
    given = pd.Series(codes.to_numpy(), index=ids.astype(str).str.strip()).dropna()
    given = given.astype(str).str.strip()
    given = given[given != ""]
    if not given.index.is_unique:
        twice = str(given.index[given.index.duplicated()][0])
        raise _refused(path, "ASSIGNMENT_TWICE", f"中楼栋 {twice} 出现两次", f"names building {twice} twice")
    return given


def _table(path: Path) -> pd.DataFrame:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return pd.read_csv(path, dtype=str, encoding=encoding)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as failure:
            raise _refused(path, "ASSIGNMENT_COLUMNS", "不是可读的CSV", "is no readable CSV") from failure
    raise _refused(path, "ASSIGNMENT_COLUMNS", "编码无法识别", "is in no known encoding")


def _refused(path: Path, code: str, zh: str, en: str) -> InputRefused:
    return InputRefused(
        code,
        zh=f"文件 {path} {zh}",
        en=f"{path} {en}",
        remedy_zh="请给出本程序写出的文件，或含 code 列的网格面"
        if code.startswith("PLAN")
        else "请更正该文件",
        remedy_en="give a file this program wrote, or grid polygons with a column “code”"
        if code.startswith("PLAN")
        else "correct the file",
        facts={"file": str(path)},
    )
