"""Rows are sealed in order while writers go on; every way of tampering is found, an honest chain never is."""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager, suppress

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent, AuditLink
from tenants.accounts.rules.audit_findings import KeptHead
from tenants.accounts.services import record_audit, seal
from tenants.accounts.services.chain_rows import first_future_transaction, unsealed_audit_events
from tenants.accounts.services.seal import seal_audit, seal_imported
from tenants.accounts.services.verify import verify_audit


def superuser(statement: str, *parameters: object) -> None:
    """As somebody who owns the database, past every grant."""
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"] or None, user=database["USER"],
        password=database["PASSWORD"], dbname=connection.settings_dict["NAME"], autocommit=True,
    ) as raw:  # fmt: skip
        raw.execute("SET search_path = city_alpha, public")
        raw.execute(statement, parameters)


@pytest.fixture
def city(committed_database, alpha):
    with schema_context(alpha.schema_name):
        yield alpha


def act(number: int = 1, **facts: object) -> None:
    for position in range(number):
        record_audit(
            acting_user=None, action="test.act", subject=("test", position), after={"n": position, **facts}
        )


def seal_all(batch: int = 2000) -> int:
    """Seal until nothing waits: a transaction in any database of the server holds the horizon back for a while."""
    sealed = seal_audit(batch=batch)
    until = time.monotonic() + 60
    while unsealed_audit_events().filter(transaction_id__lt=first_future_transaction()).exists():
        assert time.monotonic() < until, "a transaction on this server does not end"
        time.sleep(0.05)
        sealed += seal_audit(batch=batch)
    return sealed


def found(heads=()) -> set[str]:
    return {finding.kind.value for finding in verify_audit(heads=heads).findings}


def test_what_is_committed_is_sealed_once_in_its_order(city):
    act(5)
    with transaction.atomic():
        act(3)
    before = AuditEvent.objects.count()
    assert seal_all(batch=2) == before
    assert seal_audit() == 0
    links = dict(AuditLink.objects.values_list("event_id", "sequence"))
    events = list(AuditEvent.objects.order_by("transaction_id", "id").values_list("id", flat=True))
    assert [links[event] for event in events] == list(range(1, before + 1))
    report = verify_audit()
    assert (report.findings, report.sealed, report.unsealed, report.oldest_unsealed_at) == (
        [],
        before,
        0,
        None,
    )


def test_a_transaction_is_never_parted_by_a_batch(city):
    seal_all()
    with transaction.atomic():
        act(7)
    act(2)
    seal_all(batch=3)
    rows = AuditEvent.objects.order_by("-id")[:9]
    horizons = {
        row.transaction_id: set(AuditLink.objects.filter(event_id=row.pk).values_list("horizon", flat=True))
        for row in rows
    }
    assert all(len(found) == 1 for found in horizons.values())
    assert verify_audit().findings == []


def test_the_present_transaction_and_all_after_a_running_one_wait(city):
    seal_all()
    with held_open(city):
        act(4)
        assert seal_audit() == 0
        report = verify_audit()
        assert (report.unsealed, report.findings) == (4, [])
        assert report.oldest_unsealed_at is not None
    assert seal_all() == 5
    assert verify_audit().findings == []


@contextmanager
def held_open(city):
    """Another connection that has written an audit row and not committed yet."""
    ready, go_on = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with schema_context(city.schema_name), transaction.atomic():
                act()
                ready.set()
                go_on.wait(30)
        finally:
            connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    assert ready.wait(30)
    try:
        yield
    finally:
        go_on.set()
        writer.join(30)


def test_on_a_cluster_only_what_has_settled_is_sealed(city, settings, monkeypatch):
    """There a row may become visible a moment after its transaction has ended on the coordinator."""
    settings.WANGGE_CITUS = True
    monkeypatch.setattr(seal, "SETTLE_S", 0.3)
    seal._seen_horizons.clear()
    act(3)
    assert seal_audit() == 0
    time.sleep(0.4)
    assert seal_all() == AuditEvent.objects.count()
    assert verify_audit().findings == []


