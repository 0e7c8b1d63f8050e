"""Files of studies and of staffing: what they say, in which words, whose data, and where things stand on the map."""

from __future__ import annotations

import io
import re
import warnings
from datetime import date
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context
from PIL import Image

from gis.layers.models import Community, LayerImport, LayerKind, Street
from instructors.assignment.models import GapStudy, Site
from instructors.assignment.queries import picture_png
from instructors.assignment.queries.picture_page import SMALLEST_HOUSE, Page, PlacedMap, house_edge
from instructors.assignment.queries.picture_png import png_of
from instructors.assignment.queries.picture_svg import svg_of
from tenants.bureau.services.population import record_populations

LABEL = "演示几何为生成数据；道路 © OpenStreetMap contributors"
ODBL = "© OpenStreetMap contributors, ODbL"
CENSUS = date(2020, 11, 1)
BARE_KEY = re.compile(r"[a-z]+(_[a-z0-9]+)*")
# West, south, east, north of the small city.
BOX = (114.21, 35.21, 114.222, 35.213)


@pytest.fixture
def studied(alpha, small_city, staff, make_site, make_instructor, api, run_jobs):
    """A study of two places in a city whose data carry a label, with one site at its western edge, three people and a census."""
    make_site("S1", name="=一号站点", geometry=GEOSGeometry("POINT(114.2101 35.2115)", srid=4490))
    for name in ("测试甲", "测试乙", "测试丙"):
        make_instructor(name)
    units = small_city.units
    with schema_context(alpha.schema_name):
        LayerImport.objects.filter(pk=small_city.layer_import.pk).update(data_label=LABEL)
        residents = {units["county"].pk: 3000, units["town"].pk: 2000, units["other_town"].pk: 1000}
        record_populations(residents=residents, counted_on=CENSUS, source="人口普查", acting_user=None)
    assert api(alpha, staff.bureau).post("gap-studies", {"places": 2}).status_code == 202
    (job,) = run_jobs(alpha)
    assert job.state == "succeeded", job.problem
    with schema_context(alpha.schema_name):
        return GapStudy.objects.get().pk


@pytest.fixture
def file_of(alpha, studied, staff, api):
    """`file_of("svg")`: a form of the study, as the bureau takes it."""

    def take(form: str, who: Any = None) -> Any:
        answer = api(alpha, who or staff.bureau).get(f"gap-studies/{studied}/export?form={form}")
        assert answer.status_code == 200, answer.content
        return answer

    return take


def _sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def _frame(content: bytes) -> gpd.GeoDataFrame:
    return gpd.read_file(io.BytesIO(content))


def _no_bare_key(sheets: dict[str, list[tuple[Any, ...]]]) -> None:
    for title, rows in sheets.items():
        for row in rows:
            for value in row:
                assert not (isinstance(value, str) and BARE_KEY.fullmatch(value) and "_" in value), (
                    title,
                    value,
                )
                assert not (isinstance(value, str) and value.startswith("{")), (title, value)


def test_j20_a_workbook_names_every_figure_with_its_unit_in_both_languages(file_of, alpha, studied):
    sheets = _sheets(file_of("xlsx").content)
    assert list(sheets) == ["概况", "街镇", "新站点", "说明"]
    _no_bare_key({name: rows for name, rows in sheets.items() if name != "街镇"})
    told = dict(sheets["概况"][1:])
    with schema_context(alpha.schema_name):
        figures = GapStudy.objects.get(pk=studied).figures
    assert told["住户总数（户） / households"] == 600
    assert told["现在步行可达户数（户） / households within reach today"] == figures["covered_today"]
    share = round(100 * figures["covered_today"] / 600, 2)
    assert told["现在步行可达率（%） / share within reach today"] == share
    assert told["按直线测算的户数（户） / households measured as the crow flies"] == 600
    assert all(" / " in name for name in told)
    assert sheets["街镇"][0][1:4] == (
        "户数（户） / households",
        "步行可达户数（户） / households within reach",
        "步行可达率（%） / share within reach",
    )
    assert sheets["新站点"][1][0] == 1


