"""A city that is carried to another name works there as it did before.

Rule: X01
"""

from __future__ import annotations

import geopandas as gpd
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django_tenants.utils import schema_context
from shapely import Point

from tenants.accounts.models import AuditEvent, SignInFailure
from tenants.accounts.queries import sealer
from tenants.accounts.services.verify import verify_audit
from tenants.bureau.models import BackgroundJob, CityProfile, OutboxMessage
from tenants.registry.rules.export_manifest import IN_MANIFEST, LEFT_OUT
from tenants.registry.services.export import export_city
from tenants.registry.services.imports import import_city


@pytest.fixture
def carried(full_city, places, digests):
    """Alpha, exported and imported as life1."""
    before = digests("city_alpha")
    path = places / "alpha.wangge"
    export_city(city=full_city.city, target=path, acting_user=None)
    city = import_city(
        path=path, slug="life1", name="新市", hosts=["life1.test", "life1b.test"], acting_user=None
    )
    return city, before


def test_everything_works_under_the_new_name(carried, full_city, api):
    city, _ = carried
    old = api("alpha.test")
    old.secret = full_city.token
    new = api("life1.test")
    new.secret = full_city.token
    for path in ("layers", "layers/fitness_sites/features?limit=200", "grid-plans"):
        here, there = new.get(path), old.get(path)
        assert here.status_code == there.status_code == 200, here.content
        assert here.content.replace(b"life1.test", b"alpha.test") == there.content
    signed_in = api("life1b.test").post("sessions", {"username": "reader", "password": full_city.password})
    assert signed_in.status_code == 201, signed_in.content
    with schema_context(city.schema_name):
        assert sealer().open(full_city.sealed, purpose=full_city.purpose) == full_city.secret
        with default_storage.open(full_city.file_key) as kept:
            assert kept.read() == full_city.file_content
        profile = CityProfile.objects.get()
        assert profile.name == "新市"
    assert AuditEvent.objects.filter(action="city.import", subject_id=str(city.pk)).count() == 1


def test_rows_are_equal_but_for_what_a_move_changes(carried, digests):
    city, before = carried
    after = digests(city.schema_name)
    assert set(after) == set(before)
    changed = {name for name in before if before[name] != after[name]}
    written_since = {
        "accounts_auditevent",
        "accounts_auditlink",
        "bureau_cityprofile",
        "bureau_backgroundjob",
        "bureau_outboxmessage",
    }
    assert changed <= LEFT_OUT | IN_MANIFEST | written_since
    with schema_context(city.schema_name):
        assert SignInFailure.objects.count() == 0
        assert [m.channel for m in OutboxMessage.objects.filter(given_up_at=None)] == ["in_app"]
        assert {job.problem["code"] for job in BackgroundJob.objects.all()} == {"JOB_LEFT_BEHIND"}


def test_new_rows_meet_no_old_id_and_the_chain_goes_on(carried, make_user):
    city, _ = carried
    newcomer = make_user(city, "newcomer", ["layer.view"])
    with schema_context(city.schema_name):
        assert AuditEvent.objects.filter(action="test.unsealed").get().reason == '引号 " 和\n换行 \\N'
        report = verify_audit()
        assert (report.findings, report.eras) == ([], 2)
    assert newcomer.pk > 0


def test_a_file_is_brought_into_the_new_city_by_a_job(carried, full_city, api, run_jobs, places):
    city, _ = carried
    path = places / "new.gpkg"
    frame = gpd.GeoDataFrame({"name": ["新站"]}, geometry=[Point(113.21, 35.21)], crs="EPSG:4490")
    frame.to_file(path, driver="GPKG")
    new = api("life1.test")
    new.secret = full_city.token
    with path.open("rb") as upload:
        asked = new.post("layer-imports", {"kind": "fitness_sites", "crs": "EPSG:4490", "file": upload})
    assert asked.status_code in (201, 202), asked.content
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.procrastinate_jobs WHERE args->>'city' = 'city_life1'")
        assert cursor.fetchone() == (1,)
    assert [job.state for job in run_jobs(city)] == ["succeeded"]
    sites = new.get("layers/fitness_sites/features").json()["features"]
    assert [site["properties"]["name"] for site in sites] == ["新站"]
