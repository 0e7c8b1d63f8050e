from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute.lattice import from_lattice, to_lattice
from gis.compute.locked import Land, _blunted, lands_of, sharpened, too_thin
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import CommunityPartition, partition_community
from gis.compute.polygons import tiles_exactly
from gis.compute.quality import Reason
from gis.compute.refusal import InputRefused
from gis.compute.topology import check_plan

FAST = PartitionParameters(preset="fast")


def divided(town: Any, buildings: gpd.GeoDataFrame | None = None, **options: Any) -> CommunityPartition:
    settings = {"streets": town.streets, "barriers": None, "parameters": FAST, "key": "1", **options}
    frame = town.buildings if buildings is None else buildings
    return partition_community(town.frame, frame, metric_crs=town.crs, **settings)


@pytest.fixture(scope="module")
def before(town: Any) -> gpd.GeoDataFrame:
    grids = divided(town).grids
    return grids.set_index(np.array([f"网格{i:02d}" for i in range(len(grids))]))


@pytest.fixture(scope="module")
def changed(town: Any) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    homes = town.buildings["households"]
    return town.buildings.assign(households=(homes * rng.uniform(0.6, 1.4, len(homes))).round().astype(int))


def locked_rows(result: CommunityPartition) -> gpd.GeoDataFrame:
    return result.grids[result.grids["locked"]].set_index("name")


def test_locked_grids_stay_to_the_last_bit_and_the_rest_tiles_around_them(
    town: Any, before: gpd.GeoDataFrame, changed: gpd.GeoDataFrame
) -> None:
    for labels in (["网格03"], ["网格00", "网格07"], list(before.index[::3])):
        result = divided(town, changed, previous=before, locked=labels)
        stayed = locked_rows(result)
        assert sorted(stayed.index) == labels
        assert stayed["inherits"].tolist() == stayed.index.tolist()
        assert [g.wkb for g in stayed.geometry] == [before.geometry[name].wkb for name in stayed.index]
        assert (stayed["reasons"].map(lambda r: Reason.LOCKED in r)).all()
        shapes = to_lattice(result.grids.geometry.to_numpy())
        assert shapely.coverage_is_valid(shapes) and tiles_exactly(shapes, town.ring)
        assert result.grids["households"].sum() == changed["households"].sum()
        hard = [f for f in check_plan(result.grids, town.frame, metric_crs=town.crs) if f.hard]
        assert hard == []
        assert (result.grids.loc[~result.grids["locked"]].geom_type == "Polygon").all()


def test_who_stands_in_a_locked_grid_belongs_to_it(
    town: Any, before: gpd.GeoDataFrame, changed: gpd.GeoDataFrame
) -> None:
    result = divided(town, changed, previous=before, locked=["网格05"])
    land = before.geometry["网格05"]
    spots = changed.geometry.representative_point().to_crs("EPSG:4490")
    number = int(result.grids.index[result.grids["locked"]][0])
    assert (spots.within(land) == (result.assignment == number)).all()


def test_a_locked_grid_outside_the_limits_is_reported_and_not_changed(
    town: Any, before: gpd.GeoDataFrame
) -> None:
    land = before.geometry["网格05"]
    inside = town.buildings.geometry.representative_point().to_crs("EPSG:4490").within(land)
    homes = town.buildings["households"].where(~inside, town.buildings["households"] * 3)
    result = divided(town, town.buildings.assign(households=homes), previous=before, locked=["网格05"])
    grid = locked_rows(result).iloc[0]
    assert grid["size_class"] == "outside" and grid.geometry.wkb == land.wkb
    assert any("超出户数限制" in note for note in result.notes)


def test_all_locked_is_the_plan_before(town: Any, before: gpd.GeoDataFrame) -> None:
    result = divided(town, previous=before, locked=list(before.index))
    assert {g.wkb for g in result.grids.geometry} == {g.wkb for g in before.geometry}
    assert result.grids["locked"].all() and result.zones.empty
    assert result.grids["moved_households"].sum() == 0


def test_land_left_between_locked_grids_is_a_grid_however_small(town: Any, before: gpd.GeoDataFrame) -> None:
    """All but one are locked and most homes of that one have gone: it stays by itself, with the reason."""
    open_one = before.index[4]
    inside = (
        town.buildings.geometry.representative_point().to_crs("EPSG:4490").within(before.geometry[open_one])
    )
    few = town.buildings["households"].where(~inside, 1)
    result = divided(
        town,
        town.buildings.assign(households=few),
        previous=before,
        locked=[n for n in before.index if n != open_one],
    )
    rest = result.grids[~result.grids["locked"]]
    assert len(rest) == 1 and rest["households"].iloc[0] == inside.sum()
    assert rest["reasons"].iloc[0] == (Reason.BESIDE_LOCKED,)
    assert rest["inherits"].iloc[0] == open_one
    assert any("自成一个网格" in note for note in result.notes)
    with pytest.raises(InputRefused, match="LOCKED_LEAVES_LAND") as refused:
        divided(
            town,
            town.buildings.assign(households=few.where(~inside, 0)),
            previous=before,
            locked=[n for n in before.index if n != open_one],
        )
    assert refused.value.place is not None and refused.value.facts["grids"]


