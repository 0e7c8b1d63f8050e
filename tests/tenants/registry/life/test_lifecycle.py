"""Suspending, resuming, renaming hosts, and dropping with a time of grace.

Rule: X01
"""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from tenants.accounts.models import AuditEvent
from tenants.registry.models import City, Domain
from tenants.registry.queries import backups_of, standing_of
from tenants.registry.rules.city_life import LEARNT_WITHIN_S, CityState
from tenants.registry.services import waiting
from tenants.registry.services.cities import add_domain, make_primary_domain, remove_domain, rename_domain
from tenants.registry.services.lifecycle import (
    cancel_drop,
    drop_due_cities,
    drop_due_city,
    resume_city,
    schedule_drop,
    suspend_city,
)
from tenants.registry.services.queue import enqueue
from wangge.errors import RuleBroken
from wangge.shell.middleware import forget_cities


def _code(call, *args, **named):
    with pytest.raises(RuleBroken) as refused:
        call(*args, **named)
    return refused.value.code


def _actions():
    return list(AuditEvent.objects.filter(action__startswith="city.").values_list("action", flat=True))


@pytest.mark.django_db
def test_a_city_is_suspended_and_resumed(alpha, api, make_user):
    user = make_user(alpha, "reader", ["layer.view"])
    suspend_city(city=alpha, message="机房迁移，暂停写入", acting_user=None)
    forget_cities()
    city = api(alpha, user)
    assert city.get("layers").status_code == 200
    refused = city.post("tokens", {"name": "x"})
    assert (refused.status_code, refused.json()["detail"]) == (403, "机房迁移，暂停写入")
    suspend_city(city=alpha, message="", acting_user=None)
    resume_city(city=alpha, acting_user=None)
    forget_cities()
    assert city.post("tokens", {"name": "x"}).json()["code"] != "CITY_SUSPENDED"
    assert _code(resume_city, city=alpha, acting_user=None) == "INVALID_TRANSITION"
    assert _actions()[-3:] == ["city.suspend", "city.suspend", "city.resume"]


@pytest.mark.django_db
def test_people_sign_in_and_out_of_a_suspended_city(alpha, api):
    suspend_city(city=alpha, message="", acting_user=None)
    forget_cities()
    city = api(alpha)
    signed_in = city.post("sessions", {"username": "root", "password": "invented-Pass-2026"})
    assert signed_in.status_code != 403, signed_in.content
    wrong = city.post("sessions", {"username": "root", "password": "wrong-Pass-2026"})
    assert wrong.status_code == 401


@pytest.mark.django_db
def test_a_drop_needs_the_typed_name_and_can_be_taken_back(alpha, api, settings):
    settings.WANGGE_DROP_GRACE_DAYS = 3
    now = timezone.now()
    assert _code(schedule_drop, city=alpha, typed_slug="beta", acting_user=None, now=now) == (
        "CONFIRMATION_MISMATCH"
    )
    city = schedule_drop(city=alpha, typed_slug="alpha", acting_user=None, now=now)
    assert city.drop_after == now + timedelta(days=3)
    assert standing_of(City.objects.get(pk=alpha.pk)).state is CityState.TO_BE_DROPPED
    forget_cities()
    told = api(alpha).post("tokens", {"name": "x"}).json()
    assert told["code"] == "CITY_SUSPENDED" and city.drop_after.date().isoformat() in told["detail"]
    assert _code(resume_city, city=alpha, acting_user=None) == "INVALID_TRANSITION"
    assert _code(suspend_city, city=alpha, message="", acting_user=None) == "INVALID_TRANSITION"
    assert _code(drop_due_city, city=city, acting_user=None, now=now) == "GRACE_NOT_OVER"
    assert drop_due_cities(now=now + timedelta(days=2)) == []
    cancel_drop(city=alpha, acting_user=None)
    assert standing_of(City.objects.get(pk=alpha.pk)).state is CityState.SUSPENDED
    assert _code(cancel_drop, city=alpha, acting_user=None) == "INVALID_TRANSITION"
    assert _code(drop_due_city, city=City.objects.get(pk=alpha.pk), acting_user=None, now=now) == (
        "INVALID_TRANSITION"
    )


