"""What a city may put into the queue, held by the database itself whatever statement the city sends."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from tenants.registry.services.queue import drop_jobs, enqueue, release_jobs, running_jobs
from wangge.errors import RuleBroken
from wangge.shell.periodic import EVERY_CITY, INSTALLATION, OPERATOR, enqueue_once, fan_out

DEFER = """
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW(%s, %s, %s, %s, %s, %s::jsonb, NULL)]::procrastinate_job_to_defer_v1[])"""


def defer(
    city: str | None,
    *,
    queue: str = "default",
    task: str = "layers.import",
    priority: int = 0,
    lock: str | None = None,
    queueing_lock: str | None = None,
    more: str = "",
) -> None:
    """The statement a city could send, with every column its own choice."""
    import json

    arguments = {"job_id": 1, "more": more} | ({} if city is None else {"city": city})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DEFER, [queue, task, priority, lock, queueing_lock, json.dumps(arguments)])


def kept() -> list[tuple[Any, ...]]:
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("SELECT lock, priority, queueing_lock, queue_name FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def sqlstate(refused: Any) -> str:
    return str(refused.value.__cause__.sqlstate)


def test_slots_are_filled_evenly_and_locks_are_not_the_citys_choice(in_alpha: Any) -> None:
    for _ in range(3):
        defer("city_alpha", priority=100, lock="city_beta:0", queueing_lock="sweep:city_beta")
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET queueing_lock = queueing_lock || id")
        connection.set_tenant(in_alpha)
    rows = kept()
    assert [row[0] for row in rows] == ["city_alpha:0", "city_alpha:1", "city_alpha:0"]
    assert {row[1] for row in rows} == {0}
    assert all(row[2].startswith("city_alpha:sweep:city_beta") for row in rows)


def test_the_number_of_slots_is_the_citys_own(alpha: Any) -> None:
    alpha.job_slots = 3
    alpha.save(update_fields=["job_slots"])
    for _ in range(4):
        with schema_context(alpha.schema_name):
            defer("city_alpha")
    assert [row[0] for row in kept()] == ["city_alpha:0", "city_alpha:1", "city_alpha:2", "city_alpha:0"]


@pytest.mark.parametrize("city", ["city_beta", "alpha", "", None, "x_city_alpha"])
def test_a_job_names_exactly_its_own_city(in_alpha: Any, city: str | None) -> None:
    with pytest.raises(DatabaseError) as refused:
        defer(city)
    assert sqlstate(refused) == "42501"


def test_a_name_that_ends_like_anothers_is_not_that_other(alpha: Any) -> None:
    """`<installation>_x_city_alpha` ends in `_city_alpha`; it is another city all the same."""
    from tenants.registry.services.stamp import create_city_role
    from wangge.kernel.database.base import city_role

    create_city_role("x_city_alpha")
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {city_role('x_city_alpha')}")
    with schema_context("x_city_alpha"), pytest.raises(DatabaseError) as refused:
        defer("city_alpha")
    assert sqlstate(refused) == "42501"


@pytest.mark.parametrize("queue", ["operator", "system", "anything"])
def test_only_the_cities_queue_is_open_to_cities(in_alpha: Any, queue: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        defer("city_alpha", queue=queue)
    assert sqlstate(refused) == "42501"


@pytest.mark.parametrize(
    "task",
    ["shell.fan_out", "registry.drop", "builtin:procrastinate.builtin_tasks.remove_old_jobs", "os.path.join"],
)
def test_tasks_of_the_installation_are_not_the_citys(in_alpha: Any, task: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        defer("city_alpha", task=task)
    assert sqlstate(refused) == "42501"


def test_arguments_are_ids_not_freight(in_alpha: Any) -> None:
    defer("city_alpha", more="x" * 8000)
    with pytest.raises(DatabaseError) as refused:
        defer("city_alpha", more="x" * 9000)
    assert sqlstate(refused) == "54000"


def test_the_regular_jobs_turn_cannot_be_claimed(in_alpha: Any) -> None:
    """Who could enter a future turn of a regular job would keep it from running in any city."""
    with pytest.raises(DatabaseError) as refused, connection.cursor() as cursor:
        cursor.execute(
            "SELECT procrastinate_defer_periodic_job_v2('default', NULL, NULL, 'shell.fan_out', 0,"
            " 'accounts.seal_audit', 4102444800, '{\"city\": \"city_alpha\"}')"
        )
    assert sqlstate(refused) == "42501"


def test_past_its_quota_a_city_is_told_to_wait(alpha: Any, beta: Any, make_user: Any, toys: Any) -> None:
    from tenants.bureau.models import BackgroundJob
    from tenants.bureau.services.jobs import start_job

    alpha.job_quota = 3
    alpha.save(update_fields=["job_quota"])
    user, other = make_user(alpha, "zhang"), make_user(beta, "li")
    with schema_context(alpha.schema_name):
        for _ in range(3):
            start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=user)
        with pytest.raises(RuleBroken) as refused:
            start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=user)
        assert BackgroundJob.objects.count() == 3
    assert (refused.value.code, refused.value.status) == ("JOB_QUOTA", 409)
    assert refused.value.facts == {"quota": 3} and refused.value.how_to_fix_zh and refused.value.how_to_fix_en
    with schema_context(beta.schema_name):
        start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=other)


def test_running_jobs_do_not_count_against_the_quota(alpha: Any) -> None:
    alpha.job_quota = 1
    alpha.save(update_fields=["job_quota"])
    with schema_context(alpha.schema_name):
        defer("city_alpha")
    kept()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    with schema_context(alpha.schema_name):
        defer("city_alpha")
        with pytest.raises(DatabaseError) as refused:
            defer("city_alpha")
    assert sqlstate(refused) == "WGJ01"
    connection.set_schema_to_public()
    assert running_jobs("city_alpha") == 1


def test_a_job_comes_and_goes_with_its_transaction(alpha: Any, make_user: Any, toys: Any) -> None:
    from tenants.bureau.models import BackgroundJob
    from tenants.bureau.services.jobs import start_job

    user = make_user(alpha, "zhang")
    with schema_context(alpha.schema_name), transaction.atomic():
        start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=user)
        transaction.set_rollback(True)
    with schema_context(alpha.schema_name):
        assert BackgroundJob.objects.count() == 0
    assert kept() == []
    with schema_context(alpha.schema_name), transaction.atomic():
        start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=user)
    assert len(kept()) == 1


def test_a_task_that_nobody_knows_is_not_started(in_alpha: Any, make_user: Any) -> None:
    from tenants.bureau.services.jobs import start_job

    with pytest.raises(LookupError):
        start_job(kind="toys.unheard_of", arguments={}, unit_path="/", acting_user=make_user(in_alpha, "z"))


# --- regular jobs -------------------------------------------------------------------------------------------


def test_a_round_reaches_every_city_once_however_often_it_begins(alpha: Any, beta: Any, toys: Any) -> None:
    assert fan_out("toys.every_city") == 2
    assert fan_out("toys.every_city") == 0
    assert {row[0] for row in kept()} == {"city_alpha:system", "city_beta:system"}


def test_a_round_takes_two_statements(
    alpha: Any, beta: Any, toys: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(2):
        fan_out("toys.every_city")


def test_suspended_cities_are_left_out_unless_asked(alpha: Any, beta: Any, toys: Any) -> None:
    from django.utils import timezone

    alpha.suspended_at = timezone.now()
    alpha.save(update_fields=["suspended_at"])
    assert fan_out("toys.every_city") == 1
    assert fan_out("toys.every_city", suspended_too=True) == 1


def test_a_task_that_does_not_exist_harms_nobody(alpha: Any) -> None:
    assert fan_out("toys.unheard_of") == 0
    enqueue_once("toys.unheard_of", "system")
    assert kept() == []


def test_a_task_of_the_installation_waits_once(alpha: Any, toys: Any) -> None:
    for _ in range(2):
        enqueue_once("toys.every_city", "operator")
    assert [row[2:] for row in kept()] == [("toys.every_city", "operator")]


@pytest.mark.parametrize("line", [*EVERY_CITY, *INSTALLATION, *OPERATOR], ids=lambda line: line.name)
def test_every_line_of_the_timetable_names_a_task(line: Any) -> None:
    from procrastinate.contrib.django import app

    assert line.name in app.tasks


def test_every_task_that_nobody_asks_for_stands_in_the_timetable() -> None:
    """A backup, a drop or a sweep that is written and not scheduled would be missed only when it is too late."""
    from inspect import signature

    from procrastinate.contrib.django import app

    ours = {
        name: task.func
        for name, task in app.tasks.items()
        if task.func.__module__.startswith(("tenants.", "gis.", "instructors.", "grids."))
    }
    unasked = {name for name, body in ours.items() if set(signature(body).parameters) <= {"city"}}
    assert unasked == {line.name for line in (*EVERY_CITY, *INSTALLATION, *OPERATOR)}


def test_waiting_jobs_of_a_city_can_be_released_and_forgotten(alpha: Any, toys: Any) -> None:
    with schema_context(alpha.schema_name):
        defer("city_alpha")
    kept()
    enqueue(task="toys.every_city", arguments={"city": "city_alpha"}, queue="operator")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
    assert release_jobs("city_alpha") == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL")
        assert cursor.fetchone() == (0,)
    assert drop_jobs("city_alpha") == 1
    assert [row[3] for row in kept()] == ["operator"]


def test_ended_jobs_of_a_city_are_forgotten_and_running_ones_are_not(alpha: Any, beta: Any) -> None:
    """A later city of that name, or a restored one, is not told of jobs that were given up before."""
    for city, status in (("alpha", "failed"), ("alpha", "succeeded"), ("alpha", "doing"), ("beta", "failed")):
        job = enqueue(task="layers.import", arguments={"city": f"city_{city}", "job_id": 1})
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, job])
    assert drop_jobs("city_alpha") == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'city', status::text FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [("city_alpha", "doing"), ("city_beta", "failed")]
