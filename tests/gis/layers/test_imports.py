"""Files come into layers whole or not at all, are named when they come twice, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon
from django.core.files.uploadedfile import SimpleUploadedFile

from gis.compute.crs import to_gcj02
from gis.layers.models import Building, Community, FitnessSite, LayerImport
from gis.layers.services.undoing import undo_import
from tenants.accounts.models import AuditEvent
from wangge.errors import RuleBroken

from .conftest import CODES, NAMES, as_upload, codes, communities, community_box, houses

pytestmark = pytest.mark.django_db


def _shifted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    moved = shapely.transform(frame.geometry.values, lambda xy: np.column_stack(to_gcj02(xy[:, 0], xy[:, 1])))
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=4326))


Bring = Callable[..., Any]


# --- applied ------------------------------------------------------------------------------------------------


def test_communities_get_their_unit_their_frame_and_their_provenance(bring: Bring) -> None:
    done = bring("communities", communities(households=[800, 600, 400]), data_label="生成数据")
    assert (done.status, done.job.state) == ("applied", "succeeded")
    assert done.counts["added"] == 3
    assert done.provenance["crs_used"] == "EPSG:4490" and len(done.sha256) == 64
    rows = list(Community.objects.order_by("code"))
    assert [(row.code, row.name, row.households) for row in rows] == list(
        zip(CODES, NAMES, [800, 600, 400], strict=True)
    )
    assert [row.unit.name for row in rows] == [f"{name}居民委员会" for name in NAMES]
    frames = [shapely.from_wkb(bytes(row.frame.wkb)) for row in rows]
    assert all(shapely.area(shapely.intersection(a, b)) == 0 for a, b in pairwise(frames))
    assert shapely.union_all(frames).equals(shapely.box(113.2, 35.2, 113.23, 35.21))
    assert shapely.get_coordinates(frames).tolist() == np.round(shapely.get_coordinates(frames), 7).tolist()
    assert codes(done.warnings) == ["OFFSET_UNTESTED"]
    assert AuditEvent.objects.filter(action="layer_import.applied").count() == 1


def test_households_are_given_spread_and_estimated_and_every_building_says_which(bring: Bring) -> None:
    bring("communities", communities(households=[800, None, None]))
    counted = [20] * 10 + [None] * 20 + [15] * 30 + [None] * 30
    done = bring("buildings", houses(households=counted))
    by_community = {
        community.code: list(Building.objects.filter(community=community).order_by("source_row"))
        for community in Community.objects.all()
    }
    first, second, third = (by_community[code] for code in CODES)
    assert [row.household_source for row in first] == ["given"] * 10 + ["spread"] * 20
    assert sum(row.households for row in first) == 800
    assert {(row.households, row.household_source) for row in second} == {(15, "given")}
    assert {row.household_source for row in third} == {"estimated"}
    assert done.counts["households"] == sum(Building.objects.values_list("households", flat=True))
    assert done.counts["unplaced"] == 0


def test_an_added_file_shares_the_total_with_what_was_there(bring: Bring) -> None:
    bring("communities", communities(households=[700, None, None]))
    houses_of_first = houses(per_community=30, count=1)
    bring("buildings", houses_of_first.iloc[:20])
    assert sum(Building.objects.values_list("households", flat=True)) == 700
    bring("buildings", houses_of_first.iloc[20:], mode="add")
    assert Building.objects.filter(retired_by=None).count() == 30
    assert sum(Building.objects.values_list("households", flat=True)) == 700


def test_a_replaced_layer_retires_its_rows_and_communities_keep_theirs(bring: Bring) -> None:
    bring("communities", communities())
    ids = dict(Community.objects.values_list("code", "id"))
    bring("buildings", houses())
    changed = communities(2, households=[10, 20]).assign(name=["枫华园新社区", NAMES[1]])
    done = bring("communities", changed)
    assert {key: done.counts[key] for key in ("added", "updated", "closed")} == {
        "added": 0,
        "updated": 2,
        "closed": 1,
    }
    assert dict(Community.objects.values_list("code", "id")) == ids
    assert Community.objects.get(code=CODES[2]).valid_to is not None
    assert Community.objects.get(code=CODES[0]).name == "枫华园新社区"
    assert done.counts["unplaced"] == 30, "houses of the closed community stand nowhere"
    again = bring("buildings", houses(count=2))
    assert (again.counts["retired"], again.counts["added"]) == (90, 60)


def test_every_kind_of_layer_is_kept(bring: Bring) -> None:
    bring("communities", communities())
    line = shapely.LineString([(113.2, 35.2), (113.23, 35.21)])
    frames = {
        "streets": ({"name": ["解放路"], "highway": ["primary"], "bridge": ["yes"]}, line),
        "barriers": ({"name": ["新河"], "kind": ["河流"]}, line),
        "compounds": ({"小区名称": ["东苑"], "户数": [320]}, shapely.box(113.211, 35.201, 113.213, 35.203)),
        "fitness_sites": (
            {"名称": ["龙源湖站"], "项目": ["广场舞"]},
            shapely.box(113.211, 35.201, 113.212, 35.202),
        ),
    }
    for kind, (columns, shape) in frames.items():
        done = bring(kind, gpd.GeoDataFrame(columns, geometry=[shape], crs=4490))
        assert done.status == "applied", done.errors
    assert FitnessSite.objects.get().geometry.geom_type == "Point"
    from gis.layers.models import Barrier, Compound, Street

    assert Compound.objects.get().community.code == CODES[1]
    assert (Street.objects.get().road_class, Street.objects.get().is_bridge) == ("primary", True)
    assert Barrier.objects.get().barrier_kind == "water"


def test_a_community_without_a_code_takes_its_namesakes(bring: Bring) -> None:
    frame = communities().drop(columns="code")
    assert bring("communities", frame).status == "applied"
    assert set(Community.objects.values_list("code", flat=True)) == set(CODES)
    unknown = frame.assign(name=[NAMES[0], NAMES[1], "无名社区"])
    done = bring("communities", unknown)
    assert [(finding["code"], finding["row"]) for finding in done.errors] == [("COMMUNITY_CODE_MISSING", 3)]


# --- refused ------------------------------------------------------------------------------------------------


def test_a_refused_file_writes_nothing_and_says_why(bring: Bring) -> None:
    bring("communities", communities())
    bring("buildings", houses())
    bad = houses(households=[-1, 2.5] + [3.0] * 88)
    bad.loc[5, "geometry"] = shapely.box(113.4, 35.3, 113.4001, 35.3001)
    done = bring("buildings", bad)
    assert (done.status, done.job.state) == ("refused", "failed")
    found = [(finding["row"], finding["code"]) for finding in done.errors]
    assert found == [(1, "HOUSEHOLDS_NEGATIVE"), (2, "HOUSEHOLDS_FRACTIONAL"), (6, "OUTSIDE_COMMUNITIES")]
    assert all(finding["remedy_zh"] and finding["remedy_en"] for finding in done.errors)
    problem = done.job.problem
    assert problem["code"] == "LAYER_REFUSED" and problem["status"] == 422
    assert [entry["facts"].get("row") for entry in problem["errors"]] == [None, 1, 2, 6]
    assert Building.objects.count() == 90 and not Building.objects.filter(layer_import=done).exists()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", b" ", "FILE_EMPTY"),
        ("plan.dwg", b"AC1027" + b"\0" * 30, "FORMAT_UNKNOWN"),
        ("half.geojson", b'{"type": "FeatureCollection", "features": [', "FILE_BROKEN"),
    ],
)
def test_unreadable_files_are_refused_by_the_job(bring: Bring, name: str, content: bytes, code: str) -> None:
    done = bring("buildings", SimpleUploadedFile(name, content))
    assert (done.status, codes(done.errors)) == ("refused", [code])


def test_overlapping_communities_are_refused_with_names_and_area(bring: Bring) -> None:
    frame = communities()
    frame.loc[0, "geometry"] = shapely.box(113.20, 35.20, 113.211, 35.21)
    done = bring("communities", frame)
    assert codes(done.errors) == ["COMMUNITIES_OVERLAP"]
    assert done.errors[0]["facts"]["pair"] == [NAMES[0], NAMES[1]]
    assert not Community.objects.exists()


def test_an_added_community_may_not_overlap_those_held(bring: Bring) -> None:
    bring("communities", communities(2))
    frame = communities().iloc[2:].set_geometry([shapely.box(113.219, 35.2, 113.23, 35.21)])
    done = bring("communities", frame, mode="add")
    assert codes(done.errors) == ["COMMUNITIES_OVERLAP"]
    assert bring("communities", communities().iloc[2:], mode="add").counts["added"] == 1
    assert Community.objects.filter(valid_to=None).count() == 3


def test_totals_below_what_was_counted_are_refused(bring: Bring) -> None:
    bring("communities", communities(households=[100, None, None]))
    done = bring("buildings", houses(households=[20] * 20 + [None] * 70))
    assert codes(done.errors) == ["HOUSEHOLDS_EXCEED_TOTAL"]
    assert not Building.objects.exists()
    bring("buildings", houses(households=[3] * 90))
    warned = bring("communities", communities(households=[100, None, None]))
    assert "SAME_FILE" not in codes(warned.errors)


# --- displaced ----------------------------------------------------------------------------------------------


def test_gcj02_labelled_wgs84_is_refused_and_the_remedy_works(bring: Bring) -> None:
    bring("communities", communities())
    bring("buildings", houses())
    shifted = _shifted(houses())
    done = bring("buildings", shifted, leave_out_outside=True)
    assert codes(done.errors) == ["LAYER_OFFSET"]
    (finding,) = done.errors
    assert finding["facts"]["declare"] == "GCJ-02"
    assert 300 < np.hypot(finding["facts"]["dx_m"], finding["facts"]["dy_m"]) < 700
    mended = bring("buildings", shifted, crs=finding["facts"]["declare"])
    assert mended.status == "applied", mended.errors
    assert mended.provenance["crs_used"] == "GCJ-02"


@pytest.mark.parametrize("leave_out", [False, True])
def test_a_displacement_is_the_first_explanation_of_rows_outside_the_communities(
    bring: Bring, leave_out: bool
) -> None:
    """A small town: displaced by half a kilometre, every house of it lies outside its communities."""
    small = [shapely.box(113.2 + at * 0.002, 35.2, 113.202 + at * 0.002, 35.202) for at in range(3)]
    bring("communities", communities().set_geometry(small, crs=4490))
    spots = [
        shapely.box(x, y, x + 0.0001, y + 0.0001)
        for x in 113.2002 + np.arange(14) * 0.0004
        for y in 35.2002 + np.arange(6) * 0.0003
    ]
    town = gpd.GeoDataFrame({"ref": [f"h{at}" for at in range(len(spots))]}, geometry=spots, crs=4490)
    done = bring("buildings", _shifted(town), leave_out_outside=leave_out)
    assert done.status == "refused"
    assert codes(done.errors) == ["LAYER_OFFSET"] + (
        [] if leave_out else ["OUTSIDE_COMMUNITIES"] * len(spots)
    )
    assert done.errors[0]["facts"]["declare"] == "GCJ-02"
    assert done.job.problem["errors"][1]["code"] == "LAYER_OFFSET"
    assert bring("buildings", _shifted(town), crs="GCJ-02").counts["added"] == len(spots)


def test_a_first_import_is_proven_or_refuted_by_a_control_point(bring: Bring) -> None:
    from gis.layers.rules.import_options import ControlPointGiven

    x, y = (float(value) for value in to_gcj02(113.21, 35.205))
    point = ControlPointGiven(113.21, 35.205, x, y)
    refuted = bring("communities", _shifted(communities()), control_point=point)
    assert codes(refuted.errors) == ["CONTROL_POINT_OFF"]
    assert refuted.errors[0]["facts"]["declare"] == "GCJ-02"
    proven = bring("communities", _shifted(communities()), control_point=point, crs="GCJ-02")
    assert (proven.status, codes(proven.warnings)) == ("applied", ["CRS_LABEL_OVERRULED"])


def test_where_the_layers_held_are_the_wrong_ones_a_control_point_lets_the_true_file_in(bring: Bring) -> None:
    from gis.layers.rules.import_options import ControlPointGiven

    wide = _town()
    bring("communities", _shifted(wide).set_crs(4490, allow_override=True))
    refused = bring("communities", wide)
    assert codes(refused.errors) == ["LAYER_OFFSET"]
    point = ControlPointGiven(113.21, 35.205, 113.21, 35.205)
    done = bring("communities", wide, control_point=point)
    assert (done.status, "LAYER_OFFSET" in codes(done.warnings)) == ("applied", True)


def _town() -> gpd.GeoDataFrame:
    """Twenty-five communities, irregular enough that a shift cannot map them onto one another."""
    rng = np.random.default_rng(5)
    xs = 113.2 + np.cumsum(rng.uniform(0.004, 0.009, 6))
    ys = 35.2 + np.cumsum(rng.uniform(0.004, 0.009, 6))
    boxes = [shapely.box(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in range(5) for j in range(5)]
    columns = {
        "code": [f"4108020010{number:02d}" for number in range(25)],
        "name": [f"{n}社区" for n in range(25)],
    }
    return gpd.GeoDataFrame(columns, geometry=boxes, crs=4490)


# --- twice, dry, undone -------------------------------------------------------------------------------------


def test_the_same_file_twice_is_refused_naming_the_first(bring: Bring, tmp_path: Path) -> None:
    content = as_upload(communities(), tmp_path).read()
    first = bring("communities", SimpleUploadedFile("社区.gpkg", content))
    with pytest.raises(RuleBroken) as refused:
        bring("communities", SimpleUploadedFile("改名.gpkg", content))
    assert (refused.value.code, refused.value.status) == ("SAME_FILE", 409)
    assert refused.value.facts["earlier_import"] == first.pk
    assert "社区.gpkg" in refused.value.zh
    assert bring("communities", SimpleUploadedFile("a.gpkg", content), dry_run=True).status == "checked"
    undo_import(layer_import_id=first.pk, acting_user=first.imported_by)
    assert bring("communities", SimpleUploadedFile("a.gpkg", content)).status == "applied"


def test_a_dry_run_finds_and_counts_but_writes_nothing(bring: Bring) -> None:
    done = bring("communities", communities(), dry_run=True)
    assert (done.status, done.counts["communities"]) == ("checked", 3)
    assert not Community.objects.exists()
    bring("communities", communities(households=[500, 500, 500]))
    done = bring("buildings", houses(), dry_run=True)
    assert (done.status, done.counts["households"]) == ("checked", 1500)
    assert not Building.objects.exists()


def test_a_dry_run_counts_and_says_what_the_real_one_destroys(bring: Bring) -> None:
    from grids.units.models import GridPlan

    first = bring("communities", communities())
    bring("buildings", houses())
    GridPlan.objects.create(
        community=Community.objects.get(code=CODES[1]), number=1, drafted_by=first.imported_by
    )
    for kind, frame, lost in [
        ("buildings", houses().iloc[:3], {"retired": 90, "closed": 0}),
        ("communities", communities(1), {"retired": 0, "closed": 2}),
    ]:
        before = list(Building.objects.order_by("id").values_list("id", "retired_by", "community"))
        tried = bring(kind, frame, dry_run=True)
        assert tried.status == "checked" and tried.undo is None and tried.applied_at is None
        assert {name: tried.counts.get(name, 0) for name in lost} == lost
        assert "REPLACES_MUCH" in codes(tried.warnings)
        assert ("REPLACES_BORNE" in codes(tried.warnings)) == (kind == "communities")
        assert before == list(Building.objects.order_by("id").values_list("id", "retired_by", "community"))
        assert Community.objects.filter(valid_to=None).count() == 3
        done = bring(kind, frame)
        assert (done.status, done.counts) == ("applied", tried.counts)
        assert codes(done.warnings) == codes(tried.warnings)
        undo_import(layer_import_id=done.pk, acting_user=done.imported_by)
    again = bring("buildings", houses().assign(floors=5), dry_run=True)
    assert "REPLACES_MUCH" not in codes(again.warnings), "the same houses come again"


def test_what_the_layer_holds_cannot_be_added_again(bring: Bring) -> None:
    bring("communities", communities())
    bring("buildings", houses(10))
    mixed = houses(12)
    refused = bring("buildings", mixed, mode="add")
    assert set(codes(refused.errors)) == {"REF_HELD"} and len(refused.errors) == 30
    assert (refused.errors[0]["row"], refused.errors[0]["field"]) == (1, "ref")
    assert Building.objects.count() == 30
    nameless = houses(10).drop(columns="ref").iloc[:2]
    warned = bring("buildings", nameless, mode="add", dry_run=True)
    (warning,) = [found for found in warned.warnings if found["code"] == "SHAPES_REPEATED"]
    assert warning["facts"] == {"count": 2, "rows": [1, 2]}
    assert bring("buildings", houses(10).assign(floors=7)).status == "applied", "a replacement may hold them"


def test_texts_longer_than_are_kept_are_cut_and_told(bring: Bring) -> None:
    long_name = "很长的社区名" * 25
    done = bring("communities", communities().assign(name=[long_name, "乙" * 120, "丙"]))
    assert done.status == "applied", done.errors
    (told,) = [found for found in done.warnings if found["code"] == "TEXT_CUT"]
    assert told["facts"] == {"count": 1, "rows": [1], "longest": 120}
    assert Community.objects.get(code=CODES[0]).name == long_name[:120]
    refs = ["x" * 65, "x" * 64, "b"]
    done = bring("buildings", houses(1).assign(ref=refs))
    assert [found["field"] for found in done.warnings if found["code"] == "TEXT_CUT"] == ["ref"]


def test_two_identical_footprints_in_one_file_are_told(bring: Bring) -> None:
    bring("communities", communities())
    twice = houses(2)
    first = shapely.get_coordinates(twice.geometry[0])
    twice.loc[3, "geometry"] = shapely.Polygon(np.roll(first[:-1], 2, axis=0)[::-1])
    done = bring("buildings", twice)
    (warning,) = [found for found in done.warnings if found["code"] == "SHAPES_REPEATED"]
    assert warning["facts"] == {"count": 1, "rows": [4]}


def test_estimates_of_an_export_come_back_as_estimates(bring: Bring, gis_user: Any, tmp_path: Path) -> None:
    from gis.layers.queries.exports import export_file
    from gis.layers.queries.features import features_visible_to, shown_attributes

    bring("communities", communities(households=[800, None, None]))
    counted = [20] * 10 + [None] * 20 + [15] * 30 + [None] * 30
    uses = ["住宅"] * 85 + ["商业"] * 5
    bring("buildings", houses(households=counted, use=uses))
    fields = ("ref", "households", "household_source", "given_households")
    before = sorted(Building.objects.filter(retired_by=None).values_list(*fields))
    assert {row[2] for row in before} == {"given", "spread", "estimated", "none"}
    for form in ("csv", "gpkg"):
        path = tmp_path / f"b.{form}"
        rows = features_visible_to(gis_user, "buildings")
        export_file(rows, shown_attributes(gis_user, "buildings"), "buildings", path)
        done = bring("buildings", SimpleUploadedFile(path.name, path.read_bytes()))
        assert done.status == "applied", done.errors
        (told,) = [found for found in done.warnings if found["code"] == "HOUSEHOLDS_NOT_GIVEN"]
        assert told["facts"] == {"count": 50}
        assert sorted(Building.objects.filter(retired_by=None).values_list(*fields)) == before


def test_a_file_of_which_no_row_is_left_never_empties_the_layer(bring: Bring) -> None:
    bring("communities", communities())
    bring("buildings", houses())
    abroad = houses(20).set_geometry(houses(20).translate(xoff=0.2))
    for dry_run in (True, False):
        done = bring("buildings", abroad, leave_out_outside=True, dry_run=dry_run)
        assert done.status == "refused" and "NO_USABLE_ROWS" in codes(done.errors)
        assert done.job.problem["status"] == 422
    assert Building.objects.filter(retired_by=None).count() == 90


def test_undo_brings_back_exactly_what_was_there(bring: Bring) -> None:
    bring("communities", communities(households=[500, None, 400]))
    bring("buildings", houses())

    def state() -> tuple[list[Any], list[Any]]:
        rows = Community.objects.filter(valid_to=None).order_by("id")
        buildings = Building.objects.filter(retired_by=None).order_by("id")
        return (
            [
                (c.pk, c.name, c.households, c.unit_id, c.layer_import_id, c.geometry.wkb, c.frame.wkb)
                for c in rows
            ],
            list(buildings.values_list("id", "community_id", "households", "household_source")),
        )

    before = state()
    moved = communities(2, households=[100, 200]).assign(name=["甲社区", "乙社区"])
    moved.loc[0, "geometry"] = shapely.box(113.20, 35.20, 113.2095, 35.21)
    second = bring("communities", moved)
    third = bring("buildings", houses(20, count=2))
    assert state() != before
    undo_import(layer_import_id=third.pk, acting_user=third.imported_by)
    undo_import(layer_import_id=second.pk, acting_user=second.imported_by)
    assert state() == before
    assert AuditEvent.objects.filter(action="layer_import.undone").count() == 2


def test_only_the_last_import_of_a_layer_can_be_undone_and_once(bring: Bring) -> None:
    first = bring("communities", communities())
    second = bring("communities", communities(2))
    with pytest.raises(RuleBroken, match="IMPORT_NOT_LAST"):
        undo_import(layer_import_id=first.pk, acting_user=first.imported_by)
    undo_import(layer_import_id=second.pk, acting_user=second.imported_by)
    with pytest.raises(RuleBroken, match="INVALID_TRANSITION"):
        undo_import(layer_import_id=second.pk, acting_user=second.imported_by)
    undo_import(layer_import_id=first.pk, acting_user=first.imported_by)
    assert not Community.objects.exists()


def test_undo_stops_where_other_data_stand_on_the_import(bring: Bring) -> None:
    from grids.units.models import GridPlan

    done = bring("communities", communities())
    plan = GridPlan.objects.create(
        community=Community.objects.get(code=CODES[0]), number=1, drafted_by=done.imported_by
    )
    with pytest.raises(RuleBroken) as refused:
        undo_import(layer_import_id=done.pk, acting_user=done.imported_by)
    assert (refused.value.code, refused.value.status) == ("UNDO_BLOCKED", 409)
    assert "网格方案" in refused.value.zh and "grid plan" in refused.value.en
    assert LayerImport.objects.get(pk=done.pk).status == "applied" and Community.objects.count() == 3
    plan.delete()
    assert undo_import(layer_import_id=done.pk, acting_user=done.imported_by).status == "undone"


@pytest.mark.parametrize("kind", ["buildings", "compounds"])
def test_undo_stops_where_a_published_plan_stands_on_the_homes(bring: Bring, kind: str) -> None:
    from grids.units.models import BuildingAssignment, GridPlan, PlanGrid

    bring("communities", communities())
    plot = gpd.GeoDataFrame(
        {"ref": ["x"]}, geometry=[shapely.box(113.203, 35.203, 113.206, 35.206)], crs=4490
    )
    done = bring(kind, houses(1, count=1) if kind == "buildings" else plot)
    home = Building.objects.get()
    plan = GridPlan.objects.create(community=home.community, number=1, drafted_by=done.imported_by)
    ground = MultiPolygon(home.community.frame, srid=4490)
    grid = PlanGrid.objects.create(
        plan=plan, sequence=1, households=1, buildings=1, area_m2=1, geometry=ground
    )
    BuildingAssignment.objects.create(
        plan=plan, plan_grid=grid, building=home, building_ref=home.ref, households=home.households
    )
    GridPlan.objects.update(state="published", effective_on=date(2026, 1, 1))
    with pytest.raises(RuleBroken) as refused:
        undo_import(layer_import_id=done.pk, acting_user=done.imported_by)
    assert refused.value.code == "UNDO_BLOCKED" and "网格方案" in refused.value.zh
    assert Building.objects.get().retired_by is None
    GridPlan.objects.update(state="draft")
    assert undo_import(layer_import_id=done.pk, acting_user=done.imported_by).status == "undone"


def test_a_cancelled_import_lets_its_file_come_again(
    city: Any, gis_user: Any, api: Any, run_jobs: Any, tmp_path: Path
) -> None:
    call = api(city, gis_user)
    content = as_upload(communities(), tmp_path).read()

    def send() -> Any:
        return call.post(
            "layer-imports", {"file": SimpleUploadedFile("a.gpkg", content), "kind": "communities"}
        )

    sent = send().json()
    assert call.post(f"jobs/{sent['job']['id']}/cancel").status_code == 202
    address = f"layer-imports/{sent['layer_import']['id']}"
    assert call.get(address).json()["status"] == "cancelled"
    assert [row["status"] for row in call.get("layer-imports").json()["results"]] == ["cancelled"]
    refused = call.post(f"{address}/undo")
    assert refused.json()["code"] == "INVALID_TRANSITION" and "已取消" in refused.json()["message"]["zh"]
    assert send().status_code == 202
    run_jobs(city)
    assert [row["status"] for row in call.get("layer-imports").json()["results"]] == ["cancelled", "applied"]


@pytest.mark.parametrize(("raised", "status"), [("cancel", "cancelled"), ("fault", "failed")])
def test_an_import_whose_job_ends_midway_lets_its_file_come_again(
    bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, status: str
) -> None:
    from gis.layers.services import imports
    from tenants.bureau.models import BackgroundJob

    def broken(*args: Any) -> Any:
        if raised == "cancel":
            BackgroundJob.objects.update(cancel_requested=True)
            return original(*args)
        raise RuntimeError("the disk is full")

    original = imports.check_file
    content = as_upload(communities(), tmp_path).read()
    with monkeypatch.context() as patch:
        patch.setattr(imports, "check_file", broken)
        ended = bring("communities", SimpleUploadedFile("a.gpkg", content))
    assert (ended.status, ended.job.state) == (status, status)
    assert bring("communities", SimpleUploadedFile("a.gpkg", content)).status == "applied"


def test_a_job_run_again_after_a_crash_changes_nothing(bring: Bring) -> None:
    from gis.layers.services.imports import carry_out_import

    done = bring("communities", communities())
    again = carry_out_import(done.pk, lambda *args: None)  # type: ignore[arg-type]
    assert again["status"] == "applied"
    assert Community.objects.count() == 3 and LayerImport.objects.count() == 1


@pytest.mark.parametrize("fate", ["died", "replaced"])
@pytest.mark.parametrize("outcome", ["applied", "refused"])
def test_an_import_ends_once_when_its_worker_died_or_was_replaced(
    city: Any, gis_user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fate: str, outcome: str
) -> None:
    """Struck just after its effects: they stand together with the job's end, or not at all."""
    from gis.layers.rules.import_options import ImportOptions
    from gis.layers.services import imports
    from tenants.bureau.services.jobs import JobProgress, run_job

    frame = communities() if outcome == "applied" else communities().assign(code="000000000000")
    asked = imports.request_import(
        upload=as_upload(frame, tmp_path), kind="communities", options=ImportOptions(), dry_run=False,
        source_note="", data_label="", acting_user=gis_user,
    )  # fmt: skip
    assert asked.job is not None

    class WorkerDied(BaseException):
        pass

    def struck(job: Any, progress: JobProgress) -> Any:
        if fate == "replaced":
            type(job).objects.filter(pk=job.pk).update(attempts=2)
        try:
            return imports.carry_out_import(asked.pk, progress)
        finally:
            if fate == "died":
                raise WorkerDied

    if fate == "replaced":
        monkeypatch.setattr(JobProgress, "__call__", lambda *args: None)
    with suppress(WorkerDied):
        run_job(job_id=asked.job.pk, body=struck)
    monkeypatch.undo()
    rows = 3 if outcome == "applied" else 0
    asked.job.refresh_from_db()
    assert Community.objects.count() == (rows if fate == "died" else 0)
    assert asked.job.state == (
        {"applied": "succeeded", "refused": "failed"}[outcome] if fate == "died" else "running"
    )
    ended = run_job(
        job_id=asked.job.pk, body=lambda job, progress: imports.carry_out_import(asked.pk, progress)
    )
    asked.refresh_from_db()
    assert (asked.status, Community.objects.count()) == (outcome, rows)
    assert ended.state == {"applied": "succeeded", "refused": "failed"}[outcome]


def test_the_right_is_asked_for_at_the_city_itself(city: Any, make_user: Any, tmp_path: Path) -> None:
    from gis.layers.rules.import_options import ImportOptions
    from gis.layers.services.imports import request_import
    from tenants.bureau.models import OrgUnit

    town_user = make_user(city, "town", ["layer.import"], unit=OrgUnit.objects.get(level="town"))
    with pytest.raises(RuleBroken, match="PERMISSION_DENIED"):
        request_import(
            upload=as_upload(communities(), tmp_path),
            kind="communities",
            options=ImportOptions(),
            dry_run=True,
            source_note="",
            data_label="",
            acting_user=town_user,
        )


def test_a_corner_of_the_city_is_enough_for_a_building(bring: Bring) -> None:
    """Its inner point decides: a house that straddles a community line has one community."""
    bring("communities", communities())
    edge = community_box(0).bounds[2]
    straddling = shapely.box(edge - 0.0003, 35.205, edge + 0.0001, 35.2052)
    done = bring("buildings", gpd.GeoDataFrame({"ref": ["1"]}, geometry=[straddling], crs=4490))
    assert done.status == "applied"
    assert Building.objects.get().community.code == CODES[0]
