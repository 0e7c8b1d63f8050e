"""Compounds without buildings carry households as one dwelling each, come and go with what is mapped, and say so."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis.layers.models import Building, Community, Compound
from gis.layers.queries.exports import export_file
from gis.layers.queries.features import current_features, real_buildings, shown_attributes, stand_ins
from gis.layers.queries.maps import layer_tile
from gis.layers.services.undoing import undo_import
from tenants.bureau.models import PolicyParameterVersion

from .conftest import codes, communities, houses

pytestmark = pytest.mark.django_db

Bring = Callable[..., Any]


def plot(column: int, row: int = 0, width: float = 0.003, depth: float = 0.0015) -> shapely.Polygon:
    """About 270 m × 170 m in the north of a community, away from `houses`' lowest rows."""
    west, south = 113.2005 + column * 0.01, 35.2015 + row * 0.002
    return shapely.box(west, south, west + width, south + depth)


def compounds(*shapes: shapely.Polygon, **columns: Any) -> gpd.GeoDataFrame:
    count = len(shapes)
    base = {"ref": [f"x{i}" for i in range(count)], "name": [f"{i}号院" for i in range(count)]}
    return gpd.GeoDataFrame({**base, **columns}, geometry=list(shapes), crs=4490)


def one_house(shape: shapely.Polygon, ref: str = "h", **columns: Any) -> gpd.GeoDataFrame:
    spot = shape.centroid.buffer(0.0001, cap_style="square")
    base = {"ref": [ref], "floors": [6], "use": ["住宅"]}
    return gpd.GeoDataFrame({**base, **columns}, geometry=[spot], crs=4490)


def standing() -> list[tuple[str, int, str]]:
    return list(stand_ins().order_by("ref").values_list("ref", "households", "household_source"))


def test_a_compound_without_buildings_is_given_spread_or_estimated(bring: Bring) -> None:
    bring("communities", communities(households=[900, 500, None]))
    done = bring(
        "compounds", compounds(plot(0), plot(0, 2), plot(1), plot(2), households=[300, None, None, None])
    )
    assert (done.counts["stand_ins"], done.counts["added"]) == (4, 4)
    rows = standing()
    assert [(ref, source) for ref, _, source in rows] == [
        ("compound:x0", "given"), ("compound:x1", "spread"), ("compound:x2", "spread"), ("compound:x3", "estimated"),
    ]  # fmt: skip
    assert [homes for _, homes, _ in rows[:3]] == [300, 600, 500]
    area_m2 = gpd.GeoSeries([plot(2)], crs=4490).to_crs(4547).area.iloc[0]
    assert rows[3][1] == pytest.approx(area_m2 * 2.0 * 0.85 / 100, abs=1)
    held = stand_ins().select_related("stands_for", "community").get(ref="compound:x2")
    assert (held.name, held.compound_name, held.use) == ("2号院", "2号院", "residential")
    assert held.community == held.stands_for.community == Community.objects.get(households=500)
    assert held.layer_import == done and held.geometry.equals(held.stands_for.geometry)


def test_the_floor_ratio_is_the_citys_policy(bring: Bring) -> None:
    bring("communities", communities())
    PolicyParameterVersion.objects.filter(key="household.compound_floor_ratio").delete()
    PolicyParameterVersion.objects.create(
        key="household.compound_floor_ratio",
        value="1.0",
        number=1,
        effective_from=timezone.now().date().replace(year=2020),
    )
    bring("compounds", compounds(plot(0)))
    area_m2 = gpd.GeoSeries([plot(0)], crs=4490).to_crs(4547).area.iloc[0]
    assert standing()[0][1] == pytest.approx(area_m2 * 0.85 / 100, abs=1)