def test_j20_a_workbook_says_whose_data_how_measured_and_counted_when(file_of, alpha, small_city, studied):
    notes = dict(_sheets(file_of("xlsx").content)["说明"][1:])
    assert notes["数据说明 / data"] == LABEL
    assert notes["署名 / attribution"] == ODBL
    assert notes["测算方法 / method"].startswith("直线 1000 米以内：600 户 / within 1000 m as the crow flies")
    assert notes["分母日期 / households since"] == "—", "no file of buildings was brought in"
    assert notes["政策版本 / policy version"] == (
        "直线半径第 1 版、步行时间第 1 版、步行速度第 1 版 / radius version 1, walk version 1, pace version 1"
    )
    with schema_context(alpha.schema_name):
        study = GapStudy.objects.get(pk=studied)
        LayerImport.objects.create(
            kind=LayerKind.BUILDINGS, status="applied", file_name="b.gpkg", sha256="1" * 64,
            imported_by=study.asked_by, applied_at=study.created_at,
        )  # fmt: skip
    notes = dict(_sheets(file_of("xlsx").content)["说明"][1:])
    assert notes["分母日期 / households since"] == study.as_of.isoformat()
    assert notes["户数分母 / households counted"].startswith(
        f"600 户，{study.as_of.isoformat()} 导入的建筑图层"
    )


def test_j20_geojson_opens_with_layers_by_kind_in_wgs_84_lon_lat(file_of, small_city):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = _frame(file_of("geojson").content)
    assert frame.crs.to_epsg() == 4326
    west, south, east, north = frame.total_bounds
    assert (round(west, 6), round(south, 6), round(east, 6), round(north, 6)) == BOX
    assert set(frame["kind"]) == {"new_site", "site", "community", "town"}
    kinds = {kind: set(rows.geom_type) for kind, rows in frame.groupby("kind")}
    assert kinds["new_site"] == kinds["site"] == {"Point"}
    assert kinds["community"] | kinds["town"] <= {"Polygon", "MultiPolygon"}
    assert frame.geometry.is_valid.all()
    (site,) = frame[frame["kind"] == "site"].itertuples()
    assert (round(site.geometry.x, 7), round(site.geometry.y, 7)) == (114.2101, 35.2115), (
        "east first, north second"
    )
    assert site.name == "=一号站点"


def test_j20_geojson_tells_the_steps_and_what_each_community_and_town_reaches(file_of, alpha, studied):
    frame = _frame(file_of("geojson").content)
    with schema_context(alpha.schema_name):
        study = GapStudy.objects.get(pk=studied)
    steps = frame[frame["kind"] == "new_site"].sort_values("rank")
    assert list(steps["rank"]) == list(range(1, len(study.steps) + 1))
    assert list(steps["covered_households"]) == [step["covered"] for step in study.steps]
    assert list(steps["households_gained"]) == [step["gained"] for step in study.steps]
    communities = frame[frame["kind"] == "community"].set_index("name")
    assert dict(communities["households"]) == {"shengli": 200, "xinhua": 200, "wangcun": 200}
    assert communities["covered_households"].sum() == study.figures["covered_today"]
    assert set(communities["method"]) == {"radius"}
    towns = frame[frame["kind"] == "town"].set_index("name")
    expected = {row["town"]: (row["households"], row["covered"]) for row in study.towns}
    assert {name: (row.households, row.covered_households) for name, row in towns.iterrows()} == expected
    assert towns.loc["other_town"].geometry.equals(communities.loc[["xinhua", "wangcun"]].union_all())


def test_j20_geojson_tells_staffing_per_1000_in_three_lines_with_its_count(file_of):
    frame = _frame(file_of("geojson").content)
    town = frame[(frame["kind"] == "town") & (frame["name"] == "town")].iloc[0]
    assert (town["certified"], town["residents"], town["certified_per_1000"]) == (3, 2000, 1.5)
    assert (town["registered_per_1000"], town["active_per_1000"], town["sites_per_10000"]) == (0, 0, 5)
    assert (str(town["counted_on"])[:10], town["source"]) == ("2020-11-01", "人口普查")


def test_j20_who_may_not_see_instructors_gets_the_map_without_them(
    file_of, alpha, staff, studied, monkeypatch
):
    monkeypatch.setattr("instructors.assignment.queries.staffing.granted_paths", lambda user, right: [])
    features = file_of("geojson").json()["features"]
    assert {each["properties"]["kind"] for each in features} == {"new_site", "site", "community", "town"}
    assert not any("certified" in each["properties"] for each in features)


