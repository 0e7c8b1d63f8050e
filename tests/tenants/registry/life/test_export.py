"""An export is whole, of one moment, and nothing that was changed on its way is taken.

Rule: X01
"""

from __future__ import annotations

import json
import stat
import struct
import threading
import tracemalloc
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent
from tenants.accounts.services import record_audit
from tenants.accounts.services.verify import verify_audit
from tenants.bureau.models import OutboxMessage
from tenants.registry.models import City
from tenants.registry.services import files as city_files
from tenants.registry.services.export import export_city
from tenants.registry.services.export_file import check_export
from tenants.registry.services.imports import import_city
from tenants.registry.services.loading import product_state
from tenants.registry.services.owner import as_owner
from tenants.registry.services.receiving import check_receiving_key, own_receiving_key
from tenants.registry.services.snapshot import snapshot
from wangge.errors import RuleBroken


@pytest.fixture
def exported(full_city, places):
    path = places / "alpha.wangge"
    export_city(city=full_city.city, target=path, acting_user=None)
    return path


def _code(call, *args, **named):
    with pytest.raises(RuleBroken) as refused:
        call(*args, **named)
    return refused.value.code


def _rewritten(source, target, change):
    """A copy of an export with entries changed by `change(name, content)`: content, None to leave out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = change(info.filename, old.read(info.filename))
            if content is not None:
                new.writestr(info.filename, content)
    return target


def _left_behind(places):
    """What an import that failed has left: registry rows, schemas, roles, folders."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE '%%life%%' UNION"
            " SELECT rolname FROM pg_roles WHERE rolname LIKE 'wanggetest%%life%%'"
        )
        names = [row[0] for row in cursor.fetchall()]
    folders = [path.name for path in (places / "files").iterdir() if path.name != "city_alpha"]
    return names + folders + list(City.objects.filter(slug__startswith="life").values_list("slug", flat=True))


def _import(path):
    return import_city(path=path, slug="life2", name="新市", hosts=["life2.test"], acting_user=None)


def test_the_file_describes_itself(exported, full_city):
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    manifest, proven = check_export(path=exported)
    assert proven is True
    assert (manifest.city.slug, manifest.city.hosts) == ("alpha", ("alpha.test",))
    assert manifest.migrations >= product_state()
    with zipfile.ZipFile(exported) as archive:
        names = archive.namelist()
        assert "导入" in archive.read("README.txt").decode()
        for table in manifest.tables:
            content = archive.read(table.entry)
            assert (len(content), sha256(content).hexdigest()) == (table.bytes, table.sha256)
        assert archive.read(f"files/{full_city.file_key}") == full_city.file_content
        everything = b"".join(archive.read(name) for name in names)
    assert not {
        "data/django_session.csv",
        "data/accounts_signinfailure.csv",
        "data/accounts_datakey.csv",
    } & set(names)
    assert full_city.secret not in everything
    sites = {table.name: table for table in manifest.tables}["citylayers_fitnesssite"]
    assert sites.rows == 200 and "geometry_mercator" not in {column.name for column in sites.columns}
    told = AuditEvent.objects.get(action="city.export")
    assert told.after["receiver"] == own_receiving_key()
    with schema_context("city_alpha"):
        assert AuditEvent.objects.filter(action="city.export").exists()


def test_rows_are_of_one_moment_while_writers_go_on(full_city, places):
    """Two tables that are always written together hold equally many rows in an export taken meanwhile."""
    stop, written = threading.Event(), []

    def write() -> None:
        try:
            with schema_context("city_alpha"):
                while not stop.is_set():
                    number = len(written)
                    with transaction.atomic():
                        OutboxMessage.objects.create(
                            channel="in_app", recipient="x", template="t", dedup_key=f"life{number}"
                        )
                        record_audit(acting_user=None, action="test.pair", subject=("t", number))
                    written.append(number)
        finally:
            connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 20 and writer.is_alive():
            stop.wait(0.01)
        export_city(city=full_city.city, target=places / "busy.wangge", acting_user=None)
    finally:
        stop.set()
        writer.join(30)
    assert len(written) > 20
    city = _import(places / "busy.wangge")
    with schema_context(city.schema_name):
        pairs = AuditEvent.objects.filter(action="test.pair").count()
        assert 20 <= pairs == OutboxMessage.objects.filter(dedup_key__startswith="life").count()
        assert verify_audit().findings == []


