"""J12, J13: sites leave the layer with the duties on them, instructors hear of it, and an undone import brings them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from gis.layers.models import FitnessSite, LayerImport, LayerKind
from gis.layers.services.following import Followed, LayerChange
from instructors.assignment.models import AssignmentPin, Booking, CalendarFeed, RetiredUse, Site, SiteNeed
from instructors.assignment.queries.feeds import feed_file
from instructors.assignment.rules.booking_orders import BookingOrder
from instructors.assignment.rules.duties import duty_moments, duty_reference
from instructors.assignment.services import bookings, needs, returning
from instructors.assignment.services.bookings import book, book_series
from instructors.assignment.services.needs import end_need
from instructors.assignment.services.sites import follow_layer
from instructors.people.models import Instructor
from instructors.people.services.identity import Numbers, keep_numbers
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import OutboxMessage
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import SHANGHAI, local_date
from tests.racing import meet

WEEK = timedelta(weeks=1)


@dataclass
class Layer:
    """The layer of fitness sites in the world of bookings, changed by imports one after the other."""

    alpha: Any
    acting: Any
    number: int = 0

    def begin(self, *sites: Site) -> None:
        """These sites stand in the layer, as somebody brought them."""
        with schema_context(self.alpha.schema_name):
            brought = self._import()
            for site in sites:
                FitnessSite.objects.create(
                    ref=site.ref, name=site.name, geometry=site.geometry, layer_import=brought
                )
            follow_layer(LayerChange(brought, self.acting))

    def drop(self, *sites: Site, lets_go: bool = True) -> tuple[LayerImport, Followed]:
        """An import without these sites; what came of it."""
        with schema_context(self.alpha.schema_name):
            brought = self._import()
            FitnessSite.objects.filter(ref__in=[site.ref for site in sites]).update(retired_by=brought)
            return brought, follow_layer(LayerChange(brought, self.acting, lets_go=lets_go))

    def undo(self, brought: LayerImport) -> Followed:
        """That import is taken back."""
        with schema_context(self.alpha.schema_name):
            FitnessSite.objects.filter(retired_by=brought).update(retired_by=None)
            return follow_layer(LayerChange(brought, self.acting, is_undone=True))

    def _import(self) -> LayerImport:
        self.number += 1
        return LayerImport.objects.create(
            kind=LayerKind.FITNESS_SITES, status="applied", file_name=f"sites-{self.number}.xlsx",
            sha256=f"{self.number:064d}", imported_by=self.acting,
        )  # fmt: skip


@dataclass
class Duties:
    """A weekly need of `here` with `person` pinned to it, and two duties of it in the coming weeks."""

    need: SiteNeed
    rows: list[Booking]


@pytest.fixture
def layer(alpha: Any, booked_world: Any) -> Layer:
    """Both sites of the world stand in the layer."""
    made = Layer(alpha, booked_world.acting)
    made.begin(booked_world.here, booked_world.there)
    return made


@pytest.fixture
def duties(alpha: Any, booked_world: Any, make_need: Callable[..., SiteNeed], layer: Layer) -> Duties:
    world = booked_world
    first = local_date(timezone.now()) + timedelta(days=3)
    need = make_need(world.here, when=(first.isoweekday(), 540, 600))
    with schema_context(alpha.schema_name):
        AssignmentPin.objects.create(
            need=need, instructor=world.person, pinned_by=world.acting, reason="熟悉场地"
        )
        orders = [duty_order(need, world.person, first + WEEK * at) for at in range(2)]
        rows = book_series(orders=orders, acting_user=world.acting, are_duties=True).bookings
    return Duties(need, rows)


def duty_order(need: SiteNeed, person: Instructor, day: Any) -> BookingOrder:
    starts_at, ends_at = duty_moments(day, need.from_minute, need.to_minute)
    return BookingOrder(
        "site_duty", duty_reference(need.pk, person.pk, day), starts_at, ends_at, instructor_id=person.pk,
        site_id=need.site_id, is_exclusive=False, item_id=need.item_id,
    )  # fmt: skip


@pytest.fixture
def account(alpha: Any, booked_world: Any, make_user: Any) -> Any:
    """The account of `person`."""
    user = make_user(alpha, "teacher")
    with schema_context(alpha.schema_name):
        Instructor.objects.filter(pk=booked_world.person.pk).update(user=user)
    return user


@pytest.fixture
def messages(alpha: Any) -> Callable[[], list[OutboxMessage]]:
    def told() -> list[OutboxMessage]:
        with schema_context(alpha.schema_name):
            return list(OutboxMessage.objects.filter(template__startswith="site.").order_by("id"))

    return told


def codes(followed: Followed) -> list[str]:
    return [finding.code for finding in (*followed.refusals, *followed.told)]


# --- told ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_j12_an_instructor_reads_once_which_duties_fell_away(
    layer: Layer, duties: Duties, account: Any, booked_world: Any, messages: Any
) -> None:
    _, followed = layer.drop(booked_world.here)
    assert codes(followed) == ["SITES_IN_USE"]
    (message,) = messages()
    assert (message.channel, message.recipient) == ("in_app", f"accounts.user:{account.pk}")
    assert message.facts["title"] == "站点停用：您有2次值守取消"
    for row in duties.rows:
        assert (
            f"{row.starts_at.astimezone(SHANGHAI):%Y-%m-%d} 09:00–10:00 测试站点S1" in message.facts["text"]
        )


@pytest.mark.django_db
def test_j12_who_has_no_account_is_told_by_phone_and_who_has_neither_is_named(
    alpha: Any, layer: Layer, duties: Duties, booked_world: Any, messages: Any
) -> None:
    _, followed = layer.drop(booked_world.here)
    assert codes(followed) == ["SITES_IN_USE", "INSTRUCTORS_NOT_TOLD"]
    assert "测*" in followed.told[1].zh and "测试甲" not in followed.told[1].zh
    assert messages() == []
    with schema_context(alpha.schema_name):
        keep_numbers(booked_world.other, Numbers(phone="13900000077"))
        order = booked_world.order(
            _next_nine(), instructor_id=booked_world.other.pk, site_id=booked_world.there.pk
        )
        book(order=order, acting_user=booked_world.acting)
    layer.drop(booked_world.there)
    (message,) = messages()
    assert (message.channel, message.recipient) == ("sms", "13900000077")
    assert message.facts["title"] == "站点停用：您有1次安排须改地点" and "尚未取消" in message.facts["text"]


@pytest.mark.django_db
def test_j12_who_serves_the_site_every_week_hears_of_it_though_nothing_was_booked(
    layer: Layer, account: Any, booked_world: Any, make_need: Any, speaker: Any, compute: Any, messages: Any
) -> None:
    make_need(booked_world.here)
    adopted = speaker.post(f"assignment-runs/{compute()}/adopt", {})
    assert adopted.status_code == 200, adopted.content
    brought, _ = layer.drop(booked_world.here)
    (message,) = messages()
    assert message.recipient == f"accounts.user:{account.pk}"
    assert message.facts["title"] == "站点停用：您有1项每周值守结束"
    assert message.facts["text"] == "以下每周值守随站点停用结束：每周一06:00–07:30 测试站点S1（太极拳）。"
    layer.undo(brought)
    assert messages()[-1].facts["text"] == "以下每周值守恢复：每周一06:00–07:30 测试站点S1（太极拳）。"


def _next_nine() -> datetime:
    return (timezone.now().astimezone(SHANGHAI) + timedelta(days=5)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )


@pytest.mark.django_db
def test_j12_who_heads_the_site_hears_of_it_and_who_left_does_not(
    alpha: Any, layer: Layer, duties: Duties, account: Any, booked_world: Any, messages: Any
) -> None:
    with schema_context(alpha.schema_name):
        Site.objects.filter(pk=booked_world.there.pk).update(head=booked_world.person)
    _, followed = layer.drop(booked_world.there, lets_go=False)
    assert codes(followed) == []  # nobody is expected there
    (message,) = messages()
    assert message.facts["text"] == "您负责的站点不再使用：测试站点S2。"
    with schema_context(alpha.schema_name):
        Instructor.objects.update(left_on=today() - timedelta(days=1))
    layer.drop(booked_world.here)
    assert len(messages()) == 1


@pytest.mark.django_db
def test_s07_agenda_and_calendar_say_that_the_place_of_a_class_was_closed(
    alpha: Any, layer: Layer, booked_world: Any, account: Any, api: Any
) -> None:
    with schema_context(alpha.schema_name):
        book(order=booked_world.order(_next_nine()), acting_user=booked_world.acting)
        feed = CalendarFeed(owner=account, instructor=Instructor.objects.get(pk=booked_world.person.pk))
        before = feed_file(feed, timezone.now(), "test")
    layer.drop(booked_world.here)
    (shown,) = api(alpha, account).get("instructors/me/agenda").json()["appointments"]
    assert shown["place"]["closed_after"] == today().isoformat()
    with schema_context(alpha.schema_name):
        after = feed_file(feed, timezone.now(), "test")
    note = "场地“测试站点S1”自"
    told = [each.decode().replace("\r\n ", "") for each in (before, after)]
    assert [note in each for each in told] == [False, True]


@pytest.mark.django_db
def test_unconfirmed_nothing_is_let_go_and_nobody_is_told(
    alpha: Any, layer: Layer, duties: Duties, account: Any, booked_world: Any, messages: Any
) -> None:
    _, followed = layer.drop(booked_world.here, lets_go=False)
    assert [finding.code for finding in followed.refusals] == ["SITES_IN_USE"]
    assert messages() == []
    with schema_context(alpha.schema_name):
        assert Booking.objects.filter(is_active=True).count() == 2
        assert RetiredUse.objects.count() == 0


# --- brought back -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_j13_an_undone_import_brings_back_needs_pins_and_duties(
    alpha: Any, layer: Layer, duties: Duties, account: Any, booked_world: Any, messages: Any
) -> None:
    brought, _ = layer.drop(booked_world.here)
    with schema_context(alpha.schema_name):
        assert SiteNeed.objects.get().valid_to == today()
        assert not Booking.objects.filter(is_active=True).exists()
        assert not AssignmentPin.objects.exists()
    followed = layer.undo(brought)
    assert codes(followed) == ["LET_GO_RESTORED"]
    assert followed.told[0].facts == {"needs": 1, "pins": 1, "duties": 2}
    with schema_context(alpha.schema_name):
        assert SiteNeed.objects.get().valid_to is None
        pin = AssignmentPin.objects.get()
        assert (pin.instructor_id, pin.reason, pin.pinned_by_id) == (
            booked_world.person.pk, "熟悉场地", booked_world.acting.pk,
        )  # fmt: skip
        for row in Booking.objects.filter(pk__in=[each.pk for each in duties.rows]):
            assert (row.is_active, row.is_called_off, row.end_reason, row.version) == (True, False, "", 3)
        assert Site.objects.get(pk=booked_world.here.pk).valid_to is None
        assert RetiredUse.objects.count() == 0
        told = AuditEvent.objects.filter(action__endswith=".restore").order_by("id")
        assert list(told.values_list("action", flat=True)) == ["site_need.restore"] + ["booking.restore"] * 2
    assert [message.template for message in messages()] == ["site.retired", "site.returned"]
    assert messages()[-1].facts["title"] == "站点恢复使用：您有2次值守恢复"


@pytest.mark.django_db
def test_j12_a_duty_whose_instructor_was_booked_elsewhere_stays_away_and_is_told(
    alpha: Any, layer: Layer, duties: Duties, account: Any, booked_world: Any, messages: Any
) -> None:
    brought, _ = layer.drop(booked_world.here)
    taken = duties.rows[0]
    with schema_context(alpha.schema_name):
        order = booked_world.order(taken.starts_at, site_id=booked_world.there.pk)
        book(order=order, acting_user=booked_world.acting)
    followed = layer.undo(brought)
    assert codes(followed) == ["LET_GO_RESTORED", "DUTY_NOT_RESTORED"]
    assert followed.told[0].facts["duties"] == 1
    zh = followed.told[1].zh
    assert f"测* {taken.starts_at.astimezone(SHANGHAI):%Y-%m-%d} 09:00–10:00 测试站点S1" in zh
    with schema_context(alpha.schema_name):
        rows = {row.pk: row.is_active for row in Booking.objects.filter(kind="site_duty")}
    assert rows == {taken.pk: False, duties.rows[1].pk: True}
    text = messages()[-1].facts["text"]
    assert "以下值守恢复" in text and "以下值守没有恢复" in text


@pytest.mark.django_db
def test_j12_who_left_the_register_meanwhile_does_not_come_back(
    alpha: Any, layer: Layer, duties: Duties, booked_world: Any
) -> None:
    brought, _ = layer.drop(booked_world.here)
    with schema_context(alpha.schema_name):
        Instructor.objects.filter(pk=booked_world.person.pk).update(left_on=today() - timedelta(days=1))
    followed = layer.undo(brought)
    assert codes(followed) == [
        "LET_GO_RESTORED",
        "PIN_NOT_RESTORED",
        "DUTY_NOT_RESTORED",
        "DUTY_NOT_RESTORED",
    ]
    with schema_context(alpha.schema_name):
        assert SiteNeed.objects.get().valid_to is None
        assert not AssignmentPin.objects.exists()
        assert not Booking.objects.filter(is_active=True).exists()


@pytest.mark.django_db
def test_j12_a_duty_whose_time_has_come_stays_away(
    layer: Layer, duties: Duties, booked_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought, _ = layer.drop(booked_world.here)
    monkeypatch.setattr(returning, "present", lambda: duties.rows[0].starts_at)
    followed = layer.undo(brought)
    assert codes(followed) == ["LET_GO_RESTORED", "DUTY_NOT_RESTORED", "INSTRUCTORS_NOT_TOLD"]
    assert "时间已过" in followed.told[1].zh


@pytest.mark.django_db
def test_j13_a_need_that_the_site_is_shut_for_stays_away_with_its_duties_and_pin(
    alpha: Any, layer: Layer, duties: Duties, booked_world: Any
) -> None:
    brought, _ = layer.drop(booked_world.here)
    with schema_context(alpha.schema_name):
        hours = [{"weekday": duties.need.weekday, "from_minute": 600, "to_minute": 700}]
        Site.objects.filter(pk=booked_world.here.pk).update(opening_hours=hours)
    followed = layer.undo(brought)
    assert codes(followed)[:2] == ["LET_GO_RESTORED", "NEED_NOT_RESTORED"]
    assert sorted(codes(followed)[2:5]) == ["DUTY_NOT_RESTORED", "DUTY_NOT_RESTORED", "PIN_NOT_RESTORED"]
    assert "09:00–10:00不在该站点开放时间内" in followed.told[1].zh
    with schema_context(alpha.schema_name):
        assert not Booking.objects.filter(is_active=True).exists()


@pytest.mark.django_db
def test_j13_a_need_that_had_a_last_day_gets_it_back(
    alpha: Any, layer: Layer, duties: Duties, booked_world: Any
) -> None:
    last = today() + timedelta(days=60)
    with schema_context(alpha.schema_name):
        SiteNeed.objects.update(valid_to=last)
    brought, _ = layer.drop(booked_world.here)
    layer.undo(brought)
    with schema_context(alpha.schema_name):
        assert SiteNeed.objects.get().valid_to == last


@pytest.mark.django_db
def test_j13_only_what_that_import_let_go_of_comes_back(
    alpha: Any, layer: Layer, duties: Duties, booked_world: Any, make_need: Any
) -> None:
    """What ended before it, and what another import let go of, stays as it is."""
    world = booked_world
    other = make_need(world.there, when=(1, 600, 660))
    ended = make_need(world.there, "walking", when=(2, 600, 660))
    with schema_context(alpha.schema_name):
        end_need(need_id=ended.pk, ends_on=today() - timedelta(days=1), acting_user=world.acting)
    layer.drop(world.here)
    second, _ = layer.drop(world.there)
    followed = layer.undo(second)
    assert followed.told[0].facts == {"needs": 1, "pins": 0, "duties": 0}
    with schema_context(alpha.schema_name):
        stands = set(SiteNeed.objects.filter(valid_to=None).values_list("pk", flat=True))
        assert stands == {other.pk}
        assert Site.objects.get(pk=world.here.pk).valid_to == today()
        assert RetiredUse.objects.count() == 3  # of the first: a need and two duties


@pytest.mark.django_db
def test_j13_a_later_file_with_the_site_says_what_only_an_undo_brings_back(
    alpha: Any, layer: Layer, duties: Duties, account: Any, booked_world: Any
) -> None:
    brought, _ = layer.drop(booked_world.here)
    with schema_context(alpha.schema_name):
        later = LayerImport.objects.create(
            kind=LayerKind.FITNESS_SITES, status="applied", file_name="later.xlsx", sha256="f" * 64,
            imported_by=booked_world.acting,
        )  # fmt: skip
        FitnessSite.objects.create(
            ref="S1", name="测试站点S1", geometry=booked_world.here.geometry, layer_import=later
        )
        followed = follow_layer(LayerChange(later, booked_world.acting))
        (finding,) = followed.told
        assert (finding.code, finding.facts) == ("SITES_BACK_BARE", {"sites": ["测试站点S1"], "needs": 1})
        assert SiteNeed.objects.get().valid_to == today()
        FitnessSite.objects.filter(layer_import=later).delete()
        follow_layer(LayerChange(later, booked_world.acting, is_undone=True))
    assert layer.undo(brought).told[0].facts == {"needs": 1, "pins": 1, "duties": 2}


@pytest.mark.django_db
def test_an_import_from_before_brings_back_its_sites_and_says_nothing_of_the_rest(
    alpha: Any, layer: Layer, duties: Duties, booked_world: Any
) -> None:
    brought, _ = layer.drop(booked_world.here)
    with schema_context(alpha.schema_name):
        RetiredUse.objects.all().delete()
    assert codes(layer.undo(brought)) == []
    with schema_context(alpha.schema_name):
        assert Site.objects.get(pk=booked_world.here.pk).valid_to is None


@pytest.mark.django_db
def test_j13_an_undo_that_takes_a_site_in_use_is_refused(
    alpha: Any, layer: Layer, duties: Duties, booked_world: Any
) -> None:
    with schema_context(alpha.schema_name):
        first = LayerImport.objects.get(sha256=f"{1:064d}")
        FitnessSite.objects.all().delete()
        followed = follow_layer(LayerChange(first, booked_world.acting, is_undone=True))
    (refused,) = followed.refusals
    assert refused.zh.startswith("撤销后将没有以下仍在使用的站点：测试站点S1")


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_duties(
    alpha: Any, layer: Layer, duties: Duties, account: Any, booked_world: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def counted(deed: Callable[[], Any]) -> tuple[int, Any]:
        with CaptureQueriesContext(connection) as caught:
            done = deed()
        return len(caught), done

    def round_trip() -> tuple[int, int]:
        out, (brought, _) = counted(lambda: layer.drop(booked_world.here))
        back, _ = counted(lambda: layer.undo(brought))
        return out, back

    few = round_trip()
    with schema_context(alpha.schema_name):
        day = local_date(duties.rows[-1].starts_at)
        orders = [duty_order(duties.need, booked_world.person, day + WEEK * at) for at in range(1, 9)]
        book_series(orders=orders, acting_user=booked_world.acting, are_duties=True)
    assert round_trip() == few


# --- two at once --------------------------------------------------------------------------------------------


def test_j12_who_books_the_instructor_while_the_duty_comes_back_waits_and_is_refused(
    committed_database: Any, alpha: Any, layer: Layer, duties: Duties, booked_world: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    brought, _ = layer.drop(booked_world.here)
    order = booked_world.order(duties.rows[0].starts_at, site_id=booked_world.there.pk)
    ends = meet(
        alpha, monkeypatch, (returning, "judge"), lambda: layer.undo(brought),
        lambda: book(order=order, acting_user=booked_world.acting),
    )  # fmt: skip
    assert ends == ["done", "INSTRUCTOR_TIME_CONFLICT"]
    with schema_context(alpha.schema_name):
        assert Booking.objects.filter(kind="site_duty", is_active=True).count() == 2


def test_j12_the_undo_waits_for_who_books_the_instructor_and_leaves_that_duty(
    committed_database: Any, alpha: Any, layer: Layer, duties: Duties, booked_world: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    brought, _ = layer.drop(booked_world.here)
    order = booked_world.order(duties.rows[0].starts_at, site_id=booked_world.there.pk)
    found: list[Followed] = []
    ends = meet(
        alpha, monkeypatch, (bookings, "record_audits"), lambda: book(order=order, acting_user=booked_world.acting),
        lambda: found.append(layer.undo(brought)),
    )  # fmt: skip
    assert ends == ["done", "done"]
    assert codes(found[0])[:2] == ["LET_GO_RESTORED", "DUTY_NOT_RESTORED"]


def test_j13_a_need_is_ended_beside_the_import_that_retires_its_site(
    committed_database: Any, alpha: Any, layer: Layer, duties: Duties, booked_world: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Both lock needs before sites: who ends it holds the need, and the import waits for that before it takes the site."""
    yesterday = today() - timedelta(days=1)

    def end() -> None:
        end_need(need_id=duties.need.pk, ends_on=yesterday, acting_user=booked_world.acting)

    ends = meet(alpha, monkeypatch, (needs, "site_for_update"), end, lambda: layer.drop(booked_world.here))
    assert ends == ["done", "done"]
    with schema_context(alpha.schema_name):
        assert SiteNeed.objects.get().valid_to == yesterday
        assert not Booking.objects.filter(is_active=True).exists()
