"""Figures of cities: right, without a person's name, and by a number of statements that does not grow by the city."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, CalendarNotice, OutboxMessage, StoredFile
from tenants.registry.models import City
from tenants.registry.services import as_owner, create_city
from wangge.shell import operator_figures
from wangge.shell.operator_cards import CityCard, Concern
from wangge.shell.operator_figures import figures_of

TODAY = date(2026, 11, 22)


def _defer(city, status="todo", ago=timedelta(0)):
    """A job of a city in the queue, deferred so long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status)"
            " VALUES ('default', 'units.draw_plans', 0, jsonb_build_object('city', %s::text), %s::procrastinate_job_status)"
            " RETURNING id",
            [city.schema_name, status],
        )
        job = cursor.fetchone()[0]
        cursor.execute("DELETE FROM procrastinate_events WHERE job_id = %s", [job])
        cursor.execute(
            "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'deferred', %s)",
            [job, timezone.now() - ago],
        )


@pytest.fixture
def alpha_with_life(alpha, make_user):
    """Alpha with two active people and one who left, files, failures, messages and a job that waits."""
    now = timezone.now()
    with schema_context(alpha.schema_name):
        User.objects.create(username="gone", display_name="测试", is_active=False)
    user = make_user(alpha, "gis", ["job.view"])
    with schema_context(alpha.schema_name):
        User.objects.filter(pk=user.pk).update(last_login=now - timedelta(hours=3))
        for number, size in enumerate((1000, 500)):
            StoredFile.objects.create(
                name="f", storage_key=str(number), sha256="0" * 64, size_bytes=size, purpose="test", stored_by=user
            )  # fmt: skip
        for ago in (timedelta(hours=1), timedelta(hours=23), timedelta(hours=25)):
            BackgroundJob.objects.create(kind="k", state="failed", started_by=user, finished_at=now - ago)
        sent = {"channel": "sms", "recipient": "x", "template": "t"}
        OutboxMessage.objects.create(**sent, dedup_key="waits")
        OutboxMessage.objects.create(**sent, dedup_key="sent", delivered_at=now)
        OutboxMessage.objects.create(**sent, dedup_key="lost", given_up_at=now)
    _defer(alpha, ago=timedelta(hours=2))
    _defer(alpha)
    _defer(alpha, "doing")
    _defer(alpha, "failed", ago=timedelta(hours=2))
    _defer(alpha, "failed", ago=timedelta(hours=30))
    return alpha


def _bytes_of_tables(city):
    """The exact size of a city's tables, after their page counts were brought up to date."""
    mine = "relnamespace = %s::regnamespace"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND {mine}", [city.schema_name]
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")
        cursor.execute(
            f"SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind IN ('r', 'i') AND {mine}",
            [city.schema_name],
        )
        return int(cursor.fetchone()[0])


def test_a_citys_figures_are_counted(alpha_with_life, beta):
    size = _bytes_of_tables(alpha_with_life)
    found = figures_of([alpha_with_life, beta], today=TODAY)
    alpha, neighbour = found[alpha_with_life.pk], found[beta.pk]
    assert (alpha.users, neighbour.users) == (2, 1)
    assert alpha.storage.file_bytes == 1500
    # Long values of a table and their index are counted too; a new city has hardly any.
    assert size <= alpha.storage.table_bytes < 1.5 * size
    assert (alpha.jobs_waiting, alpha.jobs_running) == (2, 1)
    assert alpha.jobs_failed_24h == 2 + 1
    assert alpha.outbox_waiting == 1
    assert timedelta(minutes=115) < timezone.now() - alpha.oldest_waiting_at < timedelta(minutes=125)
    assert timezone.now() - alpha.last_sign_in_at > timedelta(hours=2)
    assert alpha.unsealed_since is not None
    assert alpha.is_migrated
    assert alpha.is_readable
    assert (neighbour.jobs_waiting, neighbour.jobs_failed_24h, neighbour.oldest_waiting_at) == (0, 0, None)


def test_calendar_gaps_follow_the_official_notices(alpha):
    with schema_context(alpha.schema_name):
        CalendarNotice.objects.filter(year__gte=2027).delete()
        CalendarNotice.objects.create(year=2027, provisional=True, source="upload", entered_by_label="x")
    assert figures_of([alpha], today=TODAY)[alpha.pk].calendar_years_missing == [2027]
    with schema_context(alpha.schema_name):
        CalendarNotice.objects.filter(year=2027).update(
            provisional=False, notice_number="国办发明电〔2026〕9号"
        )
    assert figures_of([alpha], today=TODAY)[alpha.pk].calendar_years_missing == []


