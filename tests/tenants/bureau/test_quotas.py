"""A city's quota is the operator's, is copied into the city, and holds to the byte, for two uploads at once too."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import ProgrammingError, connection, transaction
from django_tenants.utils import schema_context

from gis.layers.services.uploads import digest_of, store_upload
from tenants.accounts.models import AuditEvent, User
from tenants.bureau.models import CityProfile, Grant, OrgUnit, StoredFile
from tenants.bureau.queries.storage import storage_use
from tenants.bureau.services.quotas import check_storage, describe_city, set_city_quotas
from tenants.registry.models import City
from wangge.errors import RuleBroken


def _quota(city, storage_quota_bytes):
    return set_city_quotas(
        city=city, storage_quota_bytes=storage_quota_bytes, job_slots=3, job_quota=50, acting_user=None
    )


def _store(user, content: bytes) -> StoredFile:
    upload = ContentFile(content, name="roads.geojson")
    return store_upload(
        upload=upload, name="roads.geojson", sha256=digest_of(upload), unit_path="/", acting_user=user
    )


@pytest.fixture
def gis(alpha, make_user):
    return make_user(alpha, "gis", ["layer.import", "job.view"])


def test_quotas_stand_in_public_and_in_the_city_with_audit_in_both(alpha):
    city = _quota(alpha, 5 * 1024**3)
    assert (city.storage_quota_bytes, city.job_slots, city.job_quota) == (5 * 1024**3, 3, 50)
    row = AuditEvent.objects.get(action="city.set_quotas")
    assert row.before["storage_quota_bytes"] == 20 * 1024**3
    assert row.after == {"storage_quota_bytes": 5 * 1024**3, "job_slots": 3, "job_quota": 50}
    with schema_context(alpha.schema_name):
        assert CityProfile.objects.get().storage_quota_bytes == 5 * 1024**3
        assert AuditEvent.objects.filter(action="city.set_quotas").count() == 1


def test_an_operators_act_is_not_taken_for_that_of_the_citys_user_with_the_same_id(alpha, make_user, api):
    li = make_user(alpha, "li", ["audit.view"])
    operator = User.objects.create(id=li.pk, username="li", display_name="测试运维")
    for acting in (operator, User.objects.get(pk=li.pk)):  # as it was made, and as a request reads it
        describe_city(city=alpha, name="阿尔法新市", data_label="", acting_user=acting)
        set_city_quotas(city=alpha, storage_quota_bytes=1, job_slots=1, job_quota=1, acting_user=acting)
    told = AuditEvent.objects.filter(action__in=["city.describe", "city.set_quotas"])
    assert {(row.actor_id, row.actor_label) for row in told} == {(operator.pk, "li")}, (
        "in public it is the operator"
    )
    with schema_context(alpha.schema_name):
        county = OrgUnit.objects.create(
            level="county", name="甲区", parent=OrgUnit.objects.get(), valid_from=date(2020, 1, 1)
        )
        county.path = f"{county.parent.path}{county.pk}/"
        county.save()
        assert {(row.actor_id, row.actor_label) for row in told.all()} == {(None, "operator:li")}
    whole, district = api(alpha, li), api(alpha, make_user(alpha, "district", ["audit.view"], county))
    rows = whole.get("audit-events?action=city.describe").json()["results"]
    assert [row["actor_label"] for row in rows] == ["operator:li"] * 2
    for mine in (f"actor_id={li.pk}", "actor_label=li"):
        assert whole.get(f"audit-events?action=city.describe&{mine}").json()["results"] == []
    with schema_context(alpha.schema_name):
        Grant.objects.create(
            user=li, permission="grid.view", unit=county
        )  # li's own acts are the district's to see
    assert district.get("audit-events?action=city.describe").json()["results"] == []


def test_a_name_is_changed_in_both_places(alpha):
    describe_city(city=alpha, name="阿尔法新市", data_label="几何为生成数据", acting_user=None)
    assert City.objects.get(pk=alpha.pk).name == "阿尔法新市"
    with schema_context(alpha.schema_name):
        assert CityProfile.objects.get().data_label == "几何为生成数据"


def test_a_bad_quota_changes_nothing(alpha):
    with pytest.raises(RuleBroken) as refused:
        set_city_quotas(city=alpha, storage_quota_bytes=1, job_slots=0, job_quota=1, acting_user=None)
    assert refused.value.code == "QUOTA_RANGE"
    assert City.objects.get(pk=alpha.pk).storage_quota_bytes == 20 * 1024**3


def test_a_city_cannot_raise_its_own_quota(in_alpha):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        CityProfile.objects.update(storage_quota_bytes=2**50)


def test_a_file_that_just_fills_the_quota_is_kept_and_one_byte_more_is_not(alpha, gis):
    with schema_context(alpha.schema_name):
        used = storage_use().used_bytes
    _quota(alpha, used + 10)
    with schema_context(alpha.schema_name):
        with pytest.raises(RuleBroken) as refused:
            _store(gis, b"x" * 11)
        assert (refused.value.code, refused.value.status) == ("STORAGE_QUOTA", 413)
        assert refused.value.facts["needed_bytes"] == 11
        assert not StoredFile.objects.exists()
        with transaction.atomic():
            check_storage(added_bytes=10)


def test_the_same_bytes_again_need_no_room(alpha, gis):
    with schema_context(alpha.schema_name):
        kept = _store(gis, b"the same")
    _quota(alpha, 0)
    with schema_context(alpha.schema_name):
        assert _store(gis, b"the same") == kept
        with pytest.raises(RuleBroken):
            _store(gis, b"another")


def test_an_upload_past_the_quota_is_413_with_the_figures(alpha, gis, api):
    _quota(alpha, 1024)
    answer = api(alpha, gis).post(
        "layer-imports",
        {"kind": "streets", "file": ContentFile(b'{"type":"FeatureCollection"}', name="s.geojson")},
    )
    assert answer.status_code == 413, answer.content
    document = answer.json()
    assert document["code"] == "STORAGE_QUOTA"
    assert document["facts"]["quota_bytes"] == 1024
    assert "配额" in document["message"]["zh"]
    assert "operator" in document["how_to_fix"]["en"]


def test_the_citys_own_people_see_how_full_it_is(alpha, gis, make_user, api):
    with schema_context(alpha.schema_name):
        used = storage_use().used_bytes
    seen = api(alpha, gis).get("storage").json()
    assert seen["state"] == "free"
    assert seen["used_bytes"] == seen["table_bytes"] + seen["file_bytes"]
    _quota(alpha, int(used * 1.1))
    assert api(alpha, gis).get("storage").json()["state"] == "warning"
    assert api(alpha, make_user(alpha, "nobody")).get("storage").status_code == 403
    assert api(alpha).get("storage").status_code == 401


def test_two_uploads_at_once_do_not_both_slip_through(committed_database, alpha, make_user):
    """Each fits alone, both together do not: the second waits for the first and is measured with it."""
    user = make_user(alpha, "gis", ["layer.import"])
    content = [b"a" * 200_000, b"b" * 200_000]
    with schema_context(alpha.schema_name):
        used = storage_use().used_bytes
    _quota(alpha, used + 300_000)
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def store(body: bytes) -> None:
        try:
            with schema_context(alpha.schema_name):
                ready.wait(20)
                _store(User.objects.get(pk=user.pk), body)
            outcomes.append("kept")
        except RuleBroken as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=store, args=(body,)) for body in content]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["STORAGE_QUOTA", "kept"]
    with schema_context(alpha.schema_name):
        assert StoredFile.objects.count() == 1