@pytest.mark.django_db
def test_hosts_are_added_renamed_and_removed_but_for_the_last(alpha, beta, api):
    assert _code(remove_domain, city=alpha, host="alpha.test", acting_user=None) == "LAST_HOST"
    add_domain(city=alpha, host="second.test", acting_user=None)
    assert api("second.test").get("me").status_code == 401
    assert _code(add_domain, city=alpha, host="beta.test", acting_user=None) == "CITY_EXISTS"
    assert _code(add_domain, city=alpha, host="no host", acting_user=None) == "CITY_HOST"
    make_primary_domain(city=alpha, host="second.test", acting_user=None)
    assert Domain.objects.get(tenant=alpha, is_primary=True).domain == "second.test"
    rename_domain(city=alpha, old_host="second.test", new_host="third.test", acting_user=None)
    named = {"city": alpha, "acting_user": None}
    assert _code(rename_domain, **named, old_host="second.test", new_host="x.test") == "NOT_FOUND"
    assert _code(rename_domain, **named, old_host="third.test", new_host="beta.test") == "CITY_EXISTS"
    assert _code(rename_domain, **named, old_host="beta.test", new_host="x.test") == "NOT_FOUND"
    remove_domain(city=alpha, host="third.test", acting_user=None)
    assert Domain.objects.get(tenant=alpha).is_primary
    forget_cities()
    assert api("third.test").get("me").status_code == 404


def test_a_city_that_is_due_is_backed_up_and_then_gone(full_city, digests):
    city, now = full_city.city, timezone.now()
    beta_before = digests("city_beta")
    enqueue(task="layers.import", arguments={"city": "city_alpha", "job_id": 1})
    schedule_drop(city=city, typed_slug="alpha", acting_user=None, now=now - timedelta(days=31))
    assert drop_due_cities(now=now) == ["alpha"]
    assert not City.objects.filter(slug="alpha").exists()
    assert len(backups_of("alpha")) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'city_alpha'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args->>'city' = 'city_alpha'")
        assert cursor.fetchone() == (0,)
    assert digests("city_beta") == beta_before


def _run(job):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job])


def test_a_drop_waits_for_running_jobs_and_backs_up_after_them(full_city):
    city, now = full_city.city, timezone.now()
    _run(enqueue(task="layers.import", arguments={"city": "city_alpha", "job_id": 1}))
    city = schedule_drop(city=city, typed_slug="alpha", acting_user=None, now=now - timedelta(days=31))
    seen = []

    def end_the_job():
        try:
            time.sleep(1.2)
            seen.append((City.objects.filter(slug="alpha").exists(), len(backups_of("alpha"))))
            with connection.cursor() as cursor:
                cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'doing'")
        finally:
            connections.close_all()

    worker = threading.Thread(target=end_the_job)
    worker.start()
    drop_due_city(city=city, acting_user=None, now=now)
    worker.join(30)
    assert seen == [(True, 0)]
    assert not City.objects.filter(slug="alpha").exists()


def test_a_city_whose_job_does_not_end_is_not_dropped(full_city, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE_S", 0)
    city, now = full_city.city, timezone.now()
    _run(enqueue(task="layers.import", arguments={"city": "city_alpha", "job_id": 1}))
    city = schedule_drop(city=city, typed_slug="alpha", acting_user=None, now=now - timedelta(days=31))
    assert _code(drop_due_city, city=city, acting_user=None, now=now) == "CITY_BUSY"
    assert drop_due_cities(now=now) == []
    with pytest.raises(CommandError, match=r"CITY_BUSY.*\n.*try again shortly"):
        call_command("drop_city", "alpha", typed="alpha", now=True)
    assert City.objects.filter(slug="alpha").exists() and backups_of("alpha") == []


def test_a_city_in_use_is_read_only_for_everybody_before_its_last_backup(full_city):
    """What a server that has not learnt of it still writes is in the backup."""
    call_command("drop_city", "alpha", typed="alpha", without_grace=True)
    assert not City.objects.filter(slug="alpha").exists()
    asked = AuditEvent.objects.get(action="city.schedule_drop").at
    assert backups_of("alpha")[0].taken_at - asked >= timedelta(seconds=LEARNT_WITHIN_S)


def test_a_running_server_learns_of_a_suspension(live_alpha, alpha):
    def write():
        request = Request(
            f"{live_alpha}/api/v1/tokens", data=b"{}", headers={"Content-Type": "application/json"}
        )
        with pytest.raises(HTTPError) as refused:
            urlopen(request, timeout=10)
        return json.load(refused.value)["code"]

    assert write() == "NOT_SIGNED_IN"
    suspend_city(city=alpha, message="", acting_user=None)
    patience_ends = time.monotonic() + 20
    while (code := write()) != "CITY_SUSPENDED" and time.monotonic() < patience_ends:
        time.sleep(0.2)
    assert code == "CITY_SUSPENDED"
