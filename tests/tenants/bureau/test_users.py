"""People and their rights: nobody hands out more than may be handed out, or reaches beyond the own units."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.accounts.models import AuditEvent, SignedInSession, TotpDevice
from tenants.accounts.queries import token_by_secret
from tenants.bureau.models import Grant, OrgUnit
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from tenants.bureau.services.users import write_grants

pytestmark = pytest.mark.django_db
PASSWORD = "invented-Pass-2026"
FAR = datetime(2099, 1, 1, tzinfo=UTC)
MANAGES = ["user.view", "user.manage"]


@pytest.fixture
def districts(in_alpha):
    root = root_unit()
    made = [
        OrgUnit.objects.create(level="county", name=name, parent=root, valid_from=date(2020, 1, 1))
        for name in ("甲区", "乙区")
    ]
    for unit in made:
        unit.path = f"{root.path}{unit.pk}/"
        unit.save()
    return made


@pytest.fixture
def bureau(alpha, districts, make_user, api):
    return api(alpha, make_user(alpha, "bureau", [*MANAGES, "user.administer"]))


@pytest.fixture
def district(alpha, districts, make_user, api):
    return api(
        alpha,
        make_user(alpha, "district", [*MANAGES, *ROLE_TEMPLATES["grid_leader"].permissions], districts[0]),
    )


def new_user(name, **given):
    return {"username": name, "display_name": "测试人员", "password": PASSWORD} | given


def grants(user_id):
    return set(Grant.objects.filter(user_id=user_id).values_list("permission", flat=True))


def test_the_bureau_creates_a_person_and_gives_a_role(bureau, districts, in_alpha):
    made = bureau.post("users", new_user("Wang", role="gis_staff", unit_id=districts[0].pk))
    assert made.status_code == 201, made.content
    assert "password" not in made.json()
    connection.set_tenant(in_alpha)
    assert grants(made.json()["id"]) == ROLE_TEMPLATES["gis_staff"].permissions
    listed = bureau.get(f"users/{made.json()['id']}/grants").json()["results"]
    assert {row["role_name"] for row in listed} == {"gis_staff"}
    connection.set_tenant(in_alpha)
    assert AuditEvent.objects.filter(action="grant.give").exists()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"username": "bureau"}, 409, "USERNAME_TAKEN"),
        ({"username": "operator:ops"}, 422, "USERNAME_FORMAT"),
        ({"password": "password12"}, 422, "PASSWORD_TOO_WEAK"),
        ({"role": "emperor", "unit_id": 1}, 422, "ROLE_UNKNOWN"),
        ({"role": "grid_leader", "unit_id": 10**9}, 404, "NOT_FOUND"),
    ],
)
def test_a_refused_person_is_not_created(bureau, changes, status, code):
    before = len(bureau.get("users").json()["results"])
    answer = bureau.post("users", new_user("neu") | changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(bureau.get("users").json()["results"]) == before


def test_a_district_creates_people_for_its_own_units_only(district, districts, in_alpha):
    nowhere = district.post("users", new_user("a"))
    assert (nowhere.status_code, nowhere.json()["code"]) == (403, "PERMISSION_DENIED")
    elsewhere = district.post("users", new_user("b", role="grid_leader", unit_id=districts[1].pk))
    assert elsewhere.status_code == 403
    too_much = district.post("users", new_user("c", role="gis_staff", unit_id=districts[0].pk))
    assert (too_much.status_code, too_much.json()["code"]) == (403, "GRANT_BEYOND_OWN")
    made = district.post("users", new_user("d", role="grid_leader", unit_id=districts[0].pk))
    assert made.status_code == 201, made.content
    names = [row["username"] for row in district.get("users").json()["results"]]
    assert names == ["district", "d"]


def test_a_district_cannot_touch_who_holds_more(alpha, district, districts, make_user):
    wide = make_user(alpha, "wide", ["grid.view"])
    Grant.objects.create(user=wide, permission="grid.view", unit=districts[0])
    found = district.get(f"users/{wide.pk}")
    assert found.status_code == 200
    answer = district.patch(f"users/{wide.pk}", {"is_active": False}, If_Match=found["ETag"])
    assert (answer.status_code, answer.json()["code"]) == (403, "USER_BEYOND_OWN")
    assert len(district.get(f"users/{wide.pk}/grants").json()["results"]) == 1


@pytest.fixture
def officer(alpha, make_user, api):
    """A district officer whose rights reach the whole city, as a hasty administrator once granted them."""
    return api(alpha, make_user(alpha, "officer", sorted(ROLE_TEMPLATES["district_officer"].permissions)))


def test_an_officer_does_not_take_over_the_administrators_account(alpha, officer, api):
    admin = next(row for row in officer.get("users").json()["results"] if row["username"] == "root")
    etag = officer.get(f"users/{admin['id']}")["ETag"]
    for change in ({"password": "taken-Over-2026"}, {"is_active": False}):
        answer = officer.patch(f"users/{admin['id']}", change, If_Match=etag)
        assert (answer.status_code, answer.json()["code"]) == (403, "USER_HOLDS_MORE"), answer.content
        assert "您没有的权限" in answer.json()["message"]["zh"]
    assert api(alpha).post("sessions", {"username": "root", "password": PASSWORD}).status_code == 201


def test_an_officer_hands_out_no_right_he_does_not_hold(alpha, officer, make_user, in_alpha):
    friend = make_user(alpha, "friend", ["grid.view"])
    root = root_unit()
    for permission in ("policy.edit", "user.administer"):
        answer = officer.post(f"users/{friend.pk}/grants", {"permissions": [permission], "unit_id": root.pk})
        assert (answer.status_code, answer.json()["code"]) == (403, "GRANT_BEYOND_OWN")
    whole = officer.post(f"users/{friend.pk}/grants", {"role": "bureau_admin", "unit_id": root.pk})
    assert (whole.status_code, whole.json()["code"]) == (403, "GRANT_BEYOND_OWN")
    made = officer.post("users", new_user("accomplice", role="bureau_admin", unit_id=root.pk))
    assert (made.status_code, made.json()["code"]) == (403, "GRANT_BEYOND_OWN")
    connection.set_tenant(in_alpha)
    assert grants(friend.pk) == {"grid.view"}


def test_an_officer_neither_adds_to_nor_takes_from_who_holds_more(alpha, officer, districts, in_alpha):
    admin = Grant.objects.filter(permission="policy.edit").get()
    given = officer.post(
        f"users/{admin.user_id}/grants", {"permissions": ["grid_plan.review"], "unit_id": districts[0].pk}
    )
    assert (given.status_code, given.json()["code"]) == (403, "USER_HOLDS_MORE")
    connection.set_tenant(in_alpha)
    shared = Grant.objects.get(user_id=admin.user_id, permission="grid_plan.review")
    taken = officer.delete(f"grants/{shared.pk}")
    assert (taken.status_code, taken.json()["code"]) == (403, "USER_HOLDS_MORE")
    connection.set_tenant(in_alpha)
    assert Grant.objects.filter(pk=shared.pk).exists()


def test_the_first_administrator_grants_and_manages_what_he_does_not_hold(alpha, in_alpha, make_user, api):
    city = api(alpha)
    assert city.post("sessions", {"username": "root", "password": PASSWORD}).status_code == 201
    csrf = city.client.cookies["wangge_session_csrf"].value
    connection.set_tenant(in_alpha)
    given = new_user("drawer", role="gis_staff", unit_id=root_unit().pk)
    made = city.post("users", given, X_CSRFToken=csrf)
    assert made.status_code == 201, made.content
    changed = city.patch(
        f"users/{made.json()['id']}", {"is_active": False}, If_Match=made["ETag"], X_CSRFToken=csrf
    )
    assert changed.status_code == 200, changed.content


@pytest.mark.parametrize(
    ("role", "at_the_root", "status"),
    [("district_officer", True, 422), ("district_officer", False, 201), ("town_staff", False, 422)],
)
def test_a_role_is_granted_at_its_level(
    alpha, bureau, districts, make_user, in_alpha, role, at_the_root, status
):
    li = make_user(alpha, "li")
    connection.set_tenant(in_alpha)
    unit = root_unit() if at_the_root else districts[0]
    answer = bureau.post(f"users/{li.pk}/grants", {"role": role, "unit_id": unit.pk})
    assert answer.status_code == status, answer.content
    if status == 422:
        assert answer.json()["code"] == "ROLE_ABOVE_LEVEL"
        assert "下级单位" in answer.json()["how_to_fix"]["zh"]


def test_people_of_elsewhere_are_not_found(alpha, district, districts, make_user):
    other = make_user(alpha, "other", ["grid.view"], districts[1])
    assert district.get(f"users/{other.pk}").status_code == 404
    assert (
        district.post(
            f"users/{other.pk}/grants", {"role": "grid_leader", "unit_id": districts[0].pk}
        ).status_code
        == 404
    )


def test_who_is_shut_out_is_out_at_once(alpha, bureau, make_user, api):
    li = make_user(alpha, "li", ["grid.view"])
    assert api(alpha, li).get("me").status_code == 200
    changed = bureau.patch(
        f"users/{li.pk}", {"is_active": False}, If_Match=bureau.get(f"users/{li.pk}")["ETag"]
    )
    assert (changed.status_code, changed.json()["is_active"]) == (200, False)
    assert api(alpha, li).get("me").status_code == 401


def test_a_new_password_ends_old_tokens_and_never_comes_back(alpha, bureau, make_user, api):
    li = make_user(alpha, "li", ["grid.view"])
    stale = bureau.patch(f"users/{li.pk}", {"password": PASSWORD}, If_Match='"99"')
    assert stale.status_code == 412
    assert PASSWORD not in stale.content.decode()
    etag = bureau.get(f"users/{li.pk}")["ETag"]
    assert bureau.patch(f"users/{li.pk}", {"password": PASSWORD}, If_Match=etag).status_code == 200
    assert api(alpha, li).get("me").status_code == 401
    assert api(alpha).post("sessions", {"username": "li", "password": PASSWORD}).status_code == 201


def test_nobody_changes_own_rights_or_access(alpha, bureau, in_alpha):
    me = bureau.get("me").json()["id"]
    connection.set_tenant(in_alpha)
    root = root_unit()
    own = Grant.objects.filter(user_id=me).first()
    granted = bureau.post(f"users/{me}/grants", {"role": "auditor", "unit_id": root.pk})
    assert (granted.status_code, granted.json()["code"]) == (403, "SELF_APPROVAL")
    assert bureau.delete(f"grants/{own.pk}").json()["code"] == "SELF_APPROVAL"
    shut = bureau.patch(f"users/{me}", {"is_active": False}, If_Match=bureau.get(f"users/{me}")["ETag"])
    assert shut.json()["code"] == "SELF_APPROVAL"


def test_rights_are_given_and_taken_back(alpha, bureau, districts, make_user, api):
    li = make_user(alpha, "li")
    path = f"users/{li.pk}/grants"
    both = bureau.post(path, {"role": "auditor", "permissions": ["grid.view"], "unit_id": districts[0].pk})
    assert (both.status_code, both.json()["code"]) == (400, "ROLE_OR_PERMISSIONS")
    wide = bureau.post(path, {"permissions": ["policy.edit"], "unit_id": districts[0].pk})
    assert (wide.status_code, wide.json()["code"]) == (422, "GRANT_CITY_WIDE")
    given = {"permissions": ["org.view"], "unit_id": districts[0].pk}
    first, again = bureau.post(path, given), bureau.post(path, given)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(api(alpha, li).get("org-units").json()["results"]) == 1
    assert bureau.delete(f"grants/{first.json()['grants'][0]['id']}").status_code == 204
    assert api(alpha, li).get("org-units").status_code == 403
    assert bureau.delete(f"grants/{first.json()['grants'][0]['id']}").status_code == 404


def test_ones_own_rights_and_city(alpha, district, districts):
    mine = district.get("me/rights").json()
    assert {row["unit_name"] for row in mine["rights"]} == {"甲区"}
    assert (mine["city"]["division_code"], mine["city"]["centre"]) == ("410800", None)


def test_the_catalogue_explains_what_can_be_granted(bureau):
    catalogue = bureau.get("rights-catalogue").json()
    assert {row["name"] for row in catalogue["roles"]} == set(ROLE_TEMPLATES)
    assert all(row["zh"] and row["en"] for row in catalogue["permissions"])


def test_lists_cost_the_same_for_few_and_many(alpha, bureau, make_user):
    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert bureau.get(path).status_code == 200
        return len(captured)

    statements("users")  # the first request after standing in the city switches back once more
    few = statements("users")
    people = [make_user(alpha, f"u{n}", ["grid.view"]) for n in range(5)]
    statements("users")
    assert statements("users") == few <= 10
    one = statements(f"users/{people[0].pk}/grants")
    connection.set_tenant(alpha)
    Grant.objects.bulk_create(
        Grant(user=people[0], permission=name, unit=root_unit())
        for name in ("org.view", "layer.view", "audit.view")
    )
    statements("users")
    assert statements(f"users/{people[0].pk}/grants") == one <= 10


def test_another_citys_people_are_nobody_here(alpha, beta, bureau, make_user, api):
    stranger = make_user(beta, "stranger", MANAGES)
    assert api(beta, stranger).get("users").status_code == 200
    assert bureau.get(f"users/{stranger.pk + 10**6}").status_code == 404
    names = {row["username"] for row in bureau.get("users").json()["results"]}
    assert "stranger" not in names


def test_administrators_of_cities_opened_earlier_are_given_the_right(in_alpha):
    give = import_module("tenants.bureau.migrations.0003_administrators_administer").give
    Grant.objects.filter(permission="user.administer").delete()
    for _ in range(2):
        give(apps, None)
    admin = Grant.objects.get(permission="user.administer")
    assert (admin.user.username, admin.unit, admin.role_name) == ("root", root_unit(), "bureau_admin")


# --- tokens, when rights grow ----------------------------------------------------------------------------------------


@pytest.fixture
def li(alpha, make_user, settings, in_alpha):
    settings.WANGGE_REQUIRE_SECOND_FACTOR = True
    made = make_user(alpha, "li", ["grid.view"])
    connection.set_tenant(in_alpha)
    return made


def give(user, *permissions):
    write_grants(user=user, permissions=permissions, unit=root_unit(), role_name="", acting_user=None)


def lives(user):
    return token_by_secret(user.secret, timezone.now()) is not None


def proved(user, at):
    TotpDevice.objects.create(user=user, sealed_secret=b"x", confirmed_at=at)


def opens_session(user):
    session = Session.objects.create(session_key="k" * 32, session_data="", expire_date=FAR)
    now = timezone.now()
    SignedInSession.objects.create(user=user, session=session, opened_at=now, seen_at=now, remote_address="")


def test_a_token_issued_without_a_second_factor_does_not_become_an_administrators(li):
    opens_session(li)
    give(li, "grid.edit")
    assert lives(li) and Session.objects.exists(), "a right that needs no second factor ends nothing"
    give(li, "user.administer", "user.view")
    assert not lives(li)
    assert not Session.objects.exists(), "which could issue another before it is asked for the second factor"
    assert AuditEvent.objects.get(action="token.end_all").subject_id == str(li.pk)


def test_a_token_from_before_the_authenticator_ends_and_a_later_one_stays(li):
    proved(li, timezone.now() + timedelta(minutes=1))
    give(li, "user.administer")
    assert not lives(li)


def test_tokens_of_who_had_a_second_factor_or_the_right_already_stay(li, settings):
    opens_session(li)
    proved(li, timezone.now() - timedelta(days=1))
    give(li, "user.administer")
    assert lives(li)
    TotpDevice.objects.all().delete()
    give(li, "user.administer", "user.view")
    assert lives(li) and Session.objects.exists(), "the right is not new"
    assert not AuditEvent.objects.filter(action="token.end_all").exists()


def test_tokens_stay_where_no_second_factor_is_required(li, settings):
    settings.WANGGE_REQUIRE_SECOND_FACTOR = False
    give(li, "user.administer")
    assert lives(li)
