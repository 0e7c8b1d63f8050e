"""Audit rows of every schema can only grow, their chains' ends are kept in public, and one command verifies them all."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent, AuditLink
from tenants.accounts.services import record_audit
from tenants.accounts.services.chain_rows import first_future_transaction, unsealed_audit_events
from tenants.accounts.services.seal import seal_audit
from tenants.registry.models import AuditHead, City
from tenants.registry.services import create_city, prepare_installation
from tenants.registry.services.audit_heads import keep_audit_heads, kept_heads, seal_public_audit
from tenants.registry.services.stamp import grant_city

GROWING = ("accounts_auditevent", "accounts_auditlink")
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def held(role: str, table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p FROM unnest(%s::text[]) p WHERE has_table_privilege(%s, %s, p)",
            [list(PRIVILEGES), role, table],
        )
        return {row[0] for row in cursor.fetchall()}


def columns_held(role: str, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_any_column_privilege(%s, %s, 'UPDATE')", [role, table])
        return bool(cursor.fetchone()[0])


def check_all_cities() -> None:
    schemas = list(City.objects.values_list("schema_name", flat=True))
    assert schemas
    for schema in schemas:
        for table in GROWING:
            role = f"wanggetest_{schema}"
            assert held(role, f"{schema}.{table}") == {"SELECT", "INSERT"}, (schema, table)
            assert not columns_held(role, f"{schema}.{table}")


@pytest.mark.django_db
def test_every_citys_role_may_only_insert_and_read(alpha, beta):
    create_city(
        slug="audit1", name="审计市", division_code="999901", gauss_kruger_epsg=4547, hosts=["audit1.test"],
        acting_user=None,
    )  # fmt: skip
    check_all_cities()
    for schema in City.objects.values_list("schema_name", flat=True):
        with connection.cursor() as cursor:
            for table in GROWING:
                cursor.execute(f"GRANT ALL ON {schema}.{table} TO wanggetest_{schema}")
        grant_city(schema)
    check_all_cities()


def test_and_still_may_after_the_installation_was_prepared_again(committed_database):
    prepare_installation()
    check_all_cities()


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["web", "worker", "cities"])
def test_the_logins_have_nothing_of_the_operators_audit(alpha, login):
    for table in GROWING:
        assert held(f"wanggetest_{login}", f"public.{table}") == set()
    may = {"SELECT", "INSERT"} if login == "worker" else set()
    assert held(f"wanggetest_{login}", "public.registry_audithead") == may


@pytest.mark.django_db
def test_the_operators_audit_only_grows_for_operators(alpha):
    for table in (*GROWING, "registry_audithead"):
        assert held("wanggetest_operator", f"public.{table}") == {"SELECT", "INSERT"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditlink SET digest = ''",
        "DELETE FROM accounts_auditlink",
        "TRUNCATE accounts_auditlink",
        "ALTER TABLE accounts_auditevent DISABLE TRIGGER ALL",
        "INSERT INTO public.registry_audithead (schema_name, sequence, digest) VALUES ('city_alpha', 1, '')",
        "SELECT count(*) FROM public.registry_audithead",
    ],
)
def test_a_city_cannot_reach_its_sealed_rows(in_alpha, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# --- heads and the command --------------------------------------------------------------------------------------


@contextmanager
def signed_in_as(login: str):
    """This connection as if the login had opened it: what it leaves a city's role for is itself again."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION AUTHORIZATION wanggetest_{login}")
    try:
        yield
    finally:
        connection.close()


def act_and_seal(city, number: int = 3) -> None:
    with schema_context(city.schema_name):
        for position in range(number):
            record_audit(acting_user=None, action="test.act", subject=("test", position))
        until = time.monotonic() + 60
        seal_audit()
        while unsealed_audit_events().filter(transaction_id__lt=first_future_transaction()).exists():
            assert time.monotonic() < until, "a transaction on this server does not end"
            time.sleep(0.05)
            seal_audit()


def verified(*arguments: str) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return code, out.getvalue()


