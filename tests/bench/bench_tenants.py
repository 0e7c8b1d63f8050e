"""Stamping a city beside migrating one with the stock executor of django-tenants, in one run."""

from __future__ import annotations

import statistics
import time

import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tenants.registry.services import as_owner, create_city
from wangge.kernel.database.current import city_connection

CITIES = 20
MIGRATED = 3

pytestmark = pytest.mark.bench


def _stamped(number: int) -> float:
    began = time.perf_counter()
    create_city(
        slug=f"bench{number}", name="基准市", division_code="999900", gauss_kruger_epsg=4547,
        hosts=[f"bench{number}.test"], acting_user=None,
    )  # fmt: skip
    return time.perf_counter() - began


def _migrated(number: int) -> float:
    began = time.perf_counter()
    schema = f"city_stock{number}"
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE SCHEMA {} AUTHORIZATION wanggetest_operator").format(sql.Identifier(schema))
        )
    with as_owner():
        call_command("migrate_schemas", schema_name=schema, verbosity=0, interactive=False)
    city_connection().set_schema_to_public()
    return time.perf_counter() - began


def test_stamping_beside_migrating(committed_database):
    stamped = sorted(_stamped(number) for number in range(CITIES))
    migrated = [_migrated(number) for number in range(MIGRATED)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'city_bench0'")
        tables = cursor.fetchone()[0]
    ours, theirs = statistics.median(stamped), statistics.median(migrated)
    p95 = stamped[int(0.95 * (CITIES - 1))]
    print(
        f"\nnew city of {tables} tables: stamped median {ours:.3f} s, p95 {p95:.3f} s over {CITIES}; ", end=""
    )
    print(
        f"stock migration median {theirs:.2f} s over {MIGRATED}; stamping takes 1/{theirs / ours:.0f} of it"
    )
    assert ours < theirs
