"""A city of 0.3.0, and one of the months before 0.4.0, are brought to today's tables with their rows.

Rules: J12, J13, S07
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import schema_context

from tenants.registry.services import as_owner
from wangge.kernel.database.current import city_connection

SCHEMA = "city_upgraded"
# The last migration of every app of a city as version 0.3.0 had them, typed from its tag.
OF_0_3_0 = (
    ("accounts", "0003_sessions_and_former_passwords"),
    ("bureau", "0006_administrators_tend_the_outbox"),
    ("citylayers", "0004_imports_end_with_their_job"),
    ("units", "0002_grids_may_be_locked"),
)
# As they stood before bookings kept what they teach.
BEFORE_ITEMS = (("people", "0003_catalogue_of_items"), ("assignment", "0006_gap_studies"))
RING = "((114.21 35.21, 114.22 35.21, 114.22 35.22, 114.21 35.22, 114.21 35.21))"
COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    " WHERE table_schema = '{}' ORDER BY 1, 2"
)
NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)


class OldCity:
    """A schema that stands at some migration; `model("bureau.OrgUnit")` is the table as it is there."""

    def __init__(self) -> None:
        self._apps: Any = None
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCHEMA} AUTHORIZATION wanggetest_operator")

    def migrate(self, *targets: tuple[str, str]) -> None:
        """To each of the targets; without one to the state of today."""
        self._apps = None
        with as_owner():
            for target in targets or ((),):
                call_command("migrate_schemas", *target, schema_name=SCHEMA, verbosity=0, interactive=False)
        city_connection().set_schema_to_public()

    def model(self, name: str) -> Any:
        """The table as the migrations up to here leave it; today's once all are applied."""
        if self._apps is None:
            with as_owner(), schema_context(SCHEMA):
                loader = MigrationLoader(connection)
                applied = [key for key in loader.graph.nodes if key in loader.applied_migrations]
                self._apps = loader.project_state(applied).apps
        return self._apps.get_model(name)

    def make(self, table: str, /, **columns: Any) -> Any:
        """A row of that table."""
        model = self.model(table)
        with as_owner(), schema_context(SCHEMA):
            return model.objects.create(**columns).pk

    def read(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows by SQL, which knows no models."""
        with as_owner(), schema_context(SCHEMA), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@pytest.fixture
def old_city(committed_database: str) -> Iterator[OldCity]:
    """An empty schema, at 0.3.0, with an administrator, a town and a community with three fitness sites."""
    city = OldCity()
    city.migrate(*OF_0_3_0)
    _people_and_units(city)
    _layer(city)
    yield city
    city_connection().set_schema_to_public()


def _people_and_units(city: OldCity) -> None:
    admin = city.make("accounts.User", username="alt", display_name="演示管理员", password="!")
    clerk = city.make("accounts.User", username="clerk", display_name="演示街镇", password="!")
    since = {"valid_from": date(2020, 1, 1)}
    root = city.make("bureau.OrgUnit", level="city", name="测试市", path="/1/", **since)
    town = city.make("bureau.OrgUnit", level="town", name="测试街道", path="/1/2/", parent_id=root, **since)
    city.make("bureau.OrgUnit", level="village", name="测试社区", path="/1/2/3/", parent_id=town, **since)
    for right in ("user.administer", "org.view"):
        city.make("bureau.Grant", user_id=admin, unit_id=root, permission=right, role_name="bureau_admin")
    city.make("bureau.Grant", user_id=clerk, unit_id=town, permission="org.view", role_name="town_staff")


def _layer(city: OldCity) -> None:
    [(user,)] = city.read("SELECT id FROM accounts_user WHERE username = 'alt'")
    [(village,)] = city.read("SELECT id FROM bureau_orgunit WHERE level = 'village'")
    done = city.make(
        "citylayers.LayerImport", kind="fitness_sites", status="applied", file_name="alt.gpkg", sha256="0" * 64,
        imported_by_id=user,
    )  # fmt: skip
    ring = GEOSGeometry(f"POLYGON{RING}", srid=4490)
    city.make(
        "citylayers.Community", unit_id=village, code="410802001001", name="测试社区", settlement="urban", geometry=ring,
        frame=ring, layer_import_id=done,
    )  # fmt: skip
    for ref, name, lon in (
        ("F-1", "测试晨练点", 114.212),
        ("F-2", "测试广场", 114.215),
        ("", "城外讲堂", 114.30),
    ):
        city.make(
            "citylayers.FitnessSite", ref=ref, name=name, geometry=GEOSGeometry(f"POINT({lon} 35.215)", srid=4490),
            layer_import_id=done,
        )  # fmt: skip


def _check_arrived(old_city: OldCity) -> None:
    """Sites of the old layer, rights of the administrator, the catalogue, and the tables of a new city."""
    sites = old_city.read(
        "SELECT s.ref, s.name, s.site_kind, unit.name, town.name, s.version FROM assignment_site s"
        " JOIN bureau_orgunit unit ON unit.id = s.unit_id JOIN bureau_orgunit town ON town.id = s.town_id"
        " ORDER BY s.name"
    )
    assert [row[1:] for row in sites] == [
        ("城外讲堂", "lecture_hall", "测试市", "测试市", 1),
        ("测试广场", "facility", "测试社区", "测试街道", 1),
        ("测试晨练点", "exercise_node", "测试社区", "测试街道", 1),
    ]
    assert sites[0][0].startswith("~") and [row[0] for row in sites[1:]] == ["F-2", "F-1"]
    rights = old_city.read(
        "SELECT username, permission FROM bureau_grant g JOIN accounts_user u ON u.id = g.user_id"
    )
    assert {("alt", "instructor.edit"), ("alt", "booking.edit"), ("alt", "assignment.adopt")} <= set(rights)
    assert {("clerk", "interest.edit"), ("clerk", "leader.nominate")} <= set(rights), (
        "as the role has it today"
    )
    assert ("clerk", "interest.cross") not in rights and ("clerk", "pilot.edit") not in rights
    assert ("alt", "pilot.edit") in rights
    [(items,)] = old_city.read("SELECT count(*) FROM people_activityitem WHERE code <> '' AND name <> ''")
    assert items > 10, "the catalogue of items comes with the upgrade"
    assert old_city.read(COLUMNS.format(SCHEMA)) == old_city.read(COLUMNS.format("city_alpha")), (
        "as a new city's"
    )


def _book_old_duties(old_city: OldCity) -> int:
    """Duties as 0.4.0's forerunners kept them, without what is taught; the item's id."""
    [(user,)] = old_city.read("SELECT id FROM accounts_user WHERE username = 'alt'")
    [(item,)] = old_city.read("SELECT id FROM people_activityitem ORDER BY id LIMIT 1")
    node, hall = (
        old_city.read(f"SELECT id, unit_id, town_id FROM assignment_site WHERE site_kind = '{kind}'")[0]
        for kind in ("exercise_node", "lecture_hall")
    )
    person = old_city.make("people.Instructor", name="赵演示001", unit_id=node[1])
    needs = {
        site[0]: old_city.make(
            "assignment.SiteNeed", site_id=site[0], item_id=item, weekday=1, from_minute=540, to_minute=600
        )
        for site in (node, hall)
    }
    gone = needs[hall[0]] + 1000

    def booked(day: int, reference: str, site: Any, **columns: Any) -> None:
        span = DateTimeTZRange(NINE + timedelta(days=day), NINE + timedelta(days=day, hours=1))
        values = {"kind": "site_duty", "is_exclusive": False, "is_active": True, **columns}
        old_city.make(
            "assignment.Booking", reference=reference, instructor_id=person, site_id=site[0], town_id=site[2], busy=span,
            padded=span, booked_by_id=user, **values,
        )  # fmt: skip

    booked(0, f"need-{needs[node[0]]}-{person}-2026-03-02", node)
    booked(1, f"need-{needs[hall[0]]}-{person}-2026-03-03", hall)
    booked(
        2, f"need-{needs[node[0]]}-{person}-2026-03-04", node, is_active=False, end_reason="站点分配已变更"
    )
    booked(3, f"need-{needs[node[0]]}-{person}-2026-03-05", node, is_active=False, end_reason="教师请假")
    booked(4, f"need-{gone}-{person}-2026-03-06", node)
    booked(5, "need-of-somebody", node)
    booked(6, "class-1", node, kind="course")
    return int(item)


def test_s07_j13_a_city_of_0_3_0_comes_forward_by_the_way_of_unnamed_duties(old_city: OldCity) -> None:
    layer = "SELECT id, ref, name, ST_AsText(geometry) FROM citylayers_fitnesssite ORDER BY id"
    before = old_city.read(layer)
    old_city.migrate(*BEFORE_ITEMS)
    item = _book_old_duties(old_city)
    old_city.migrate()
    assert old_city.read(layer) == before
    _check_arrived(old_city)
    assert old_city.read(
        "SELECT item_id, teaching_role, is_called_off FROM assignment_booking ORDER BY lower(busy)"
    ) == [
        (item, "skill_coach", False), (item, "lecturer", False), (item, "skill_coach", True),
        (item, "skill_coach", False), (None, "skill_coach", False), (None, "skill_coach", False),
        (None, "skill_coach", False),
    ]  # fmt: skip