def test_j20_geojson_says_whose_data_and_by_which_measure_in_whole_and_in_each(file_of):
    document = file_of("geojson").json()
    assert (document["data_label"], document["attribution"]) == (LABEL, ODBL)
    assert (document["method"], document["method_households"]) == ("radius", {"radius": 600})
    assert (document["walk_minutes"], document["walk_speed_m_per_min"], document["radius_m"]) == (
        15,
        80,
        1000,
    )
    assert (document["households"], document["households_since"]) == (600, None)
    for feature in document["features"]:
        told = feature["properties"]
        assert (told["data_label"], told["attribution"]) == (document["data_label"], ODBL)
        assert told["method"] == "radius"


def test_j20_the_document_of_a_study_is_the_study_with_what_must_be_said_of_it(
    file_of, alpha, staff, api, studied
):
    document = file_of("json").json()
    plain = api(alpha, staff.bureau).get(f"gap-studies/{studied}").json()
    assert {name: document[name] for name in plain} == plain
    assert (document["data_label"], document["attribution"], document["method"]) == (LABEL, ODBL, "radius")


def test_j20_streets_make_the_measure_the_network(alpha, small_city, staff, make_site, api, run_jobs):
    make_site("S1")
    with schema_context(alpha.schema_name):
        Street.objects.bulk_create(
            Street(
                ref=f"T{at}", layer_import=small_city.layer_import, source_row=at,
                geometry=GEOSGeometry(
                    f"LINESTRING(114.209 {35.2103 + at * 0.0008}, 114.2165 {35.2103 + at * 0.0008}, 114.223 35.2115)",
                    srid=4490,
                ),
            )
            for at in range(4)
        )  # fmt: skip
    here = api(alpha, staff.bureau)
    study = here.post("gap-studies", {"places": 1}).json()["study"]["id"]
    run_jobs(alpha)
    document = here.get(f"gap-studies/{study}/export?form=geojson").json()
    assert document["method"] == "network"
    picture = here.get(f"gap-studies/{study}/export?form=svg").content.decode()
    assert "沿道路步行 15 分钟（80 米/分钟，1200 米）以内：600 户" in picture
    assert "道路 streets" in picture


def test_j20_a_study_of_an_earlier_version_is_drawn_with_what_it_kept(file_of, alpha):
    with schema_context(alpha.schema_name):
        GapStudy.objects.update(communities=[])
    features = file_of("geojson").json()["features"]
    shares = {
        each["properties"]["covered_share"] for each in features if each["properties"]["kind"] == "community"
    }
    assert shares == {None}
    assert file_of("png").content.startswith(b"\x89PNG")


def test_j20_a_community_below_no_town_is_on_the_map_and_in_no_town(file_of, alpha, small_city):
    with schema_context(alpha.schema_name):
        Community.objects.filter(name="wangcun").update(unit=small_city.units["city"])
        Community.objects.filter(name="xinhua").update(unit=small_city.units["county"])
    frame = _frame(file_of("geojson").content)
    assert len(frame[frame["kind"] == "community"]) == 3
    assert list(frame[frame["kind"] == "town"]["name"]) == ["town"]


def test_a_map_of_gaps_takes_as_many_statements_for_one_site_as_for_many(file_of, alpha, make_site):
    file_of("geojson")  # what is remembered for the next time is read once
    counts = []
    for more in ("S2", "S3", "S4"):
        with CaptureQueriesContext(connection) as seen:
            features = file_of("geojson").json()["features"]
        counts.append((len(seen), sum(each["properties"]["kind"] == "site" for each in features)))
        make_site(more, unit="xinhua")
        with schema_context(alpha.schema_name):
            Site.objects.filter(ref=more).update(created_at=GapStudy.objects.get().created_at)
    assert [sites for _, sites in counts] == [1, 2, 3]
    assert len({statements for statements, _ in counts}) == 1


def test_j20_the_picture_has_title_legend_scale_north_and_whose_data(file_of):
    answer = file_of("svg")
    assert answer["Content-Type"] == "image/svg+xml"
    root = ElementTree.fromstring(answer.content.decode())
    text = "\n".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text"))
    for wanted in (
        "健身站点覆盖与缺口", "步行可达：现在", "步行可达的住宅", "步行不可达的住宅", "现有健身站点 1 个", "建议新站点",
        "北 N", "米 m", "直线 1000 米以内：600 户", "户数分母：600 户", "演示几何为生成数据", ODBL, "政策版本",
    ):  # fmt: skip
        assert wanted in text, wanted
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    assert width == 600 and height <= 850, "an A4 sheet upright"
    assert len(root.findall(".//{*}path")) >= 1


