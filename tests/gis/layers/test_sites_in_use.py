"""J12 and J13: an import that drops a site where somebody is expected is refused, or lets go where that is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange as Range
from django.utils import timezone
from django_tenants.utils import schema_context

from instructors.assignment.models import Booking, Site, SiteNeed
from instructors.people.models import ActivityItem

from .conftest import codes, communities
from .test_fitness_sites import places, table, workbook

pytestmark = pytest.mark.django_db

Bring = Callable[..., Any]


def _file(first: int) -> Any:
    """The list of sites from the given one on."""
    return workbook(table(*places()).iloc[first:])


@pytest.fixture
def used(bring: Bring) -> Site:
    """A site with a need, a duty to come and one that is over."""
    bring("communities", communities())
    assert bring("fitness_sites", _file(0), crs="CGCS2000").status == "applied"
    site = Site.objects.get(ref="Z000")
    item = ActivityItem.objects.first() or ActivityItem.objects.create(code="taiji", name="太极拳")
    need = SiteNeed.objects.create(site=site, item=item, weekday=1, from_minute=600, to_minute=660)
    for days in (7, -7):
        span = Range(timezone.now() + timedelta(days=days), timezone.now() + timedelta(days=days, hours=1))
        Booking.objects.create(
            kind="site_duty", reference=f"need:{need.pk}-{days}", site=site, town=site.town, busy=span,
            padded=span, booked_by_id=_somebody(),
        )  # fmt: skip
    return site


def _somebody() -> int:
    from tenants.accounts.models import User

    return int(User.objects.values_list("pk", flat=True)[0])


@pytest.mark.parametrize("dry_run", [True, False])
def test_j13_a_file_without_a_site_in_use_is_refused_naming_it(
    bring: Bring, used: Site, dry_run: bool
) -> None:
    done = bring("fitness_sites", _file(1), crs="CGCS2000", dry_run=dry_run)
    assert codes(done.errors) == ["SITES_IN_USE"]
    assert "健身站点0（每周需求1项、今后值守1次" in done.errors[0]["zh"]
    used.refresh_from_db()
    assert used.valid_to is None
    assert SiteNeed.objects.get().valid_to is None


def test_j12_confirmed_the_need_ends_and_the_coming_duty_is_given_back(bring: Bring, used: Site) -> None:
    done = bring("fitness_sites", _file(1), crs="CGCS2000", retire_in_use=True)
    assert done.status == "applied", done.errors
    assert "SITES_IN_USE" in codes(done.warnings)
    used.refresh_from_db()
    need = SiteNeed.objects.get()
    assert used.valid_to == need.valid_to is not None
    past, coming = Booking.objects.order_by("busy")
    assert past.is_active
    assert (coming.is_active, coming.is_called_off, coming.end_reason) == (False, True, "站点已不在图层中")


def test_a_dry_run_that_is_confirmed_tells_and_lets_nothing_go(bring: Bring, used: Site) -> None:
    done = bring("fitness_sites", _file(1), crs="CGCS2000", retire_in_use=True, dry_run=True)
    assert "SITES_IN_USE" in codes(done.warnings)
    assert SiteNeed.objects.get().valid_to is None
    assert all(row.is_active for row in Booking.objects.all())


def test_a_file_that_drops_a_site_nobody_uses_passes_unconfirmed(bring: Bring, used: Site) -> None:
    kept = workbook(table(*places()).drop(index=5))
    assert bring("fitness_sites", kept, crs="CGCS2000").status == "applied"
    assert Site.objects.get(ref="Z005").valid_to is not None


# --- taken back ---------------------------------------------------------------------------------------------


def test_j13_what_an_import_let_go_of_comes_back_when_it_is_undone(
    bring: Bring, used: Site, city: Any, gis_user: Any, api: Any
) -> None:
    done = bring("fitness_sites", _file(1), crs="CGCS2000", retire_in_use=True)
    assert done.undo_findings == []
    answer = api(city, gis_user).post(f"layer-imports/{done.pk}/undo")
    assert answer.status_code == 200, answer.content
    (told,) = answer.json()["undo_findings"]
    assert (told["code"], told["facts"]) == ("LET_GO_RESTORED", {"needs": 1, "pins": 0, "duties": 1})
    with schema_context(city.schema_name):
        used.refresh_from_db()
        assert used.valid_to is None
        assert SiteNeed.objects.get().valid_to is None
        assert all(row.is_active for row in Booking.objects.all())
    listed = api(city, gis_user).get("layer-imports").json()["results"]
    assert [len(row["undo_findings"]) for row in listed] == [0] * (len(listed) - 1) + [1]


def test_j12_what_cannot_come_back_is_told_one_by_one(
    bring: Bring, used: Site, city: Any, gis_user: Any, api: Any
) -> None:
    """The place is taken by somebody else by then."""
    done = bring("fitness_sites", _file(1), crs="CGCS2000", retire_in_use=True)
    duty = Booking.objects.get(is_active=False)
    Booking.objects.create(
        kind="course", reference="class-1", site=used, town=used.town, busy=duty.busy, padded=duty.busy,
        booked_by_id=_somebody(),
    )  # fmt: skip
    answer = api(city, gis_user).post(f"layer-imports/{done.pk}/undo")
    assert codes(answer.json()["undo_findings"]) == ["LET_GO_RESTORED", "DUTY_NOT_RESTORED"]
    assert "健身站点0" in answer.json()["undo_findings"][1]["zh"]
    with schema_context(city.schema_name):
        duty.refresh_from_db()
    assert not duty.is_active


def test_an_undo_that_takes_a_site_in_use_is_refused_and_keeps_everything(
    bring: Bring, used: Site, city: Any, gis_user: Any, api: Any
) -> None:
    from gis.layers.models import LayerImport

    brought = LayerImport.objects.get(kind="fitness_sites")
    answer = api(city, gis_user).post(f"layer-imports/{brought.pk}/undo")
    assert (answer.status_code, answer.json()["code"]) == (422, "SITES_IN_USE")
    assert answer.json()["message"]["zh"].startswith("撤销后将没有以下仍在使用的站点：健身站点0")
    with schema_context(city.schema_name):
        used.refresh_from_db()
        brought.refresh_from_db()
    assert (used.valid_to, str(brought.status)) == (None, "applied")