def test_a_locked_grid_too_thin_for_the_lattice_is_refused(town: Any, before: gpd.GeoDataFrame) -> None:
    """A triangle 5 mm wide has an area, but noding leaves nothing of it."""
    x, y = shapely.get_coordinates(to_lattice(before.geometry[["网格05"]].representative_point().to_numpy()))[
        0
    ]
    sliver = shapely.Polygon([(x, y), (x + 455, y + 954), (x + 228, y + 477)])
    spoilt = before.copy()
    spoilt.loc["网格05", "geometry"] = from_lattice(np.array([sliver], dtype=object))[0]
    with pytest.raises(InputRefused, match="LOCKED_INVALID") as refused:
        divided(town, previous=spoilt, locked=["网格05"])
    assert refused.value.facts["grids"] == ["网格05"] and refused.value.remedy_zh
    assert refused.value.place is not None


def test_land_too_thin_to_be_divided_is_refused_by_what_made_it_so() -> None:
    ring = shapely.Polygon([(0, 0), (455, 954), (228, 477)])
    assert too_thin(Land(ring, beside=("a", "b"))).code == "LOCKED_LEAVES_LAND"
    assert too_thin(Land(ring, beside=("a", "b"))).facts["grids"] == ["a", "b"]
    assert too_thin(Land(ring)).code == "FRAME_UNUSABLE"


def test_a_footprint_across_a_locked_border_is_said(town: Any, before: gpd.GeoDataFrame) -> None:
    metric = before.to_crs(town.crs).geometry
    common = metric["网格05"].intersection(metric.drop("网格05").union_all())
    house = common.interpolate(0.5, normalized=True).buffer(8)
    more = gpd.GeoDataFrame(
        {"households": [*town.buildings["households"], 5]},
        geometry=[*town.buildings.geometry, house],
        crs=town.crs,
    )
    result = divided(town, more, previous=before, locked=["网格05"])
    assert any("跨越锁定网格的边线" in note for note in result.notes)
    assert result.grids["households"].sum() == more["households"].sum()


def test_the_same_locks_give_the_same_bytes_in_any_order(town: Any, before: gpd.GeoDataFrame) -> None:
    one = divided(town, previous=before, locked=["网格02", "网格06"])
    other = divided(
        town,
        town.buildings.sample(frac=1, random_state=1),
        previous=before.iloc[::-1],
        locked=["网格06", "网格02"],
    )
    assert [g.wkb for g in one.grids.geometry] == [g.wkb for g in other.grids.geometry]
    assert one.assignment.sort_index().equals(other.assignment.sort_index())


def _refusal(town: Any, before: gpd.GeoDataFrame, *labels: str) -> str:
    with pytest.raises(InputRefused) as refused:
        lands_of(town.ring, before, labels, town.lattice)
    assert refused.value.zh and refused.value.en and refused.value.remedy_zh and refused.value.remedy_en
    return refused.value.code


def test_locks_that_cannot_be_kept_are_refused(town: Any, before: gpd.GeoDataFrame) -> None:
    assert _refusal(town, before, "网格99") == "LOCKED_UNKNOWN"
    with pytest.raises(InputRefused, match="LOCKED_UNKNOWN"):
        lands_of(town.ring, None, ["网格01"], town.lattice)
    moved = before.copy()
    moved.loc["网格00", "geometry"] = shapely.affinity.translate(moved.geometry["网格00"], -0.01, 0)
    assert _refusal(town, moved, "网格00") == "LOCKED_OUTSIDE"
    moved.loc["网格00", "geometry"] = shapely.affinity.scale(before.geometry["网格01"], 0.9, 0.9)
    assert _refusal(town, moved, "网格00", "网格01") == "LOCKED_OVERLAP"
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    moved.loc["网格00", "geometry"] = shapely.affinity.translate(
        bow, *before.geometry["网格00"].centroid.coords[0]
    )
    assert _refusal(town, moved, "网格00") == "LOCKED_INVALID"


def test_a_frame_that_moved_where_a_locked_grid_meets_it_is_refused(
    town: Any, before: gpd.GeoDataFrame
) -> None:
    edge = shapely.boundary(town.frame).buffer(1e-7)
    at_rim = [name for name, grid in before.geometry.items() if grid.intersects(edge)]
    inner = [name for name in before.index if name not in at_rim]
    shifted = from_lattice(np.array([shapely.affinity.translate(town.ring, 3, 3).intersection(town.ring)]))[0]
    ring = to_lattice(np.array([shifted]))[0]
    with pytest.raises(InputRefused, match=r"LOCKED_(BORDER|OUTSIDE)"):
        lands_of(ring, before, [at_rim[0]], town.lattice)
    assert lands_of(ring, before, [inner[0]], town.lattice)[0].label == inner[0]


def test_needles_of_land_are_left_out_while_drawing_and_put_back() -> None:
    """A tip half a centimetre wide: noding could not tell its sides apart."""
    tip, before, after = (0, 0), (-55, 479), (-175, 1529)
    land = shapely.Polygon([before, tip, after, (4000, 1600), (4000, -3000), (-4000, -3000), (-4000, 479)])
    blunt, needles = _blunted(land)
    assert needles == ((before, tip, after),)
    assert tip not in {tuple(xy) for xy in shapely.get_coordinates(blunt).astype(int).tolist()}
    (back,) = sharpened(np.array([blunt], dtype=object), needles)
    assert back.normalize().equals_exact(land.normalize(), 0)
    square = shapely.box(0, 0, 100, 100)
    assert _blunted(square) == (square, ())