def test_real_buildings_retire_a_stand_in_and_undo_takes_the_same_row_up_again(
    bring: Bring, gis_user: Any
) -> None:
    bring("communities", communities(households=[900, None, None]))
    bring("compounds", compounds(plot(0), plot(0, 2)))
    before = dict(stand_ins().values_list("pk", "households"))
    done = bring("buildings", one_house(plot(0)), mode="add")
    assert (done.counts["stand_ins"], done.counts["added"], done.counts["households"]) == (1, 1, 900)
    assert [ref for ref, _, _ in standing()] == ["compound:x1"]
    assert Building.objects.get(ref="compound:x0").retired_by == done
    undo_import(layer_import_id=done.pk, acting_user=gis_user)
    assert dict(stand_ins().values_list("pk", "households")) == before
    assert sum(before.values()) == 900 and not real_buildings().exists()


def test_replacing_the_buildings_brings_back_what_they_had_driven_out(bring: Bring, gis_user: Any) -> None:
    bring("communities", communities())
    bring("buildings", one_house(plot(0)))
    assert bring("compounds", compounds(plot(0), plot(1))).counts["stand_ins"] == 1
    done = bring("buildings", one_house(plot(1), "other"), mode="replace")
    assert (done.counts["retired"], [ref for ref, _, _ in standing()]) == (1, ["compound:x0"])
    undo_import(layer_import_id=done.pk, acting_user=gis_user)
    assert [ref for ref, _, _ in standing()] == ["compound:x1"]
    assert list(real_buildings().values_list("ref", flat=True)) == ["h"]


def test_a_shop_does_not_make_a_compound_built_and_unknown_use_does(bring: Bring) -> None:
    bring("communities", communities())
    bring("compounds", compounds(plot(0), plot(1)))
    bring("buildings", one_house(plot(0), "shop", use=["商业"]), mode="add")
    assert len(standing()) == 2
    bring("buildings", one_house(plot(1), "unknown", use=[""]), mode="add")
    assert [ref for ref, _, _ in standing()] == ["compound:x0"]


def test_stand_ins_go_with_their_compounds_and_keep_their_name_over_a_replacement(
    bring: Bring, gis_user: Any
) -> None:
    bring("communities", communities())
    first = bring("compounds", compounds(plot(0), plot(1)))
    rows = set(stand_ins().values_list("pk", flat=True))
    second = bring("compounds", compounds(plot(0, width=0.004)), mode="replace")
    assert [ref for ref, _, _ in standing()] == ["compound:x0"]
    assert not rows & set(stand_ins().values_list("pk", flat=True))
    undo_import(layer_import_id=second.pk, acting_user=gis_user)
    assert set(stand_ins().values_list("pk", flat=True)) == rows
    undo_import(layer_import_id=first.pk, acting_user=gis_user)
    assert not Building.objects.exists() and not Compound.objects.exists()


def test_communities_that_come_or_go_place_and_count_the_stand_ins_anew(bring: Bring, gis_user: Any) -> None:
    bring("compounds", compounds(plot(0), plot(2)))
    assert {source for _, _, source in standing()} == {"estimated"}
    bring("communities", communities(2, households=[400, None]))
    done = bring("communities", communities(households=[100, None, 77]), mode="replace")
    assert [homes for _, homes, _ in standing()] == [100, 77]
    undo_import(layer_import_id=done.pk, acting_user=gis_user)
    assert [source for _, _, source in standing()] == ["spread", "estimated"]
    assert standing()[0][1] == 400
    assert list(Compound.objects.order_by("ref").values_list("community__households", flat=True)) == [
        400,
        None,
    ]
    assert stand_ins().get(ref="compound:x1").community is None


def test_overlapping_compounds_are_counted_once_and_told(bring: Bring) -> None:
    bring("communities", communities())
    done = bring("compounds", compounds(plot(0), plot(0, width=0.0029), plot(1), households=[300, 290, 100]))
    assert [(ref, homes) for ref, homes, _ in standing()] == [("compound:x0", 300), ("compound:x2", 100)]
    assert done.counts["households"] == 400
    (warning,) = [found for found in done.warnings if found["code"] == "COMPOUNDS_OVERLAP"]
    assert warning["facts"] == {"count": 1, "households": 290} and "1号院（与0号院重叠）" in warning["zh"]