def test_a_city_behind_its_migrations_is_told_apart_and_hinders_no_other(alpha, beta):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM city_beta.django_migrations WHERE app = 'bureau' AND name LIKE '0004%'")
        cursor.execute("ALTER TABLE city_beta.bureau_outboxmessage RENAME TO bureau_gone")
    found = figures_of([alpha, beta], today=TODAY)
    assert found[alpha.pk].is_migrated
    assert not found[beta.pk].is_migrated
    assert found[beta.pk].users == 1
    assert found[beta.pk].outbox_waiting is None


def test_a_city_that_cannot_be_read_hinders_no_other(alpha, beta):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE city_beta.accounts_user RENAME COLUMN is_active TO was_active")
    found = figures_of([alpha, beta], today=TODAY)
    assert found[alpha.pk].users == 1
    assert (found[beta.pk].is_readable, found[beta.pk].users) == (False, None)


def test_a_city_whose_schema_is_gone_still_stands_in_the_list(alpha):
    ghost = City.objects.create(
        slug="opghost",
        schema_name="city_opghost",
        name="测试",
        division_code="410100",
        gauss_kruger_epsg=4547,
    )
    found = figures_of([alpha, ghost], today=TODAY)[ghost.pk]
    assert (found.is_readable, found.storage.table_bytes) == (False, 0)
    assert Concern.UNREADABLE in CityCard(ghost, found, timezone.now()).concerns


def _statements(cities) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert len(figures_of(cities, today=TODAY)) == len(cities)
    return len([one for one in seen if "SAVEPOINT" not in one["sql"]])


def test_statements_are_counted_by_the_chunk_and_not_by_the_city(alpha, beta, monkeypatch):
    for number in range(4):
        create_city(
            slug=f"op{number}", name="测试市", division_code="410100", gauss_kruger_epsg=4547,
            hosts=[f"op{number}.test"], acting_user=None,
        )  # fmt: skip
    six = list(City.objects.order_by("id"))
    assert len(six) == 6
    assert _statements(six[:2]) == _statements(six) == 4
    monkeypatch.setattr(operator_figures, "CITIES_A_STATEMENT", 2)
    assert _statements(six) == 3 + 3
    assert all(figures.is_readable for figures in figures_of(six, today=TODAY).values())


@pytest.mark.parametrize(
    ("changed", "concern"),
    [
        ({"backed_up_at": None}, Concern.BACKUP_OLD),
        ({"backed_up_at": timedelta(days=7, seconds=1)}, Concern.BACKUP_OLD),
        ({"backed_up_at": timedelta(days=7)}, None),
        ({"storage_quota_bytes": 1000}, Concern.STORAGE_OVER),
    ],
)
def test_what_needs_somebody_is_named(alpha, changed, concern):
    now = timezone.now()
    alpha.backed_up_at = now
    for name, value in changed.items():
        setattr(alpha, name, now - value if isinstance(value, timedelta) else value)
    card = CityCard(alpha, figures_of([alpha], today=date(2026, 1, 1))[alpha.pk], now)
    told = set(card.concerns) - {Concern.CALENDAR_MISSING}
    assert told == ({concern} if concern else set())


def test_failed_and_stuck_jobs_are_named(alpha_with_life):
    card = CityCard(
        alpha_with_life, figures_of([alpha_with_life], today=TODAY)[alpha_with_life.pk], timezone.now()
    )
    assert {Concern.JOBS_FAILED, Concern.JOBS_STUCK} <= set(card.concerns)


def test_a_refused_file_is_no_failed_job(alpha_with_life):
    # What a person sent was refused, and the person was told: the operator has nothing to do.
    before = figures_of([alpha_with_life], today=TODAY)[alpha_with_life.pk].jobs_failed_24h
    with schema_context(alpha_with_life.schema_name):
        user = User.objects.get(username="gis")
        for status in (422, 409, 413, 500, 507):
            BackgroundJob.objects.create(
                kind="k", state="failed", started_by=user, finished_at=timezone.now(),
                problem={"code": "X", "status": status},
            )  # fmt: skip
    after = figures_of([alpha_with_life], today=TODAY)[alpha_with_life.pk].jobs_failed_24h
    assert after - before == 2


def test_the_exact_size_is_what_the_city_measures_itself(alpha):
    from tenants.bureau.queries.storage import storage_use
    from wangge.shell.operator_api.cities import city_card

    card = city_card("alpha")
    with as_owner(), schema_context(alpha.schema_name):
        assert card.figures.storage == storage_use()
