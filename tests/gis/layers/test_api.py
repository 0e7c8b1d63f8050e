"""Layers over HTTP: upload, report, pages of features, exports, tiles, rights and refusals."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile

from gis.compute.intake import read_layer

from .conftest import CODES, as_upload, communities, houses

pytestmark = pytest.mark.django_db
Bring = Callable[..., Any]
TILE = "tiles/buildings/14/13344/6478.mvt"  # holds 113.21, 35.205


@pytest.fixture
def call(city: Any, gis_user: Any, api: Callable[..., Any]) -> Any:
    return api(city, gis_user)


@pytest.fixture
def filled(bring: Bring) -> None:
    bring("communities", communities(households=[500, 400, None]), data_label="生成数据")
    bring("buildings", houses(10))


def test_an_upload_answers_with_a_job_and_its_report(
    call: Any, city: Any, run_jobs: Any, tmp_path: Path
) -> None:
    answer = call.post(
        "layer-imports",
        {
            "file": as_upload(communities(), tmp_path, "社区.gpkg"),
            "kind": "communities",
            "source_note": "民政局",
        },
    )
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert answer["Location"] == f"/api/v1/jobs/{body['job']['id']}"
    assert body["layer_import"]["status"] == "checking"
    run_jobs(city)
    report = call.get(f"layer-imports/{body['layer_import']['id']}").json()
    assert (report["status"], report["crs"], report["format"]) == ("applied", "EPSG:4490", "GeoPackage")
    assert report["file_name"] == "社区.gpkg" and report["counts"]["added"] == 3
    job = call.get(f"jobs/{body['job']['id']}").json()
    assert (job["state"], job["result"]["status"]) == ("succeeded", "applied")
    assert [row["id"] for row in call.get("layer-imports").json()["results"]] == [report["id"]]
    undone = call.post(f"layer-imports/{report['id']}/undo")
    assert (undone.status_code, undone.json()["status"]) == (200, "undone")


def test_a_refused_file_reports_rows_fields_and_remedies(call: Any, city: Any, run_jobs: Any) -> None:
    content = "楼号,户数,经度,纬度\n1,-3,113.201,35.201\n2,4.5,113.202,35.201\n".encode("gbk")
    sent = call.post(
        "layer-imports", {"file": SimpleUploadedFile("楼.csv", content), "kind": "buildings"}
    ).json()
    run_jobs(city)
    report = call.get(f"layer-imports/{sent['layer_import']['id']}").json()
    assert (report["status"], report["encoding"]) == ("refused", "GBK")
    assert [(e["row"], e["field"], e["code"]) for e in report["errors"]] == [
        (2, "households", "HOUSEHOLDS_NEGATIVE"),
        (3, "households", "HOUSEHOLDS_FRACTIONAL"),
    ]
    job = call.get(f"jobs/{sent['job']['id']}").json()
    assert (job["state"], job["problem"]["code"]) == ("failed", "LAYER_REFUSED")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"kind": "parks"}, 400, "INVALID_FIELD"),
        ({"kind": "buildings", "crs": "北京54"}, 422, "CRS_OLD_DATUM"),
        ({"kind": "buildings", "crs": "nonsense"}, 422, "CRS_UNKNOWN"),
        ({"kind": "buildings", "control_point": "1,2"}, 400, "BAD_CONTROL_POINT"),
        ({"kind": "buildings", "columns": "[1]"}, 400, "INVALID_FIELD"),
        ({"kind": "buildings", "columns": "[" * 3900}, 400, "INVALID_FIELD"),
        ({"kind": "buildings", "accept_offset": "true", "source_note": " "}, 422, "REASON_REQUIRED"),
        ({"kind": "buildings", "mode": "merge"}, 400, "INVALID_FIELD"),
    ],
)
def test_bad_requests_are_named(call: Any, fields: dict[str, str], status: int, code: str) -> None:
    answer = call.post("layer-imports", {"file": SimpleUploadedFile("a.csv", b"x"), **fields})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_missing_file_is_a_bad_request(call: Any) -> None:
    answer = call.client.post(
        "/api/v1/layer-imports",
        {"kind": "buildings"},
        HTTP_HOST=call.host,
        format="multipart",
        HTTP_AUTHORIZATION=f"Bearer {call.secret}",
    )
    assert (answer.status_code, answer.json()["field"]) == (400, "file")


def test_an_oversize_upload_is_refused_at_the_door(call: Any, settings: Any) -> None:
    settings.WANGGE_UPLOAD_LIMIT_BYTES = 1000
    upload = SimpleUploadedFile("a.csv", b"x" * 1000)
    answer = call.post("layer-imports", {"file": upload, "kind": "buildings"})
    assert (answer.status_code, answer.json()["code"]) == (413, "FILE_TOO_LARGE")


def test_the_same_file_twice_is_a_conflict(call: Any, city: Any, run_jobs: Any, tmp_path: Path) -> None:
    content = as_upload(communities(), tmp_path).read()
    body = {"kind": "communities"}
    first = call.post("layer-imports", {"file": SimpleUploadedFile("a.gpkg", content), **body})
    waiting = call.post("layer-imports", {"file": SimpleUploadedFile("b.gpkg", content), **body})
    assert (waiting.status_code, waiting.json()["code"]) == (409, "SAME_FILE")
    run_jobs(city)
    again = call.post("layer-imports", {"file": SimpleUploadedFile("b.gpkg", content), **body})
    assert again.json()["facts"]["earlier_import"] == first.json()["layer_import"]["id"]


def test_a_retried_upload_with_its_key_is_answered_from_memory(call: Any, tmp_path: Path) -> None:
    content = as_upload(communities(), tmp_path).read()
    answers = [
        call.post(
            "layer-imports",
            {"file": SimpleUploadedFile("a.gpkg", content), "kind": "communities"},
            Idempotency_Key="one",
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202], answers[1].content
    assert answers[0].json()["layer_import"]["id"] == answers[1].json()["layer_import"]["id"]


def test_layers_at_a_glance(call: Any, filled: None) -> None:
    rows = {row["kind"]: row for row in call.get("layers").json()}
    assert rows["communities"]["feature_count"] == 3 and rows["buildings"]["feature_count"] == 30
    assert rows["communities"]["bounds"] == pytest.approx([113.2, 35.2, 113.23, 35.21])
    assert rows["communities"]["last_import"]["label"] == "生成数据"
    assert rows["streets"] == {
        "kind": "streets",
        "label_zh": "道路",
        "feature_count": 0,
        "bounds": None,
        "last_import": None,
    }


def test_features_come_in_pages_within_a_box(call: Any, filled: None) -> None:
    page = call.get("layers/buildings/features?limit=20").json()
    assert (page["type"], len(page["features"]), page["previous"]) == ("FeatureCollection", 20, None)
    rest = call.client.get(
        page["next"], HTTP_HOST=call.host, HTTP_AUTHORIZATION=f"Bearer {call.secret}"
    ).json()
    assert (len(rest["features"]), rest["next"]) == (10, None)
    ids = [feature["id"] for feature in page["features"] + rest["features"]]
    assert len(set(ids)) == 30
    boxed = call.get("layers/buildings/features?bbox=113.2,35.2,113.2099,35.21").json()
    assert len(boxed["features"]) == 10
    one = call.get(f"layers/buildings/features/{ids[0]}").json()
    assert one["properties"]["ref"] == "b0" and one["geometry"]["type"] == "Polygon"
    assert one["geometry"]["coordinates"][0][0] == [113.2007, 35.2006]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("layers/parks/features", 404, "UNKNOWN_LAYER"),
        ("layers/parks/export", 404, "UNKNOWN_LAYER"),
        ("layers/buildings/features/999999", 404, "NOT_FOUND"),
        ("layers/buildings/features?bbox=1,2,3", 400, "BAD_BBOX"),
        ("layers/buildings/features?bbox=nan,1,2,3", 400, "BAD_BBOX"),
        ("layers/buildings/features?limit=abc", 400, "BAD_LIMIT"),
        ("layers/buildings/features?colour=red", 400, "UNKNOWN_PARAMETER"),
        ("layers/buildings/export?format=dwg", 400, "INVALID_FIELD"),
        ("tiles/buildings/14/99999/1.mvt", 400, "BAD_TILE"),
        ("layer-imports/999999", 404, "NOT_FOUND"),
    ],
)
def test_refused_questions(call: Any, path: str, status: int, code: str) -> None:
    answer = call.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("form", ["geojson", "gpkg", "csv", "xlsx"])
@pytest.mark.parametrize("kind", ["communities", "buildings"])
def test_exports_can_be_imported_again_as_they_are(
    call: Any, filled: None, tmp_path: Path, kind: str, form: str
) -> None:
    answer = call.get(f"layers/{kind}/export?format={form}")
    assert answer.status_code == 200, answer.content
    assert f"{kind}.{form}" in answer["Content-Disposition"]
    path = tmp_path / f"{kind}.{form}"
    path.write_bytes(answer.content)
    intake = read_layer(path, kind)
    assert intake.is_accepted, intake.errors
    given = (communities() if kind == "communities" else houses(10)).geometry
    assert [shape.wkt for shape in intake.frame.geometry.normalize()] == [
        shape.wkt for shape in gpd.GeoSeries(shapely.transform(given, lambda xy: np.round(xy, 7))).normalize()
    ]
    households = intake.frame["households"].fillna(0).astype(int).tolist()
    assert households == ([500, 400, 0] if kind == "communities" else [50] * 10 + [40] * 10 + households[20:])


def test_texts_that_look_like_formulas_stay_texts(call: Any, bring: Bring) -> None:
    names = ['=HYPERLINK("http://x")', "+1", "普通站"]
    frame = gpd.GeoDataFrame(
        {"name": names}, geometry=[shapely.Point(113.2 + i / 100, 35.205) for i in range(3)], crs=4490
    )
    bring("fitness_sites", frame)
    rows = list(
        csv.DictReader(
            io.StringIO(call.get("layers/fitness_sites/export?format=csv").content.decode("utf-8-sig"))
        )
    )
    assert [row["name"] for row in rows] == ['\'=HYPERLINK("http://x")', "'+1", "普通站"]
    book = openpyxl.load_workbook(io.BytesIO(call.get("layers/fitness_sites/export?format=xlsx").content))
    cells = [row[2] for row in book.active.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}


def test_tiles_carry_the_layer_under_its_own_name(call: Any, filled: None, tmp_path: Path) -> None:
    answer = call.get(TILE)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.mapbox-vector-tile")
    path = tmp_path / "tile.mvt"
    path.write_bytes(answer.content)
    assert [name for name, _ in pyogrio.list_layers(f"MVT:{path}")] == ["buildings"]
    frame = pyogrio.read_dataframe(f"MVT:{path}")
    assert {"households", "use", "household_source"} <= set(frame.columns) and len(frame) > 0
    assert call.get("tiles/buildings/10/0/0.mvt").content == b""
    assert call.get("tiles/parks/10/0/0.mvt").status_code == 404


def test_rights_scope_every_face(city: Any, api: Any, make_user: Any, filled: None) -> None:
    from gis.layers.models import Building, Community
    from tenants.bureau.models import OrgUnit

    village = OrgUnit.objects.get(name__startswith="枫华园")
    clerk = api(city, make_user(city, "clerk", ["layer.view", "layer.export"], unit=village))
    own, other = Community.objects.get(code=CODES[0]), Community.objects.get(code=CODES[1])
    house = Building.objects.filter(community=other).values_list("id", flat=True)[0]
    assert [f["id"] for f in clerk.get("layers/communities/features").json()["features"]] == [own.pk]
    assert clerk.get(f"layers/communities/features/{other.pk}").status_code == 404
    assert len(clerk.get("layers/buildings/features?limit=200").json()["features"]) == 10
    assert clerk.get(f"layers/buildings/features/{house}").status_code == 404
    exported = json.loads(clerk.get("layers/buildings/export").content)
    assert len(exported["features"]) == 10
    upload = SimpleUploadedFile("a.csv", b"x")
    assert clerk.post("layer-imports", {"file": upload, "kind": "buildings"}).status_code == 403
    nobody = api(city, make_user(city, "nobody"))
    assert nobody.get("layers").status_code == 403
    assert api(city).get("layers").status_code == 401


def test_readers_are_not_told_of_a_handful_of_households(
    city: Any, api: Any, call: Any, make_user: Any, bring: Bring, tmp_path: Path
) -> None:
    from tenants.bureau.models import OrgUnit

    bring("communities", communities())
    bring("buildings", houses(7, households=[0, 1, 4, 5, 6, 30, 2] * 3))
    reader = api(city, make_user(city, "citizen", ["layer.view", "layer.export"]))
    village = OrgUnit.objects.get(name__startswith="枫华园")
    clerk_user = make_user(city, "clerk", ["layer.view", "layer.export"])
    from tenants.bureau.models import Grant

    Grant.objects.create(user=clerk_user, permission="grid_plan.view", unit=village)
    told, hidden = [0, 1, 4, 5, 6, 30, 2], [0, None, None, 5, 6, 30, None]
    for who, expected in [
        (reader, hidden * 3), (call, told * 3), (api(city, clerk_user), told + hidden * 2),
    ]:  # fmt: skip
        page = who.get("layers/buildings/features?limit=200").json()["features"]
        assert [each["properties"]["households"] for each in page] == expected
        one = who.get(f"layers/buildings/features/{page[8]['id']}").json()
        assert one["properties"]["households"] == expected[8]
        exported = json.loads(who.get("layers/buildings/export").content)["features"]
        assert [each["properties"]["households"] for each in exported] == expected
        path = tmp_path / "tile.mvt"
        path.write_bytes(who.get(TILE).content)
        drawn = pyogrio.read_dataframe(f"MVT:{path}").set_index("ref")["households"]
        own = {f"b{at}": homes for at, homes in enumerate(expected)}
        assert len(drawn) and all(
            homes == own[ref] or (own[ref] is None and np.isnan(homes)) for ref, homes in drawn.items()
        )


def test_imports_are_shown_to_those_who_import(
    city: Any, api: Any, call: Any, make_user: Any, filled: None
) -> None:
    reader = api(city, make_user(city, "citizen", ["layer.view", "layer.export"]))
    number = call.get("layer-imports").json()["results"][0]["id"]
    assert reader.get("layer-imports").json()["results"] == []
    assert reader.get(f"layer-imports/{number}").status_code == 404


def test_exports_say_what_must_be_said_of_the_data(call: Any, filled: None) -> None:
    from tenants.bureau.models import CityProfile
    from tenants.registry.services import as_owner

    with as_owner():  # the profile is the operator's
        CityProfile.objects.update(data_label="演示数据")
    for kind, label in [("communities", "演示数据；生成数据"), ("buildings", "演示数据")]:
        told = json.loads(call.get(f"layers/{kind}/export").content)["features"]
        assert {each["properties"]["data_label"] for each in told} == {label}


def test_another_city_sees_nothing(beta: Any, api: Any, make_user: Any, filled: None) -> None:
    from django.db import connection

    connection.set_schema_to_public()
    neighbour = api(beta, make_user(beta, "neighbour", ["layer.view", "layer.export"]))
    assert neighbour.get("layers/buildings/features").json()["features"] == []
    assert neighbour.get("layer-imports").json()["results"] == []
    assert neighbour.get(TILE).content == b""


def test_pages_take_few_statements(call: Any, filled: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(12):
        assert len(call.get("layers/buildings/features?limit=30").json()["features"]) == 30
