"""A drawn town of three small communities as files, and a way to run a command on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute.commands import main

CRS = "EPSG:4547"
X, Y = 428_000.0, 3_900_000.0
WIDTH, HEIGHT = 500.0, 400.0
CODES = ["410802001001", "410802001002", "410802001003"]


@dataclass(frozen=True)
class Town:
    """Frames of the drawn town, EPSG:4490, and the folder they are written to."""

    folder: Path
    communities: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame

    def file(self, name: str) -> str:
        return str(self.folder / f"{name}.gpkg")


def placed(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    moved = [shapely.transform(shape, lambda xy: xy + np.array([X, Y])) for shape in shapes]
    return gpd.GeoDataFrame(columns, geometry=moved, crs=CRS).to_crs(4490)


def drawn_town(folder: Path) -> Town:
    rng = np.random.default_rng(5)
    boxes = [shapely.box(i * WIDTH, 0, (i + 1) * WIDTH, HEIGHT) for i in range(3)]
    houses, homes = [], []
    for i in range(3):
        for column in range(12):
            for row in range(9):
                east, north = i * WIDTH + 14 + column * 40, 12 + row * 43
                houses.append(shapely.box(east, north, east + 14 + rng.integers(0, 10), north + 11))
                homes.append(int(rng.integers(4, 19)))
    streets = [shapely.LineString([(-20, y), (3 * WIDTH + 20, y)]) for y in (133.0, 265.0)]
    streets += [shapely.LineString([(x, -20), (x, HEIGHT + 20)]) for x in (250.0, 750.0, 1250.0)]
    town = Town(
        folder,
        placed(boxes, code=CODES, name=["甲社区", "乙社区", "丙社区"]),
        placed(houses, building_id=[f"B{n:04d}" for n in range(len(houses))], households=homes, floors=6),
        placed(streets, name=[f"路{n}" for n in range(len(streets))]),
        placed([shapely.LineString([(1250, -20), (1250, HEIGHT + 20)])], kind=["rail"]),
        placed([shapely.Point(250, 133), shapely.Point(1250, 265)], name=["一号站", "二号站"]),
    )
    for name in ("communities", "buildings", "streets", "barriers", "sites"):
        getattr(town, name).to_file(folder / f"{name}.gpkg", layer=name)
    candidates = [shapely.Point(x, y) for x in (125, 500, 900, 1400) for y in (60, 330)]
    placed(candidates, name=[f"备选{n}" for n in range(8)]).to_file(folder / "candidates.gpkg")
    return town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return drawn_town(tmp_path_factory.mktemp("town"))


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command in this process and return its exit code and words."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as leaving:
            code = int(str(leaving.code))
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


def partition_words(town: Town, out: Path, *more: object) -> list[object]:
    return [
        "partition", town.file("buildings"), town.file("communities"), "--streets", town.file("streets"),
        "--barriers", town.file("barriers"), "--out", out, "--preset", "fast", "--quiet", *more,
    ]  # fmt: skip


@pytest.fixture(scope="session")
def plan(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's plan as the command writes it, with its report beside it."""
    folder = tmp_path_factory.mktemp("plan")
    words = partition_words(
        town, folder / "grids.gpkg", "--processes", 1, "--json",
        "--report", folder / "report.html", "--report-json", folder / "report.json",
    )  # fmt: skip
    assert main([str(word) for word in words]) == 0
    return folder / "grids.gpkg"