def test_memory_stays_small_whatever_the_size(full_city, places):
    """A table of 27 MB goes out and comes in through a few pieces of 1 MB."""
    with as_owner(), schema_context("city_alpha"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bureau_outboxmessage (channel, recipient, template, facts, dedup_key, attempts, last_error)"
            " SELECT 'in_app', 'x', 't', jsonb_build_object('text', repeat(md5(n::text), 12)), 'n' || n, 0, ''"
            " FROM generate_series(1, 60000) n"
        )
    path = places / "large.wangge"
    tracemalloc.start()
    try:
        manifest = export_city(city=full_city.city, target=path, acting_user=None)
        _, exporting = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        city = _import(path)
        _, importing = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    outbox = next(table for table in manifest.tables if table.name == "bureau_outboxmessage")
    assert outbox.rows > 60000 and outbox.bytes > 25e6
    assert exporting < 12e6 and importing < 12e6, (exporting, importing)
    with schema_context(city.schema_name):
        assert OutboxMessage.objects.count() == outbox.rows


def _within_entries(export: Path) -> list[int]:
    """Where some of the packed contents have their middle byte; ZIP's own times and the like may be anything."""
    with zipfile.ZipFile(export) as archive:
        packed = [entry for entry in archive.infolist() if entry.compress_size > 4]
    chosen = [packed[0], packed[len(packed) // 3], packed[len(packed) // 2], packed[-1]]
    content = export.read_bytes()
    places = []
    for entry in chosen:
        name, extra = struct.unpack_from("<HH", content, entry.header_offset + 26)
        places.append(entry.header_offset + 30 + name + extra + entry.compress_size // 2)
    return places


def test_what_was_changed_on_its_way_is_refused_and_leaves_nothing(exported, places):
    connection.set_schema_to_public()
    table = "data/accounts_user.csv"
    target = places / "changed.wangge"

    def user(name, content):
        return content.replace(b"reader", b"raeder") if name == table else content

    assert _code(_import, _rewritten(exported, target, user)) == "EXPORT_DAMAGED"

    def forged(name, content):  # with the checksum made to fit again
        if name == table:
            return content.replace(b"reader", b"raeder")
        if name == "manifest.json":
            document = json.loads(content)
            with zipfile.ZipFile(exported) as archive:
                changed = archive.read(table).replace(b"reader", b"raeder")
            entry = next(row for row in document["tables"] if row["entry"] == table)
            entry["sha256"] = sha256(changed).hexdigest()
            return json.dumps(document).encode()
        return content

    assert _code(_import, _rewritten(exported, target, forged)) == "EXPORT_DAMAGED"
    assert _code(check_export, path=target) == "EXPORT_DAMAGED"

    missing = _rewritten(exported, target, lambda name, content: None if name == table else content)
    assert _code(_import, missing) == "EXPORT_DAMAGED"
    bare = _rewritten(exported, target, lambda name, content: None if name == "manifest.json" else content)
    assert _code(_import, bare) == "EXPORT_UNREADABLE"
    content = exported.read_bytes()
    for cut in (0, 100, len(content) // 2, len(content) - 30):
        target.write_bytes(content[:cut])
        assert _code(_import, target) == "EXPORT_UNREADABLE"
    for place in _within_entries(exported):
        target.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        assert _code(_import, target) in ("EXPORT_DAMAGED", "EXPORT_UNREADABLE", "EXPORT_UNSAFE")
    assert _code(_import, places / "nowhere.wangge") == "EXPORT_UNREADABLE"
    assert _left_behind(places) == []


def test_hostile_entries_and_newer_states_are_refused(exported, places):
    target = places / "hostile.wangge"
    for name in ("files/../../evil", "/etc/passwd", "data/x.csv"):
        _rewritten(exported, target, lambda _, content: content)
        with zipfile.ZipFile(target, "a") as archive:
            archive.writestr(name, b"x")
        assert _code(_import, target) == "EXPORT_UNSAFE"

    def newer(name, content):
        if name != "manifest.json":
            return content
        document = json.loads(content)
        document["migrations"].append(["bureau", "9999_from_tomorrow"])
        return json.dumps(document).encode()

    assert _code(_import, _rewritten(exported, target, newer)) == "EXPORT_NEWER"
    assert _left_behind(places) == []


def test_an_export_for_somebody_else_does_not_open_here(full_city, places, settings):
    own = own_receiving_key()
    settings.WANGGE_DATA_KEY = bytes(range(32))
    other = own_receiving_key()
    settings.WANGGE_DATA_KEY = _reset_key(settings)
    assert other != own == own_receiving_key()
    path = places / "other.wangge"
    assert _code(check_receiving_key, other[:-1] + ("a" if other[-1] != "a" else "b")) == "RECEIVING_KEY"
    export_city(city=full_city.city, target=path, receiver=f" {other}\n", acting_user=None)
    assert check_export(path=path)[1] is None
    assert _code(_import, path) == "EXPORT_OTHER_RECEIVER"
    assert _left_behind(places) == []


def _reset_key(settings):
    from wangge.shell import settings as shipped

    return shipped.WANGGE_DATA_KEY


class Boom(Exception):
    """The failure that a test brings about."""


def _boom(*args, **named):
    raise Boom


def _exchange_and_spoil_the_commit(*args):
    """The files are in place, and then the transaction cannot commit."""
    undo, finish = city_files.exchange_folder(*args)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.registry_domain (domain, is_primary, tenant_id) VALUES ('x', false, 0)"
        )
    return undo, finish


MOMENTS = {
    "tenants.registry.services.imports.unpack_files": _boom,
    "tenants.registry.services.loading.raise_sequences": _boom,
    "tenants.registry.services.imports.seal_imported": _boom,
    "tenants.registry.services.imports.exchange_folder": _exchange_and_spoil_the_commit,
}


def test_an_import_that_fails_at_any_moment_leaves_nothing(exported, places):
    for place, failure in MOMENTS.items():
        with pytest.MonkeyPatch.context() as patch, pytest.raises((Boom, IntegrityError)):
            patch.setattr(place, failure)
            _import(exported)
        assert _left_behind(places) == [], place
    for named in ({"slug": "beta", "hosts": ["life3.test"]}, {"slug": "life3", "hosts": ["beta.test"]}):
        assert _code(import_city, path=exported, name="x", acting_user=None, **named) == "CITY_EXISTS"
        assert _left_behind(places) == []
    assert _import(exported).slug == "life2"


def test_an_older_state_is_built_as_it_was_and_brought_forward(full_city, places, digests):
    """Alpha goes back by a migration, is exported from there, and arrives in the state of today."""
    with as_owner(), schema_context("city_alpha"):
        executor = MigrationExecutor(connection)
        executor.migrate([("bureau", _the_last_but_one("bureau"))])
    path = places / "older.wangge"
    export_city(city=full_city.city, target=path, acting_user=None)
    with snapshot("city_alpha") as rows:
        older = rows.migrations()
    assert not older >= product_state()
    city = _import(path)
    with snapshot(city.schema_name) as rows:
        assert rows.migrations() >= product_state()
        arrived = rows.tables()
    with snapshot("city_beta") as rows:
        assert arrived == rows.tables()
    with schema_context(city.schema_name):
        assert verify_audit().findings == []
    with connection.cursor() as cursor:  # the operator's work whoever has signed in, who may then drop it
        cursor.execute(
            "SELECT DISTINCT grantor::regrole::text FROM pg_auth_members WHERE roleid = %s::regrole"
            " AND member = %s::regrole",
            [f"wanggetest_{city.schema_name}", "wanggetest_web"],
        )
        assert cursor.fetchall() == [("wanggetest_operator",)]
    assert (
        digests(city.schema_name)["citylayers_fitnesssite"] == digests("city_alpha")["citylayers_fitnesssite"]
    )


def _the_last_but_one(label):
    return sorted(name for app, name in product_state() if app == label)[-2]