def test_j20_the_scale_bar_is_as_long_on_paper_as_it_says(file_of):
    root = ElementTree.fromstring(file_of("svg").content.decode())
    ground = root.find("{*}svg")
    scale = float(ground.attrib["width"]) / float(ground.attrib["viewBox"].split()[2])
    bars = [
        each
        for each in root.findall("{*}polygon")
        if each.attrib.get("stroke") and each.attrib["fill"] != "none"
    ]
    ends = [float(corner.split(",")[0]) for each in bars for corner in each.attrib["points"].split()]
    (told,) = [each.text for each in root.findall("{*}text") if (each.text or "").endswith(" 米 m")]
    assert (max(ends) - min(ends)) / scale == pytest.approx(float(told.split()[0]), rel=0.01)


def test_j20_the_png_is_a_sheet_of_print_quality_with_the_label_inside(file_of):
    answer = file_of("png")
    assert answer["Content-Type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.width == 1800 and picture.height <= 2550
    assert round(picture.info["dpi"][0]) >= 200
    assert LABEL in picture.info["Description"]
    colours = {colour for _, colour in picture.convert("RGB").getcolors(maxcolors=2**24)}
    assert {(0x4C, 0x8F, 0x77), (0x8A, 0x2F, 0x6B), (0x1D, 0x5C, 0x8F)} <= colours, "homes, new places, sites"


def test_j20_houses_are_as_large_in_the_png_as_in_the_svg(file_of):
    """In a wide city each is drawn wider than it is, or nobody would see it."""
    page = Page(100, "", "", PlacedMap(0, 0, 300, 100, 0.02, {"in": "M2500 2500l12 0 0 12-12 0z"}))
    pixels = Image.open(io.BytesIO(png_of(page))).convert("L").crop((0, 0, 900, 300))
    dark = sum(1 for value in pixels.tobytes() if value < 0xC0)
    assert SMALLEST_HOUSE * 0.8 < dark**0.5 / 3 < SMALLEST_HOUSE * 1.3
    assert f'stroke-width="{house_edge(0.02) / 0.02:.2f}"' in svg_of(page)


def test_j20_without_a_chinese_font_the_png_is_refused_with_what_to_do(
    alpha, studied, staff, api, monkeypatch
):
    monkeypatch.setattr(picture_png, "_FONTS", (("no-such-font.ttc", 0),))
    picture_png._font.cache_clear()
    answer = api(alpha, staff.bureau).get(f"gap-studies/{studied}/export?form=png")
    assert (answer.status_code, answer.json()["code"]) == (406, "NO_CHINESE_FONT")
    assert answer.json()["message"]["zh"] == "服务器上没有中文字体，无法绘制 PNG 图片"
    picture_png._font.cache_clear()


def test_j20_staffing_leaves_as_polygons_of_the_level(alpha, studied, staff, api):
    here = api(alpha, staff.bureau)
    frame = _frame(here.get("staffing?level=town&form=geojson").content).set_index("name")
    assert frame.crs.to_epsg() == 4326
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"} and set(frame["kind"]) == {"town"}
    town = frame.loc["town"]
    assert (town["certified_per_1000"], town["registered_per_1000"], town["active_per_1000"]) == (1.5, 0, 0)
    assert [round(side, 6) for side in town.geometry.bounds] == [114.21, 35.21, 114.214, 35.213]
    document = here.get("staffing?level=county&form=geojson").json()
    assert (document["data_label"], document["source"]) == (LABEL, "人口普查")
    assert document["features"][0]["properties"]["counted_on"] == "2020-11-01"
    clerk = api(alpha, staff.clerk).get("staffing?level=town&form=geojson").json()["features"]
    assert [each["properties"]["name"] for each in clerk] == ["town"]


def test_j20_the_workbook_of_staffing_has_units_and_notes(alpha, studied, staff, api):
    sheets = _sheets(api(alpha, staff.bureau).get("staffing?level=town&form=xlsx").content)
    assert sheets["指导员与站点"][0][7] == "每千人持证（人） / certified per 1,000"
    notes = dict(sheets["说明"][1:])
    assert notes["数据说明 / data"] == LABEL
    assert (notes["人口来源 / source of residents"], notes["人口统计日 / residents counted on"]) == (
        "人口普查",
        "2020-11-01",
    )
