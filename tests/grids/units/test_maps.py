"""Grids as tiles, lists, cards and files, all in a bounded number of statements."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import Grid, GridPlan, PlanGrid
from grids.units.queries.cards import grid_card
from grids.units.queries.summary import grid_summary
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services.coverage import compute_coverage
from grids.units.services.drawing import draw_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.bureau)


def _tile_of(alpha: Any, z: int) -> tuple[int, int]:
    with schema_context(alpha.schema_name):
        west, south, east, north = PlanGrid.objects.order_by("id")[0].geometry.extent
    lon, lat = (west + east) / 2, (south + north) / 2
    return (
        int((lon + 180) / 360 * 2**z),
        int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z),
    )


def test_a_tile_holds_the_grids_with_their_figures(
    alpha: Any, bureau: Any, published: dict[str, int]
) -> None:
    x, y = _tile_of(alpha, 15)
    answer = bureau.get(f"tiles/grids/15/{x}/{y}.mvt")
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    for told in (b"grids", b"410802001001001", b"shengli", b"band", b"covered_share", b"households"):
        assert told in answer.content
    assert bureau.get("tiles/grids/15/0/0.mvt").content == b""
    assert bureau.get("tiles/grids/2/9/0.mvt").status_code == 400


def test_a_draft_is_drawn_on_its_own_tiles_only(
    alpha: Any, api: Any, staff: Any, drawn: dict[str, int]
) -> None:
    gis = api(alpha, staff.gis)
    x, y = _tile_of(alpha, 14)
    assert gis.get(f"tiles/grids/14/{x}/{y}.mvt").content == b""
    assert b"shengli" in gis.get(f"tiles/grids/14/{x}/{y}.mvt?plan_state=draft").content


def test_the_list_is_narrowed_by_community_box_and_words(
    alpha: Any, bureau: Any, grid_ids: dict[str, list[int]], small_city: Any
) -> None:
    def ids(query: str) -> set[int]:
        return {row["id"] for row in bureau.get(f"grids?{query}").json()["results"]}

    assert ids(f"community={small_city.community('xinhua').pk}") == set(grid_ids["xinhua"])
    assert ids("q=410802001001") == set(grid_ids["shengli"])
    assert ids("q=wangcun") == set(grid_ids["wangcun"])
    west, south, east, north = small_city.community("wangcun").frame.extent
    middle = f"{west + 0.0005},{south},{east},{north}"
    assert ids(f"bbox={middle}") == set(grid_ids["wangcun"])
    assert ids("as_of=2001-01-01") == set()
    assert bureau.get("grids?bbox=1,2,3").status_code == 400
    assert bureau.get("grids?colour=red").json()["code"] == "UNKNOWN_PARAMETER"


def test_a_card_is_found_by_code_and_survives_the_grids_end(
    alpha: Any, bureau: Any, grid_ids: dict[str, list[int]]
) -> None:
    card = bureau.get("grids/by-code/410802001001002").json()
    assert (card["id"], card["target"], card["band"]) == (grid_ids["shengli"][1], 400, "ok")
    assert card["deviation"] == round(card["households"] / 400 - 1, 4)
    assert card["data_label"] == "生成数据"
    with schema_context(alpha.schema_name):
        Grid.objects.filter(pk=card["id"]).update(valid_to=timezone.localdate())
        GridPlan.objects.filter(pk=card["plan"]["id"]).update(
            state="superseded", effective_to=timezone.localdate() - timedelta(days=1)
        )
    ended = bureau.get(f"grids/{card['id']}").json()
    assert (ended["households"], ended["plan"]["state"]) == (card["households"], "superseded")


def test_files_hold_the_exact_tiling_and_say_what_the_data_are(
    alpha: Any, bureau: Any, published: dict[str, int], tmp_path: Path
) -> None:
    shapes = json.loads(bureau.get("grids/export").content)["features"]
    assert len(shapes) == 6
    assert {shape["properties"]["data_label"] for shape in shapes} == {"生成数据"}
    outlines = [shapely.geometry.shape(shape["geometry"]) for shape in shapes]
    assert shapely.coverage_is_valid(outlines)
    package = tmp_path / "grids.gpkg"
    package.write_bytes(bureau.get("grids/export?format=gpkg").content)
    read = pyogrio.read_dataframe(package)
    assert read.crs is not None
    assert (len(read), int(read["households"].sum()), read.crs.to_epsg()) == (6, 1560, 4490)
    assert {shape.wkb for shape in read.geometry.normalize()} == {shape.wkb for shape in _normal(outlines)}
    text = bureau.get("grids/export?format=csv").content
    assert text.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert (table[0]["code"], table[0]["community"]) == ("410802001001001", "shengli")
    book = openpyxl.load_workbook(io.BytesIO(bureau.get("grids/export?format=xlsx").content)).active
    assert book is not None
    head = [cell.value for cell in book[1]]
    code = book[2][head.index("code")]
    assert (code.value, code.data_type) == ("410802001001001", "s")
    assert bureau.get("grids/export?format=dwg").status_code == 400


def test_a_draft_is_a_file_for_who_may_see_plans(
    alpha: Any, api: Any, make_user: Any, staff: Any, drawn: dict[str, int]
) -> None:
    path = f"grids/export?plan={drawn['shengli']}"
    draft = json.loads(api(alpha, staff.gis).get(path).content)["features"]
    assert [shape["properties"]["plan_state"] for shape in draft] == ["draft"] * 3
    citizen = api(alpha, make_user(alpha, "citizen", ["grid.view"]))
    assert json.loads(citizen.get(path).content)["features"] == []


def _normal(outlines: list[Any]) -> list[Any]:
    whole = [shapely.multipolygons([shape]) if shape.geom_type == "Polygon" else shape for shape in outlines]
    return [shape.normalize() for shape in whole]


def test_the_summary_adds_up(alpha: Any, bureau: Any, published: dict[str, int]) -> None:
    numbers = bureau.get("grid-summary").json()
    assert (numbers["communities_total"], numbers["communities_published"], numbers["grids"]) == (3, 3, 6)
    assert numbers["households"] == numbers["grid_households"] == 1560
    sized = sum(numbers[name] for name in ("in_band", "soft_range", "outside_soft", "beyond_hard"))
    assert (sized, numbers["rural_grids"], numbers["leaders_missing"]) == (4, 2, 6)
    assert numbers["plans_by_state"]["published"] == 3
    assert numbers["coverage"] is None


def test_every_urban_grid_counts_in_one_size(alpha: Any, bureau: Any, published: dict[str, int]) -> None:
    with schema_context(alpha.schema_name):
        rows = list(PlanGrid.objects.filter(villager_groups=[]).order_by("id"))
        for row, size_class in zip(rows, ("band", "soft", "hard", "outside"), strict=True):
            row.quality["size_class"] = size_class
            row.save(update_fields=["quality"])
    numbers = bureau.get("grid-summary").json()
    assert [numbers[name] for name in ("in_band", "soft_range", "outside_soft", "beyond_hard")] == [1] * 4
    assert not {"soft", "hard", "out_of_band"} & set(numbers)


def test_j03_the_sole_grid_of_a_community_without_homes_is_beyond_nothing(
    alpha: Any, bureau: Any, published: dict[str, int]
) -> None:
    names = ("in_band", "soft_range", "outside_soft", "beyond_hard")
    with schema_context(alpha.schema_name):
        row = PlanGrid.objects.get(plan_id=published["xinhua"])
        row.quality["size_class"] = "outside"
        row.save(update_fields=["quality"])
    before = bureau.get("grid-summary").json()
    with schema_context(alpha.schema_name):
        PlanGrid.objects.filter(pk=row.pk).update(households=0)
        other = PlanGrid.objects.filter(plan_id=published["shengli"]).first()
        assert other is not None
        other.quality["size_class"], other.households = "outside", 0
        other.save(update_fields=["quality", "households"])
    numbers = bureau.get("grid-summary").json()
    assert (before["beyond_hard"], sum(before[name] for name in names)) == (1, 4)
    # An empty grid beside others is beyond the limits; the only one of a community is not.
    assert (numbers["beyond_hard"], sum(numbers[name] for name in names)) == (1, 3)


def test_a_refusal_found_by_a_check_stands_on_the_first_page(
    alpha: Any, api: Any, staff: Any, drawn: dict[str, int]
) -> None:
    gis = api(alpha, staff.gis)
    with schema_context(alpha.schema_name):
        PlanGrid.objects.filter(plan_id=drawn["shengli"], sequence=1).update(households=900)
    gis.post(f"grid-plans/{drawn['shengli']}/check")
    finding = gis.get("grid-summary").json()["findings"][0]
    assert (finding["level"], finding["code"], finding["community"]) == ("refusal", "GRID_SIZE", "shengli")


# --- Statements: the same number for one community and for three -----------------------------------------------


def _statements(work: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen.captured_queries)


def test_reads_take_a_bounded_number_of_statements(
    alpha: Any, in_alpha: Any, api: Any, staff: Any, small_city: Any, drawn: dict[str, int], take_to: Any
) -> None:
    today = timezone.localdate()
    bureau, gis = api(alpha, staff.bureau), api(alpha, staff.gis)

    def count() -> dict[str, int]:
        with schema_context(alpha.schema_name):
            grid = Grid.objects.select_related("community__unit").first()
            counted = {
                "summary": _statements(lambda: grid_summary(staff.bureau, today)),
                "card": _statements(lambda: grid_card(staff.bureau, grid, today)),
            }
        counted["grids"] = _statements(lambda: bureau.get("grids"))
        counted["plans"] = _statements(lambda: gis.get("grid-plans"))
        counted["coverage"] = _statements(lambda: bureau.get("coverage?level=grid"))
        counted["export"] = _statements(lambda: bureau.get("grids/export?format=csv"))
        return counted

    take_to("published", drawn["xinhua"])
    with schema_context(alpha.schema_name):
        compute_coverage(acting_user=staff.bureau)
    few = count()
    for name in ("shengli", "wangcun"):
        take_to("published", drawn[name])
    with schema_context(alpha.schema_name):
        compute_coverage(acting_user=staff.bureau)
    many = count()
    # The first round also reads what is remembered afterwards: the host, the rights of the users.
    assert {name: many[name] for name in many if many[name] > few[name]} == {}
    assert many["summary"] <= 18
    assert many["card"] <= 8
    assert max(many.values()) <= 25


def test_drawing_and_publishing_write_in_bulk(
    alpha: Any, in_alpha: Any, staff: Any, small_city: Any, take_to: Any
) -> None:
    def work(name: str) -> tuple[int, int]:
        ids: list[int] = []
        community = small_city.community(name).pk
        order = DrawingOrder(preset="fast")
        drawn = _statements(
            lambda: ids.append(draw_plan(community_id=community, order=order, acting_user=staff.gis).pk)
        )
        take_to("approved", ids[0])
        return drawn, _statements(lambda: take_to("published", ids[0]))

    one_grid, three_grids = work("xinhua"), work("shengli")
    assert three_grids <= one_grid
    assert one_grid[0] <= 30
    assert one_grid[1] <= 45