def test_two_sealers_at_once_make_one_chain(city):
    act(300)
    counted: list[int] = []
    start = threading.Barrier(3)

    def seal() -> None:
        try:
            with schema_context(city.schema_name):
                start.wait(30)
                counted.append(seal_audit(batch=20))
        finally:
            connections.close_all()

    sealers = [threading.Thread(target=seal) for _ in range(3)]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join(60)
    assert len(counted) == 3, "a sealer raised"
    seal_all()
    report = verify_audit()
    assert (report.findings, report.unsealed, report.sealed) == ([], 0, AuditEvent.objects.count())


def test_a_batch_that_breaks_off_leaves_nothing_and_is_done_again(city):
    seal_all()
    before = AuditLink.objects.count()
    with transaction.atomic():
        act(30)
    superuser(f"ALTER TABLE accounts_auditlink ADD CONSTRAINT broken CHECK (sequence < {before + 20})")
    with pytest.raises(IntegrityError):
        seal_all()
    assert AuditLink.objects.count() == before
    superuser("ALTER TABLE accounts_auditlink DROP CONSTRAINT broken")
    assert seal_all() == 30
    assert verify_audit().findings == []


class Crowd:
    """Threads that each stand in the city on a connection of their own; what they raise is kept."""

    def __init__(self, city) -> None:
        self.city = city
        self.faults: list[BaseException] = []

    def start(self, work, *args: object) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(work, *args))
        thread.start()
        return thread

    def _run(self, work, *args: object) -> None:
        try:
            with schema_context(self.city.schema_name):
                work(*args)
        except BaseException as fault:
            self.faults.append(fault)
        finally:
            connections.close_all()


def write_for_a_while(seed: int) -> None:
    """Short and long transactions, savepoints, and some that are rolled back."""
    chance = random.Random(seed)
    for _ in range(25):
        with suppress(KeyError), transaction.atomic():
            act(chance.randint(1, 4), seed=seed)
            time.sleep(chance.choice((0, 0, 0.01, 0.1)))
            if chance.random() < 0.2:
                raise KeyError
            with transaction.atomic():
                act(seed=seed)


def seal_until(stop: threading.Event) -> None:
    while not stop.is_set():
        seal_audit(batch=7)
        assert verify_audit().findings == []
        time.sleep(0.02)


def test_writers_who_commit_out_of_order_are_sealed_in_order_while_sealing_goes_on(city):
    """Several real connections, two sealers beside them, and a transaction that outlasts the others."""
    crowd, stop = Crowd(city), threading.Event()
    with held_open(city):
        sealers = [crowd.start(seal_until, stop) for _ in range(2)]
        writers = [crowd.start(write_for_a_while, seed) for seed in range(4)]
        for thread in writers[:2]:
            thread.join(60)
    for thread in writers:
        thread.join(60)
    stop.set()
    for thread in sealers:
        thread.join(60)
    assert crowd.faults == []
    seal_all()
    report = verify_audit()
    assert (report.findings, report.unsealed) == ([], 0)
    assert report.sealed == AuditEvent.objects.count() > 100
    events = dict(AuditEvent.objects.values_list("id", "transaction_id"))
    sealed = AuditLink.objects.order_by("sequence").values_list("event_id", flat=True)
    order = [(events[event], event) for event in sealed]
    assert order == sorted(order)


# --- tampering ------------------------------------------------------------------------------------------------

CHANGES = {
    "at": "at + interval '1 microsecond'",
    "actor_id": "COALESCE(actor_id, 0) + 1",
    "actor_label": "actor_label || ' '",
    "organisation": "'x'",
    "action": "upper(action)",
    "subject_type": "'x'",
    "subject_id": "'x'",
    "before": "'null'",
    "after": """'{"n": 0.00000000000000000000000000001}'""",
    "reason": "'because'",
    "policy_version": "'2'",
    "request_id": "'x'",
    "transaction_id": "transaction_id - 1",
}
MIDDLE = "(SELECT event_id FROM accounts_auditlink WHERE sequence = 8)"


def kept() -> KeptHead:
    link = AuditLink.objects.order_by("-sequence").first()
    return KeptHead(link.sequence, bytes(link.digest), link.sealed_at)


@contextmanager
def tampered(*statements: str):
    """What the statements of a superuser do to a sealed chain of fifteen and more, undone afterwards."""
    copies = ("accounts_auditevent", "accounts_auditlink")
    for table in copies:
        superuser(f"CREATE TABLE public.copy_of_{table} AS TABLE {table}")
    try:
        for statement in statements:
            superuser(statement)
        yield
    finally:
        for table in copies:
            superuser(f"DELETE FROM {table}")
            superuser(f"INSERT INTO {table} SELECT * FROM public.copy_of_{table}")
            superuser(f"DROP TABLE public.copy_of_{table}")


