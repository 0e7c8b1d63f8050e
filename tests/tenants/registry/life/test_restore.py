"""One city goes back to its backup; the others notice nothing.

Rule: X01
"""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections
from django.utils import timezone
from django_tenants.utils import schema_context

from gis.layers.models import FitnessSite
from tenants.accounts.models import AuditEvent, User
from tenants.accounts.services import record_audit, seal_audit
from tenants.accounts.services.verify import verify_audit
from tenants.registry.models import City
from tenants.registry.queries import backups_of
from tenants.registry.services.audit_heads import keep_audit_heads
from tenants.registry.services.backups import backup_city, backup_path, remove_old_exports
from tenants.registry.services.files import remove_left_over
from tenants.registry.services.imports import restore_city
from tenants.registry.services.lifecycle import drop_due_city, schedule_drop, suspend_city
from tenants.registry.services.queue import enqueue
from wangge.errors import RuleBroken


def _files(city):
    with schema_context(city.schema_name):
        folder = Path(default_storage.path(""))
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# What a restore itself writes, and what never travels.
_OTHERWISE = {
    "accounts_auditevent",
    "accounts_auditlink",
    "accounts_datakey",
    "accounts_idempotencyrecord",
    "accounts_signedinsession",
    "accounts_signinfailure",
    "bureau_backgroundjob",
    "bureau_cityprofile",
    "bureau_outboxmessage",
    "django_migrations",
    "django_session",
}


def test_drill_a_city_goes_back_while_its_neighbour_is_written(full_city, places, digests, api):
    """The drill of docs/operations.md, with a neighbour that goes on working."""
    city = full_city.city
    backup = backup_city(city=city, acting_user=None)
    assert City.objects.get(slug="alpha").backed_up_at == backup.taken_at
    then, beta_then = digests("city_alpha"), digests("city_beta")
    with schema_context("city_alpha"):
        site = FitnessSite.objects.order_by("-id").first()
        for _ in range(5):
            site.pk = None
            site.save()
        last_id = site.pk
        FitnessSite.objects.filter(name="中文").delete()
        default_storage.save("layer_import/later.csv", ContentFile(b"later"))
        default_storage.delete(full_city.file_key)
    enqueue(task="layers.import", arguments={"city": "city_alpha", "job_id": 999})
    suspend_city(city=city, message="", acting_user=None)

    stop, written = threading.Event(), []

    def neighbour():
        try:
            with schema_context("city_beta"):
                while not stop.is_set():
                    record_audit(acting_user=None, action="test.neighbour", subject=("t", len(written)))
                    written.append(1)
        finally:
            connections.close_all()

    writer = threading.Thread(target=neighbour)
    writer.start()
    try:
        restore_city(city=city, path=backup_path("alpha", backup.name), acting_user=None)
    finally:
        stop.set()
        writer.join(30)

    now, beta_now = digests("city_alpha"), digests("city_beta")
    assert {name for name in then if then[name] != now[name]} <= _OTHERWISE
    assert {name for name in beta_then if beta_then[name] != beta_now[name]} == {"accounts_auditevent"}
    with schema_context("city_beta"):
        assert AuditEvent.objects.filter(action="test.neighbour").count() == len(written) > 0
    assert _files(city) == ["one.csv"]
    with schema_context("city_alpha"), default_storage.open(full_city.file_key) as kept:
        assert kept.read() == full_city.file_content
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args->>'city' = 'city_alpha'")
        assert cursor.fetchone() == (0,)
    with schema_context("city_alpha"):
        site = FitnessSite.objects.order_by("-id").first()
        site.pk = None
        site.save()
        assert site.pk > last_id  # ids given since the backup are not given again
        assert verify_audit().findings == []
    assert City.objects.get(slug="alpha").suspended_at is not None
    city_api = api(city)
    city_api.secret = full_city.token
    assert city_api.get("layers").status_code == 200
    assert AuditEvent.objects.filter(action="city.restore").count() == 1


def test_the_audit_chain_is_sound_after_a_restore_that_took_it_back(full_city, capsys):
    """The end that was kept in public lies beyond the restored chain, which then grows past it."""

    def grow(name):
        with schema_context("city_alpha"):
            for number in range(20):
                record_audit(acting_user=None, action=name, subject=("t", number))
            seal_audit()
        keep_audit_heads()

    backup = backup_city(city=full_city.city, acting_user=None)
    grow("test.before")
    suspend_city(city=full_city.city, message="", acting_user=None)
    restore_city(city=full_city.city, path=backup_path("alpha", backup.name), acting_user=None)
    call_command("verify_audit", city="alpha")
    grow("test.after")
    grow("test.later")
    call_command("verify_audit", city="alpha")
    assert capsys.readouterr().out.count("未发现问题") == 2


