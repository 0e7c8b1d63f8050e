"""A city's statement cannot have work done in another city, nor by the operator's worker, nor without a city.

Rule: X01
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db

_DEFER = """
SELECT unnest(public.procrastinate_defer_jobs_v1(ARRAY[
    ROW(%s, %s, %s, %s, %s, %s::jsonb, NULL)::public.procrastinate_job_to_defer_v1]))"""


def _defer(
    arguments: Any, *, queue: str = "default", task: str = "layers.import", priority: int = 0,
    lock: str | None = None, queueing_lock: str | None = None,
) -> int:  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DEFER, [queue, task, priority, lock, queueing_lock, json.dumps(arguments)])
        return int(cursor.fetchone()[0])


def _kept(number: int) -> dict[str, Any]:
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(j) FROM procrastinate_jobs j WHERE id = %s", [number])
        return dict(cursor.fetchone()[0])


def test_a_city_defers_for_itself(in_alpha):
    assert _kept(_defer({"city": "city_alpha", "job_id": 1}))["args"]["city"] == "city_alpha"


FORGED = [
    {"city": "city_beta", "job_id": 1},
    {"city": "public"},
    {"city": "alpha"},
    {"city": ""},
    {"city": None},
    {"city": ["city_alpha"]},
    {"city": {"city": "city_alpha"}},
    {"city": "city_alpha "},
    {"city": "CITY_ALPHA"},
    {"city": "city_alpha; SET ROLE none"},
    {"City": "city_alpha"},
    {},
    [],
    None,
]


@pytest.mark.parametrize("arguments", FORGED, ids=json.dumps)
def test_a_forged_city_is_refused(beta, in_alpha, arguments):
    with pytest.raises(DatabaseError) as refusal:
        _defer(arguments)
    assert refusal.value.__cause__.sqlstate == "42501"


@pytest.mark.parametrize(
    ("queue", "task"),
    [
        ("operator", "layers.import"),
        ("system", "layers.import"),
        ("Default", "layers.import"),
        ("default", "shell.rescue_stalled"),
        ("default", "registry.backup"),
        ("operator", "registry.drop"),
        ("default", "builtin:procrastinate.builtin_tasks.remove_old_jobs"),
    ],
)
def test_a_city_chooses_neither_the_operators_queue_nor_its_tasks(in_alpha, queue, task):
    with pytest.raises(DatabaseError) as refusal:
        _defer({"city": "city_alpha"}, queue=queue, task=task)
    assert refusal.value.__cause__.sqlstate == "42501"


def test_a_citys_job_holds_no_lock_and_no_place_of_a_neighbour(in_alpha):
    kept = _kept(
        _defer(
            {"city": "city_alpha"},
            priority=99,
            lock="city_beta:0",
            queueing_lock="accounts.seal_audit:city_beta",
        )
    )
    assert kept["lock"].startswith("city_alpha:")
    assert kept["queueing_lock"].startswith("city_alpha:")
    assert kept["priority"] == 0


def test_two_cities_with_the_same_queueing_lock_do_not_meet(alpha, beta):
    for city in (alpha, beta):
        connection.set_tenant(city)
        assert _defer({"city": city.schema_name}, queueing_lock="one")


def test_the_queue_itself_is_closed_to_a_city(in_alpha):
    for statement in (
        "INSERT INTO public.procrastinate_jobs (task_name, args) VALUES ('layers.import', '{\"city\": \"city_beta\"}')",
        'UPDATE public.procrastinate_jobs SET args = \'{"city": "city_beta"}\'',
        "SELECT args FROM public.procrastinate_jobs",
        "SELECT public.procrastinate_defer_periodic_job_v2('q', 'l', 'l', 't', 0, 'p', 1, '{}')",
        "SELECT public.wangge_guard_job_city()",
    ):
        with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert refusal.value.__cause__.sqlstate == "42501", statement