FORGED = """INSERT INTO accounts_auditevent (actor_label, organisation, action, subject_type, subject_id, reason,
 policy_version, request_id, transaction_id) VALUES ('li', '', 'forged', 'test', '1', '', '', '', {number})"""

TAMPERING: dict[str, tuple[tuple[str, ...], set[str]]] = {
    **{
        f"changed {column}": (
            (f"UPDATE accounts_auditevent SET {column} = {to} WHERE id = {MIDDLE}",),
            {"CHANGED"},
        )
        for column, to in CHANGES.items()
    },
    "deleted event": ((f"DELETE FROM accounts_auditevent WHERE id = {MIDDLE}",), {"MISSING"}),
    "deleted event and link": (
        (
            f"DELETE FROM accounts_auditevent WHERE id = {MIDDLE}",
            "DELETE FROM accounts_auditlink WHERE sequence = 8",
        ),
        {"MISSING"},
    ),
    "deleted link alone": (
        ("DELETE FROM accounts_auditlink WHERE sequence = 8",),
        {"MISSING", "INSERTED"},
    ),
    "link to nothing": (
        ("UPDATE accounts_auditlink SET event_id = 987654 WHERE sequence = 8",),
        {"MISSING", "INSERTED"},
    ),
    "forged with an old transaction": ((FORGED.format(number=3),), {"INSERTED"}),
    "forged with a transaction to come": ((FORGED.format(number=2**60),), {"INSERTED"}),
    "renumbered event": (
        (f"UPDATE accounts_auditevent SET id = 987654 WHERE id = {MIDDLE}",),
        {"MISSING", "INSERTED"},
    ),
    "renumbered links": (
        (
            "DELETE FROM accounts_auditlink WHERE sequence = 8",
            "UPDATE accounts_auditlink SET sequence = -sequence WHERE sequence > 8",
            "UPDATE accounts_auditlink SET sequence = -sequence - 1 WHERE sequence < 0",
        ),
        {"CHANGED", "INSERTED", "CUT_SHORT"},
    ),
    # A unique index looks at every row as it is written, so two swap by way of a third number.
    "swapped events of two links": (
        (
            "UPDATE accounts_auditlink SET event_id = -event_id WHERE sequence IN (6, 7)",
            """UPDATE accounts_auditlink a SET event_id = -b.event_id FROM accounts_auditlink b
            WHERE a.sequence IN (6, 7) AND b.sequence = 13 - a.sequence""",
        ),
        {"REORDERED"},
    ),
    "swapped links": (
        (
            "UPDATE accounts_auditlink SET sequence = -sequence WHERE sequence IN (6, 7)",
            "UPDATE accounts_auditlink SET sequence = 13 + sequence WHERE sequence < 0",
        ),
        {"REORDERED"},
    ),
    "changed digest": (
        ("UPDATE accounts_auditlink SET digest = decode(repeat('ab', 32), 'hex') WHERE sequence = 8",),
        {"CHAIN_BROKEN"},
    ),
    "changed horizon": (
        ("UPDATE accounts_auditlink SET horizon = horizon + 1 WHERE sequence = 8",),
        {"CHANGED"},
    ),
    "cut the end": (
        (
            "DELETE FROM accounts_auditevent WHERE id IN (SELECT event_id FROM accounts_auditlink WHERE sequence > 12)",
            "DELETE FROM accounts_auditlink WHERE sequence > 12",
        ),
        {"CUT_SHORT"},
    ),
    "emptied": (
        ("DELETE FROM accounts_auditevent", "DELETE FROM accounts_auditlink"),
        {"CUT_SHORT"},
    ),
    "made again without the key": (
        (
            f"UPDATE accounts_auditevent SET reason = 'x' WHERE id = {MIDDLE}",
            "UPDATE accounts_auditlink SET digest = sha256(digest) WHERE sequence >= 8",
        ),
        {"CHAIN_BROKEN"},
    ),
}