def test_ends_are_kept_once_and_a_cut_is_found(committed_database, alpha, beta):
    act_and_seal(alpha)
    act_and_seal(beta)
    with signed_in_as("worker"):
        assert keep_audit_heads() == 2
        assert keep_audit_heads() == 0
    assert set(AuditHead.objects.values_list("schema_name", flat=True)) == {"city_alpha", "city_beta"}
    assert verified()[0] == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM city_alpha.accounts_auditlink WHERE sequence = (SELECT max(sequence) FROM city_alpha.accounts_auditlink)"
        )
    code, text = verified("--city", "alpha")
    assert (code, "CUT_SHORT" in text, "截去" in text, "cut off" in text) == (1, True, True, True)
    assert verified("--city", "beta") == (0, verified("--city", "beta")[1])
    assert "city_beta" in verified("--city", "beta")[1]


def test_the_report_is_json_and_its_heads_serve_later(committed_database, alpha, tmp_path):
    act_and_seal(alpha)
    code, text = verified("--json")
    report = json.loads(text)
    rows = {row["schema"]: row for row in report["schemas"]}
    assert (code, report["found"]) == (0, 0)
    assert set(rows) == {"public", "city_alpha", "city_beta"}
    assert (
        rows["city_alpha"]["head"]["sequence"] == rows["city_alpha"]["sealed"] == rows["city_alpha"]["events"]
    )
    assert rows["city_beta"]["head"] is None and rows["city_beta"]["unsealed"] > 0
    assert rows["city_beta"]["oldest_unsealed_s"] >= 0
    kept = tmp_path / "heads.json"
    kept.write_text(text)
    with connection.cursor() as cursor:
        for table in GROWING:
            cursor.execute(f"DELETE FROM city_alpha.{table}")
    assert verified("--city", "alpha")[0] == 0, "without heads an emptied chain looks like a new one"
    code, text = verified("--city", "alpha", "--against", str(kept), "--json")
    found = json.loads(text)["schemas"][0]["findings"]
    assert code == 1 and found[0]["kind"] == "CUT_SHORT" and found[0]["zh"] and found[0]["en"]


@pytest.mark.django_db
def test_a_city_nobody_has_and_a_file_that_is_none_are_refused(alpha, tmp_path):
    with pytest.raises(CommandError, match="城市"):
        verified("--city", "nowhere")
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text("{}")
    with pytest.raises(CommandError, match="--json"):
        verified("--against", str(spoilt))


def test_everything_is_sealed_and_kept_by_hand(committed_database, alpha):
    out = StringIO()
    record_audit(acting_user=None, action="test.operate", subject=("test", 1))
    until = time.monotonic() + 60
    while AuditLink.objects.count() < AuditEvent.objects.count():
        assert time.monotonic() < until
        call_command("seal_audit", stdout=out)
    assert "city_alpha" in out.getvalue() and "public" in out.getvalue()
    assert AuditHead.objects.filter(schema_name="public").exists()
    call_command("seal_audit", "--begin-era", "--city", "alpha", stdout=out)
    assert "new era" in out.getvalue()
    assert verified()[0] == 0


@pytest.mark.django_db
def test_heads_of_a_dropped_city_of_the_same_name_are_not_held_against_the_new_one(alpha):
    born = City.objects.get(slug="alpha").created_at
    AuditHead.objects.create(
        schema_name="city_alpha", sequence=9, digest=bytes(32), kept_at=born.replace(year=2020)
    )
    assert kept_heads("city_alpha") == []


def test_the_operators_login_seals_its_own_rows_and_keeps_their_end(committed_database):
    record_audit(acting_user=None, action="test.operate", subject=("test", 1))
    until = time.monotonic() + 60
    with signed_in_as("operator"):
        while AuditLink.objects.count() < AuditEvent.objects.count():
            assert time.monotonic() < until
            seal_public_audit()
        end = AuditHead.objects.filter(schema_name="public").order_by("-sequence").first()
        assert end.sequence == AuditEvent.objects.count()
        with pytest.raises(DatabaseError, match="permission denied"):
            AuditHead.objects.all().delete()
