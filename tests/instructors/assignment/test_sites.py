"""J13 and J20: sites outlive imports of their layer, follow it, and keep what people add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from gis.layers.models import FitnessSite
from instructors.assignment.models import Site
from instructors.assignment.services.sites import settle_sites

pytestmark = pytest.mark.django_db


def at(lon: float, lat: float) -> GEOSGeometry:
    return GEOSGeometry(f"POINT({lon:.7f} {lat:.7f})", srid=4490)


@pytest.fixture
def layer(in_alpha: Any, small_city: Any) -> Callable[..., Any]:
    """`layer(("S1", "胜利晨练点", 114.211, 35.2115), …)` puts these into the current layer instead of all others."""

    def put(*rows: tuple[str, str, float, float], **fields: Any) -> None:
        FitnessSite.objects.filter(retired_by=None).update(retired_by=small_city.layer_import)
        for ref, name, lon, lat in rows:
            FitnessSite.objects.create(
                ref=ref, name=name, geometry=at(lon, lat), layer_import=small_city.layer_import, **fields
            )

    return put


SHENGLI, XINHUA, OUTSIDE = (114.211, 35.2115), (114.215, 35.2115), (114.5, 35.5)


def test_j20_a_site_is_found_again_by_its_reference_and_retired_when_gone(layer: Any) -> None:
    layer(("S1", "胜利晨练点", *SHENGLI), ("S2", "新华广场", *XINHUA))
    assert settle_sites() == {"added": 2, "changed": 0, "retired": 0}
    first = Site.objects.get(ref="S1")
    layer(("S1", "胜利晨练点（迁）", *XINHUA))
    assert settle_sites() == {"added": 0, "changed": 1, "retired": 1}
    again = Site.objects.get(pk=first.pk)
    assert (again.name, again.version) == ("胜利晨练点（迁）", 2)
    gone = Site.objects.get(ref="S2")
    assert gone.valid_to is not None
    layer(("S1", "胜利晨练点（迁）", *XINHUA), ("S2", "新华广场", *XINHUA))
    settle_sites()
    gone.refresh_from_db()
    assert gone.valid_to is None
    assert settle_sites() == {"added": 0, "changed": 0, "retired": 0}


def test_j20_community_and_town_are_found_by_the_point_and_outside_them_it_is_the_city(
    layer: Any, small_city: Any
) -> None:
    layer(("S1", "甲", *SHENGLI), ("S2", "乙", *XINHUA), ("S3", "丙", *OUTSIDE))
    settle_sites()
    found = {site.ref: (site.unit, site.town) for site in Site.objects.select_related("unit", "town")}
    units = small_city.units
    assert found["S1"] == (units["shengli"], units["town"])
    assert found["S2"] == (units["xinhua"], units["other_town"])
    assert found["S3"] == (units["city"], units["city"])


def test_j13_the_kind_follows_from_the_words_of_the_layer(layer: Any) -> None:
    names = {
        "公园晨练点": "exercise_node",
        "人民大礼堂": "lecture_hall",
        "文化中心": "lecture_hall",
        "健身路径": "facility",
    }
    layer(*((f"S{i}", name, 114.2101 + i * 0.0005, 35.2115) for i, name in enumerate(names)))
    settle_sites()
    assert {site.name: site.site_kind for site in Site.objects.all()} == names


def test_j20_sites_without_a_reference_are_known_by_name_and_place(layer: Any) -> None:
    layer(("", "甲", *SHENGLI), ("", "乙", *SHENGLI), ("", "甲", *XINHUA))
    assert settle_sites()["added"] == 3
    refs = set(Site.objects.values_list("ref", flat=True))
    assert len(refs) == 3
    assert all(ref.startswith("~") for ref in refs)
    layer(("", "乙", *SHENGLI), ("", "甲", *XINHUA), ("", "甲", *SHENGLI))
    assert settle_sites() == {"added": 0, "changed": 0, "retired": 0}


def test_j13_an_edit_by_hand_stays_until_the_layer_says_something_new(layer: Any) -> None:
    layer(("S1", "甲", *SHENGLI))
    settle_sites()
    Site.objects.update(name="改名", address="门牌由人填写")
    layer(("S1", "甲", *SHENGLI), address="")
    settle_sites()
    assert Site.objects.values_list("name", "address").get() == ("改名", "门牌由人填写")
    layer(("S1", "乙", *SHENGLI), address="解放路1号")
    settle_sites()
    assert Site.objects.values_list("name", "address").get() == ("乙", "解放路1号")


def test_j20_settling_takes_the_same_number_of_statements_for_any_number_of_sites(layer: Any) -> None:
    counts = []
    for size in (3, 300):
        layer(*((f"S{i}", f"站{i}", 114.2101 + i * 0.00001, 35.2115) for i in range(size)))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            settle_sites()
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_j20_the_migration_names_sites_as_settling_does(layer: Any) -> None:
    from importlib import import_module

    settle = import_module("instructors.assignment.migrations.0005_sites_of_layers_already_there").SETTLE
    layer(
        ("S1", "晨练点", *SHENGLI),
        ("S1", "重号", *XINHUA),
        ("", "礼堂", 114.2145678, 35.2112345),
        ("S4", "外", *OUTSIDE),
    )
    with connection.cursor() as cursor:
        cursor.execute(settle)
    columns = ("ref", "name", "site_kind", "unit_id", "town_id", "as_imported__name")
    before = list(Site.objects.order_by("ref").values_list(*columns))
    assert len(before) == 4
    assert settle_sites()["added"] == 0
    assert list(Site.objects.order_by("ref").values_list(*columns)) == before


# --- over HTTP ----------------------------------------------------------------------------------------------


def test_j13_a_site_is_edited_with_if_match(
    alpha: Any, api: Any, staff: Any, make_site: Any, make_instructor: Any
) -> None:
    site, head = make_site(), make_instructor("测试甲")
    speaker = api(alpha, staff.dispatcher)
    read = speaker.get(f"sites/{site.pk}")
    assert read.status_code == 200
    assert (read.json()["name"], read["ETag"]) == ("测试站点S1", '"1"')
    changes = {
        "kind": "exercise_node", "capacity": 40, "head_id": head.pk, "is_step_free": True, "has_accessible_toilet": False,
        "opening_hours": [{"weekday": 1, "from_minute": 360, "to_minute": 480}],
    }  # fmt: skip
    assert speaker.patch(f"sites/{site.pk}", changes).status_code == 428
    answer = speaker.patch(f"sites/{site.pk}", changes, if_match='"1"')
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["kind"], told["capacity"], told["head"]["name"]) == ("exercise_node", 40, "测试甲")
    assert api(alpha, staff.clerk).get(f"sites/{site.pk}").json()["head"]["name"] == "测*"
    for reader, name in ((staff.dispatcher, "测试甲"), (staff.clerk, "测*")):
        listed = api(alpha, reader).get("sites").json()["results"]
        assert [row["head"]["name"] for row in listed if row["head"]] == [name], (
            "a list tells what the site tells"
        )
    assert told["opening_hours"] == changes["opening_hours"]
    stale = speaker.patch(f"sites/{site.pk}", {"capacity": 50}, if_match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")


def test_j13_opening_hours_that_overlap_leave_the_day_or_shut_needs_out_are_refused(
    alpha: Any, api: Any, staff: Any, make_site: Any
) -> None:
    site = make_site()
    speaker = api(alpha, staff.dispatcher)
    need = {"item": "taiji", "weekday": 2, "from_minute": 360, "to_minute": 480}
    assert speaker.post(f"sites/{site.pk}/needs", need).status_code == 201

    def refused(*spans: tuple[int, int, int]) -> str:
        hours = [dict(zip(("weekday", "from_minute", "to_minute"), span, strict=True)) for span in spans]
        answer = speaker.patch(f"sites/{site.pk}", {"opening_hours": hours}, if_match="*")
        assert answer.status_code == 422, answer.content
        return str(answer.json()["code"])

    assert refused((1, 360, 480), (1, 470, 500)) == "OPENING_HOURS"
    assert refused((1, 480, 360)) == "TIME_SPAN"
    assert refused((2, 400, 600)) == "NEEDS_OUTSIDE_HOURS"


def test_j20_sites_are_listed_by_box_unit_kind_and_item(
    alpha: Any, api: Any, staff: Any, make_site: Any, small_city: Any
) -> None:
    first, second = make_site("S1"), make_site("S2", unit="xinhua", site_kind="lecture_hall")
    make_site("S3", valid_to="2025-01-01")
    speaker = api(alpha, staff.bureau)
    speaker.post(
        f"sites/{first.pk}/needs", {"item": "taiji", "weekday": 1, "from_minute": 0, "to_minute": 60}
    )

    def ids(query: str) -> list[int]:
        answer = speaker.get(f"sites{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids("") == [first.pk, second.pk]
    assert ids("?bbox=114.2141,35.2,114.3,35.3") == [second.pk]
    assert ids(f"?unit={small_city.units['town'].pk}") == [first.pk]
    assert ids("?kind=lecture_hall") == [second.pk]
    assert ids("?item=taiji") == [first.pk]
    assert len(ids("?retired=true")) == 3
    assert speaker.get("sites?bbox=1,2").status_code == 400
    assert speaker.get("sites?colour=red").status_code == 400


def test_j20_the_export_is_points_without_names_of_people(
    alpha: Any, api: Any, staff: Any, make_site: Any, make_instructor: Any
) -> None:
    head = make_instructor("测试甲")
    make_site(head=head)
    answer = api(alpha, staff.bureau).get("sites/export")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/geo+json")
    feature = answer.json()["features"][0]
    assert feature["geometry"]["type"] == "Point"
    assert feature["properties"]["name"] == "测试站点S1"
    assert "head" not in feature["properties"]


def test_j13_a_town_edits_its_own_sites_only(alpha: Any, api: Any, staff: Any, make_site: Any) -> None:
    own, other = make_site("S1"), make_site("S2", unit="xinhua")
    speaker = api(alpha, staff.clerk)
    assert [row["id"] for row in speaker.get("sites").json()["results"]] == [own.pk]
    assert speaker.patch(f"sites/{own.pk}", {"capacity": 5}, if_match="*").status_code == 200
    assert speaker.patch(f"sites/{other.pk}", {"capacity": 5}, if_match="*").status_code == 404
    assert api(alpha, staff.nobody).get("sites").status_code == 403


def test_j20_lists_take_the_same_statements_for_any_number_of_sites(
    alpha: Any, api: Any, staff: Any, make_site: Any
) -> None:
    speaker, counts = api(alpha, staff.bureau), []
    speaker.get("sites")  # the host is looked up once
    for size in (2, 30):
        with schema_context(alpha.schema_name):
            Site.objects.all().delete()
        for number in range(size):
            make_site(f"S{number}")
        with CaptureQueriesContext(connection) as seen:
            assert len(speaker.get("sites").json()["results"]) == size
        with CaptureQueriesContext(connection) as exported:
            assert len(speaker.get("sites/export").json()["features"]) == size
        counts.append((len(seen), len(exported)))
    assert counts[0] == counts[1]