def test_a_compound_over_a_border_goes_whole_to_the_community_of_its_inner_point(bring: Bring) -> None:
    bring("communities", communities(2, households=[500, 300]))
    over = shapely.box(113.206, 35.203, 113.211, 35.205)
    bring("compounds", compounds(over, plot(1)))
    assert dict(stand_ins().values_list("ref", "community__households")) == {
        "compound:x0": 500,
        "compound:x1": 300,
    }
    assert [homes for _, homes, _ in standing()] == [500, 300]


def test_a_dry_run_says_what_would_come_and_writes_nothing(bring: Bring) -> None:
    bring("communities", communities(households=[900, None, None]))
    tried = bring("compounds", compounds(plot(0), plot(0, 2)), dry_run=True)
    assert (tried.status, tried.counts["stand_ins"], tried.counts["households"]) == ("checked", 2, 900)
    assert not Building.objects.exists()
    bring("compounds", compounds(plot(0), plot(0, 2)))
    tried = bring("buildings", one_house(plot(0)), mode="add", dry_run=True)
    assert (tried.counts["stand_ins"], tried.counts["households"]) == (1, 900)
    assert len(standing()) == 2


def test_compounds_that_give_more_than_their_community_has_are_refused_whole(bring: Bring) -> None:
    bring("communities", communities(households=[500, None, None]))
    refused = bring("compounds", compounds(plot(0), plot(0, 2), households=[501, None]))
    assert (refused.status, codes(refused.errors)) == ("refused", ["HOUSEHOLDS_EXCEED_TOTAL"])
    assert not Compound.objects.exists() and not Building.objects.exists()


def test_what_stands_in_says_so_in_the_api_in_tiles_and_in_files_and_does_not_come_back_as_a_building(
    bring: Bring, api: Any, city: Any, gis_user: Any, tmp_path: Path
) -> None:
    bring("communities", communities(households=[900, None, None]))
    bring("compounds", compounds(plot(0), plot(0, 2)))
    bring("buildings", one_house(plot(0)), mode="add")
    compound = Compound.objects.get(ref="x1")
    path = tmp_path / "out.gpkg"
    shown = shown_attributes(gis_user, "buildings")
    export_file(current_features("buildings").order_by("id"), shown, "buildings", path)
    written = pyogrio.read_dataframe(path)
    assert dict(zip(written["ref"], written["stands_for_id"].fillna(0), strict=True)) == {
        "h": 0, "compound:x1": compound.pk,
    }  # fmt: skip
    again = bring("buildings", SimpleUploadedFile("out.gpkg", path.read_bytes()), mode="replace")
    assert (again.status, again.counts["added"], again.counts["stand_ins"]) == ("applied", 1, 1)
    assert "STAND_INS_LEFT_OUT" in codes(again.warnings)
    assert list(real_buildings().values_list("ref", flat=True)) == ["h"]
    assert b"stands_for_id" in layer_tile(
        current_features("buildings"), shown, "buildings", (14, *_tile_at(plot(0), 14))
    )
    listed = api(city, gis_user).get("layers/buildings/features").json()["features"]
    told = {each["properties"]["ref"]: each["properties"]["stands_for_id"] for each in listed}
    assert told == {"h": None, "compound:x1": compound.pk}


def _tile_at(shape: shapely.Polygon, zoom: int) -> tuple[int, int]:
    lon, lat = math.radians(shape.centroid.x), math.radians(shape.centroid.y)
    side = 2**zoom
    return int((lon / math.pi + 1) / 2 * side), int((1 - math.asinh(math.tan(lat)) / math.pi) / 2 * side)


def test_stand_ins_do_not_witness_for_a_file_that_lies_beside_the_city(bring: Bring) -> None:
    bring("communities", communities())
    bring("compounds", compounds(plot(0), plot(1)))
    done = bring("buildings", houses())
    assert done.status == "applied" and real_buildings().count() == 90


def test_the_database_holds_one_stand_in_for_a_compound(bring: Bring) -> None:
    bring("communities", communities())
    bring("compounds", compounds(plot(0)))
    row = stand_ins().get()
    row.pk = None
    with pytest.raises(IntegrityError, match="compound_stood_for_once"), transaction.atomic():
        row.save(force_insert=True)
