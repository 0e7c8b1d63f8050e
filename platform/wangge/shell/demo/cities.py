"""What the two demo cities are and where their files come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gis.compute.generator import draw_households, generate_city, read_community_specs
from gis.compute.riverside import load_riverside
from tenants.bureau.rules.division_changes import DivisionRow
from wangge.shell.settings import BASE_DIR

DATA = BASE_DIR / "data"
CODES = DATA / "codes"
JIEFANG = "410802"
JIEFANG_CENTRE = (113.22, 35.24)

# The layers' names in the frames of `gis.compute` and in the product, in the order in which they are imported.
LAYER_KINDS = {
    "communities": "communities",
    "streets": "streets",
    "barriers": "barriers",
    "compounds": "compounds",
    "buildings": "buildings",
    "sites": "fitness_sites",
}


@dataclass(frozen=True)
class DemoCity:
    """One demo city: its names, its code tables, its map and what must be said of it."""

    slug: str
    name: str
    division_code: str
    gauss_kruger_epsg: int
    centre: tuple[float, float]
    county_code: str
    data_label: str
    frames: Callable[[], Mapping[str, gpd.GeoDataFrame]]
    is_dirty: bool = False  # real data with crossed rings: imported with repair, every repair counted
    instructors: int = 0  # invented


def jiefang_frames() -> Mapping[str, gpd.GeoDataFrame]:
    """Jiefang district: real codes, names and household total (2020 census); every shape is generated, seed 410802."""
    counties = pd.read_csv(CODES / "counties_2020.csv", dtype={"code": str})
    total = int(counties.loc[counties["code"] == JIEFANG, "households"].iloc[0])
    tables = CODES / "jiaozuo_communities.csv", CODES / "jiaozuo_street_towns.csv"
    specs = draw_households(read_community_specs(*tables, JIEFANG), total, seed=int(JIEFANG))
    return generate_city(specs, seed=int(JIEFANG), centre_lonlat=JIEFANG_CENTRE).layers()


def lujiazui_frames() -> Mapping[str, gpd.GeoDataFrame]:
    """Lujiazui: OpenStreetMap's buildings, streets and water; communities generated; no household total is known."""
    frames = load_riverside(DATA / "shanghai_lujiazui_tilezen.gpkg").layers()
    # The product itself estimates households from height and footprint; the file brings none.
    return frames | {
        "communities": frames["communities"].drop(columns="households"),
        "buildings": frames["buildings"].drop(columns=["households", "households_source"]),
    }


JIAOZUO = DemoCity(
    slug="jiaozuo",
    name="焦作市",
    division_code="410800",
    gauss_kruger_epsg=4547,
    centre=JIEFANG_CENTRE,
    county_code=JIEFANG,
    data_label="演示数据：解放区编码、名称与总户数为真实数据，图形与户数分布为生成",
    frames=jiefang_frames,
    instructors=300,
)
SHANGHAI = DemoCity(
    slug="shanghai",
    name="上海市",
    division_code="310000",
    gauss_kruger_epsg=4549,
    centre=(121.4960, 31.2420),
    county_code="310115",
    data_label="演示数据：建筑、道路、水系 © OpenStreetMap contributors；社区为生成，户数为估算",
    frames=lujiazui_frames,
    is_dirty=True,
)
CITIES = (JIAOZUO, SHANGHAI)


def census_residents(city: DemoCity) -> dict[str, int]:
    """Residents of the city and its counties by code, census of 1 November 2020."""
    counties = pd.read_csv(CODES / "counties_2020.csv", dtype={"code": str})
    own = counties[counties["code"].str.startswith(city.division_code.rstrip("0"))]
    return {str(row.code): int(row.population) for row in own.itertuples()}


def code_rows(city: DemoCity) -> list[DivisionRow]:
    """The city's real code table of 2023 with its counties: counties, streets and towns, communities and villages."""
    counties = pd.read_csv(CODES / "counties_2020.csv", dtype=str)
    prefix = city.division_code.rstrip("0")
    tables = [
        counties[counties["code"].str.startswith(prefix) & (counties["code"] != city.division_code)],
        *(
            pd.read_csv(CODES / f"{city.slug}_{level}.csv", dtype=str)
            for level in ("street_towns", "communities")
        ),
    ]
    rows = pd.concat(tables)[["code", "name"]].drop_duplicates("code")
    return [
        DivisionRow(code, name, line) for line, (code, name) in enumerate(rows.itertuples(index=False), 2)
    ]


def generated_rows(communities: gpd.GeoDataFrame, known: set[str]) -> list[DivisionRow]:
    """Rows for generated communities that no code table holds."""
    new = communities[~communities["code"].isin(known)]
    return [DivisionRow(row.code, row.name_, 0) for row in new.rename(columns={"name": "name_"}).itertuples()]


def write_files(frames: Mapping[str, gpd.GeoDataFrame], folder: Path) -> list[tuple[str, Path]]:
    """Write each frame as a GeoPackage in CGCS2000, as a city would bring it; (layer kind, file) in import order."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, kind in LAYER_KINDS.items():
        path = folder / f"{kind}.gpkg"
        path.unlink(missing_ok=True)
        frames[name].to_file(path, layer=kind, driver="GPKG")
        written.append((kind, path))
    return written