def test_a_restore_that_fails_leaves_the_old_state(full_city, places, digests):
    city = full_city.city
    backup = backup_city(city=city, acting_user=None)
    with schema_context("city_alpha"):
        FitnessSite.objects.all().delete()
        default_storage.save("layer_import/later.csv", ContentFile(b"later"))
    before, files = digests("city_alpha"), _files(city)
    path = backup_path("alpha", backup.name)
    with pytest.raises(RuleBroken) as refused:
        restore_city(city=city, path=path, acting_user=None)
    assert refused.value.code == "CITY_NOT_SUSPENDED"
    suspend_city(city=city, message="", acting_user=None)

    class Boom(Exception):
        pass

    def boom(*args, **named):
        raise Boom

    for place in ("loading.raise_sequences", "imports.settle_city", "imports.exchange_folder"):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Boom):
            patch.setattr(f"tenants.registry.services.{place}", boom)
            restore_city(city=city, path=path, acting_user=None)
        assert (digests("city_alpha"), _files(city)) == (before, files), place
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RuleBroken):
        restore_city(city=city, path=path, acting_user=None)
    path.write_bytes(content)
    beta = City.objects.get(slug="beta")
    with pytest.raises(RuleBroken) as refused:
        restore_city(city=beta, path=path, acting_user=None)
    assert refused.value.code == "OTHER_CITY"
    assert (digests("city_alpha"), _files(city)) == (before, files)


def test_a_dropped_city_is_brought_back_by_command(full_city, places, api, capsys):
    city, now = full_city.city, timezone.now()
    with pytest.raises(CommandError, match="CONFIRMATION_MISMATCH"):
        call_command("drop_city", "alpha", typed="beta")
    schedule_drop(city=city, typed_slug="alpha", acting_user=None, now=now - timedelta(minutes=1))
    drop_due_city(city=City.objects.get(slug="alpha"), acting_user=None, now=now, without_grace=True)
    assert api("alpha.test").get("me").status_code == 404
    path = backup_path("alpha", backups_of("alpha")[0].name)
    call_command("check_export", str(path))
    call_command("restore_city", "alpha", str(path))
    assert "已找回" in capsys.readouterr().out
    back = City.objects.get(slug="alpha")
    assert (back.suspended_at, back.drop_after) == (None, None)
    city_api = api("alpha.test")
    city_api.secret = full_city.token
    assert city_api.get("layers").status_code == 200
    with schema_context("city_alpha"):
        assert User.objects.filter(username="reader").exists()
        with default_storage.open(full_city.file_key) as kept:
            assert kept.read() == full_city.file_content


def test_only_the_last_backups_are_kept(full_city, places, settings):
    settings.WANGGE_BACKUP_KEEP = 2
    (places / "backups" / "alpha").mkdir(parents=True)
    by_hand = places / "backups" / "alpha" / "before-the-move.wangge"
    by_hand.write_bytes(b"x")
    names = [backup_city(city=full_city.city, acting_user=None).name for _ in range(3)]
    assert [backup.name for backup in backups_of("alpha")] == names[:0:-1]
    assert by_hand.exists()
    with pytest.raises(RuleBroken) as refused:
        backup_path("alpha", "../beta/x.wangge")
    assert refused.value.status == 404


def test_what_killed_work_left_is_removed_after_a_day(places, settings):
    part = places / "exports" / "alpha" / "a.wangge.part"
    incoming = places / "files" / ".incoming-1"
    old, fresh = places / "exports" / "alpha" / "old.wangge", places / "exports" / "alpha" / "new.wangge"
    former = places / "files" / ".former-city_alpha-1"
    part.parent.mkdir(parents=True)
    for path in (part, old, fresh):
        path.write_bytes(b"x")
    for folder in (incoming, former):
        folder.mkdir(parents=True)
    now = timezone.now()
    assert (remove_left_over(now=now), remove_old_exports(now=now)) == (0, 0)
    os.utime(old, (0, 0))
    assert remove_left_over(now=now + timedelta(days=2)) == 2
    assert remove_old_exports(now=now) == 1
    assert (part.exists(), incoming.exists(), old.exists()) == (False, False, False)
    assert fresh.exists() and former.exists()


def test_a_file_that_is_none_is_told_before_the_city_is_closed(alpha, tmp_path):
    broken = tmp_path / "broken.wangge"
    broken.write_bytes(b"no export")
    for path in (broken, tmp_path / "absent.wangge"):
        with pytest.raises(CommandError):
            call_command("restore_city", "alpha", str(path), typed="alpha")
    alpha.refresh_from_db()
    assert alpha.suspended_at is None
