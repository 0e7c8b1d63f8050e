"""Audited writes per second with and without sealing beside them, in one run: processes with connections of their own."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.accounts.services.chain_rows import unsealed_audit_events
from tenants.accounts.services.seal import seal_audit
from tenants.accounts.services.verify import verify_audit
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.org_units import root_unit

WRITERS = 3
ROUNDS = 4  # each with sealing off, then on
SECONDS = 4.0
ROWS_A_COMMIT = 20
SEAL_EVERY_S = 1.0  # in production once a minute
OFFERED = 1000  # audited writes a second, all writers together

pytestmark = pytest.mark.bench


@dataclass(frozen=True)
class Load:
    """What one round does; `offered` 0 writes as fast as it can."""

    schema: str
    units: list[list[int]]
    user_id: int
    database: str
    offered: int
    sealing: bool


def _rename(units: list[OrgUnit], user: User, number: int) -> None:
    """What a service does: a row is changed and an audit row says so; some of them in one transaction."""
    with transaction.atomic():
        for unit in units:
            before = {"name": unit.name}
            unit.name = f"基准{number}"
            unit.save(update_fields=["name"])
            after = {"name": unit.name}
            record_audit(acting_user=user, action="bench.rename", subject=unit, before=before, after=after)


def _write(load: Load, writer: int, until: float, counted: Any) -> None:
    connection.settings_dict["NAME"] = load.database
    took = []
    pause = ROWS_A_COMMIT * WRITERS / load.offered if load.offered else 0.0
    with schema_context(load.schema):
        user = User.objects.get(pk=load.user_id)
        units = list(OrgUnit.objects.filter(pk__in=load.units[writer]))
        due = time.time()
        while (began := time.time()) < until:
            _rename(units, user, len(took))
            took.append(time.time() - began)
            due += pause
            time.sleep(max(0.0, due - time.time()))
    counted[writer] = took


def _seal(load: Load, until: float, counted: Any) -> None:
    connection.settings_dict["NAME"] = load.database
    sealed, busy, lags = 0, 0.0, []
    with schema_context(load.schema):
        while time.time() < until:
            began = time.perf_counter()
            sealed += seal_audit()
            busy += time.perf_counter() - began
            oldest = unsealed_audit_events().aggregate(oldest=Min("at"))["oldest"]
            lags.append((timezone.now() - oldest).total_seconds() if oldest else 0.0)
            time.sleep(SEAL_EVERY_S)
    counted["seal"] = (sealed, busy, lags)


def _round(load: Load, counted: Any) -> tuple[float, list[float]]:
    """Writes per second, and the seconds of each commit."""
    context = multiprocessing.get_context("fork")
    until = time.time() + SECONDS
    crowd = [context.Process(target=_write, args=(load, number, until, counted)) for number in range(WRITERS)]
    if load.sealing:
        crowd.append(context.Process(target=_seal, args=(load, until, counted)))
    for process in crowd:
        process.start()
    for process in crowd:
        process.join()
    took = [seconds for number in range(WRITERS) for seconds in counted[number]]
    return len(took) * ROWS_A_COMMIT / SECONDS, took


def _compare(load: Load, counted: Any, seals: list[Any]) -> str:
    """Rounds without and with sealing by turns; a line about them."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    commits: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for sealing in (False, True):
            rate, took = _round(replace(load, sealing=sealing), counted)
            rates[sealing].append(rate)
            commits[sealing] += took
            if sealing:
                seals.append(counted["seal"])
    without, beside = (statistics.median(rates[sealing]) for sealing in (False, True))
    slow = {sealing: statistics.quantiles(took, n=20)[-1] * 1000 for sealing, took in commits.items()}
    return (
        f"{without:.0f} audited writes/s without sealing, {beside:.0f} with it going on: {beside / without:.2f} of it;"
        f" a commit of {ROWS_A_COMMIT} rows p95 {slow[False]:.0f} ms and {slow[True]:.0f} ms"
    )


def test_sealing_beside_writing(committed_database, alpha, make_user):
    user = make_user(alpha, "bench", ["org.edit"])
    with schema_context(alpha.schema_name):
        root = root_unit()
        made = OrgUnit.objects.bulk_create(
            OrgUnit(level="county", name=f"基准{n}", parent=root, valid_from=date(2020, 1, 1))
            for n in range(WRITERS * ROWS_A_COMMIT)
        )
    ids = [unit.pk for unit in made]
    units = [ids[number::WRITERS] for number in range(WRITERS)]
    load = Load(alpha.schema_name, units, user.pk, committed_database, OFFERED, sealing=False)
    seals: list[Any] = []
    with multiprocessing.Manager() as manager:
        counted = manager.dict()
        connection.close()
        paced = _compare(load, counted, seals)
        full = _compare(replace(load, offered=0), counted, seals)
    sealed, busy = sum(seal[0] for seal in seals), sum(seal[1] for seal in seals)
    lag = statistics.median(lag for seal in seals for lag in seal[2])
    print(f"\n{WRITERS} connections, {OFFERED}/s offered: {paced}")
    print(f"as fast as they can: {full}")
    print(
        f"sealed {sealed / busy:.0f} rows/s of its own time; oldest row left by a seal: median {lag * 1000:.0f} ms"
    )
    _verify(alpha.schema_name)


def _verify(schema: str) -> None:
    with schema_context(schema):
        while unsealed_audit_events().exists():
            seal_audit()
        began = time.perf_counter()
        report = verify_audit()
        took = time.perf_counter() - began
    print(
        f"verified {report.sealed} links in {took:.1f} s, {report.sealed / took:.0f}/s: {report.total} findings"
    )
    assert (report.findings, report.unsealed, report.sealed) == ([], 0, report.events)