def test_every_way_of_tampering_is_found(city):
    for _ in range(5):
        act(3)
    seal_all()
    head = kept()
    assert head.sequence >= 15 and found([head]) == set()
    got = {}
    for name, (statements, _) in TAMPERING.items():
        with tampered(*statements):
            got[name] = found([head])
    assert found([head]) == set(), "the chain was not put back"
    assert got.keys() == TAMPERING.keys()
    differing = {
        name: (kinds, TAMPERING[name][1])
        for name, kinds in got.items()
        if not kinds or not kinds >= TAMPERING[name][1]
    }
    assert differing == {}


def test_a_column_of_an_event_cannot_be_forgotten(city):
    """A column added to the table later must be sealed, too."""
    columns = {field.column for field in AuditEvent._meta.concrete_fields}
    assert columns - {"id"} == set(CHANGES)


# --- eras -----------------------------------------------------------------------------------------------------


def test_rows_of_another_server_are_sealed_and_a_new_era_begins(city):
    """As after an import: transaction ids far beyond this server's, some rows not sealed yet."""
    act(4)
    seal_all()
    act(3)
    shift = 10**9
    superuser(f"UPDATE accounts_auditevent SET transaction_id = transaction_id + {shift}")
    superuser("DELETE FROM accounts_auditlink")
    # The chain of the other server, as far as it was sealed there: made here by its own means.
    other_server_seals(4 + settings_rows())
    superuser(FORGED.format(number=shift + 1))
    forged = AuditEvent.objects.get(action="forged").pk
    with transaction.atomic():
        act()
        last = seal_imported(origin="import")
        act()
    assert seal_all() == 2, "what the import itself wrote is sealed by the next round"
    report = verify_audit()
    assert report.eras == 2 and report.last is not None and report.last.sequence == last + 2
    assert [(finding.kind.value, finding.event_id) for finding in report.findings] == [("INSERTED", forged)]
    marker = AuditEvent.objects.get(action="audit.begin_era")
    assert marker.after == {"origin": "import", "came": 3, "taken_over": 0, "left_out": 1}
    act(2)
    assert seal_all() == 2
    assert AuditLink.objects.order_by("-sequence").first().era == 2
    assert verify_audit().total == 1


def settings_rows() -> int:
    """Rows that opening the city wrote before this test."""
    return AuditEvent.objects.exclude(action__in=("test.act", "forged")).count()


def other_server_seals(number: int) -> None:
    from tenants.accounts.services.chain_rows import event_facts
    from tenants.accounts.services.seal import _Sealer

    rows = AuditEvent.objects.order_by("transaction_id", "id")
    horizon = rows[number].transaction_id
    _Sealer(None).seal(event_facts(rows[:number]), horizon=horizon, era=1)


def test_after_the_database_was_moved_sealing_waits_for_the_new_era(city, caplog):
    act(4)
    seal_all()
    superuser(f"UPDATE accounts_auditevent SET transaction_id = transaction_id + {10**9}")
    superuser("DELETE FROM accounts_auditlink")
    other_server_seals(AuditEvent.objects.count() - 1)
    act(2)
    assert seal_audit() == 0
    assert "begin a new era" in caplog.text
    assert verify_audit().ids_restarted
    seal_imported(origin="move", written_here=True)
    act(1)
    assert seal_all() == 1
    report = verify_audit()
    assert (report.findings, report.unsealed, report.eras, report.ids_restarted) == ([], 0, 2, False)


def test_documents_survive_the_database_with_every_digit(city):
    """What a floating number, a large one or an unusual text becomes in jsonb is what is sealed and verified."""
    odd = {
        "float": 0.1, "tiny": 5e-324, "large": 1.5e300, "whole": 1e22, "negative": -0.0, "big": 10**40,
        "text": "é e\u0301 𠀀 \u2028 \\ \" \t", "": None, "deep": [[{"a": []}]], "true": True,
    }  # fmt: skip
    record_audit(acting_user=None, action="test.odd", subject=("test", 1), before={}, after=odd)
    seal_all()
    assert verify_audit().findings == []
    # Out by one road and in by another, as an import does.
    event = AuditEvent.objects.get(action="test.odd")
    superuser("UPDATE accounts_auditevent SET after = '{}' WHERE id = %s", event.pk)
    assert found() == {"CHANGED"}
    superuser(
        "UPDATE accounts_auditevent SET after = %s, at = %s WHERE id = %s",
        psycopg.types.json.Jsonb(event.after), event.at.astimezone(), event.pk,
    )  # fmt: skip
    assert found() == set()
