"""J06: a leader is nominated, confirmed by another, in post on the first day, kept on as acting, ended with the office."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import CultureSportsOfficer, GridLeader
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


def _today() -> date:
    return local_date(timezone.now())


@pytest.fixture
def officer(api: Any, alpha: Any, staff: Any) -> Any:
    """The county's, who appoints and confirms."""
    return api(alpha, staff.officer)


@pytest.fixture
def community(api: Any, alpha: Any, make_user: Any, small_city: Any) -> Any:
    """A community's clerk, who nominates only."""
    rights = ["grid.view", "leader.view", "leader.nominate"]
    return api(alpha, make_user(alpha, "clerk", rights, unit=small_city.units["shengli"]))


@pytest.fixture
def grid(base_grids: dict[str, list[Any]]) -> int:
    return int(base_grids["shengli"][0].pk)


def _nominate(speaker: Any, grid: int, person: Any, **more: Any) -> Any:
    return speaker.post(f"grids/{grid}/leader-nominations", {"user_id": person.pk, **more})


def test_a_nomination_is_confirmed_and_leads_from_its_first_day(
    alpha: Any, community: Any, officer: Any, grid: int, make_official: Any
) -> None:
    zhao = make_official("zhao")
    made = _nominate(community, grid, zhao, reason="社区推荐")
    assert (made.status_code, made.json()["state"], made.json()["confirmed_on"]) == (201, "nominated", None)
    term = made.json()["id"]
    assert made["Location"] == f"/api/v1/leader-terms/{term}"
    assert officer.get(f"grids/{grid}/leader").json()["leader"] is None
    refused = community.post(f"leader-terms/{term}/confirm", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
    tomorrow = (_today() + ONE_DAY).isoformat()
    confirmed = officer.post(f"leader-terms/{term}/confirm", {"starts_on": tomorrow})
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "confirmed")
    with schema_context(alpha.schema_name):  # the day comes by itself
        GridLeader.objects.filter(pk=term).update(starts_on=_today())
    shown = officer.get(f"grids/{grid}/leader").json()
    assert (shown["leader"]["user_id"], shown["terms"][0]["state"]) == (zhao.pk, "active")
    assert (
        shown["terms"][0]["nominated_by"] == "测*"
        and shown["terms"][0]["confirmed_on"] == _today().isoformat()
    )
    again = officer.post(f"leader-terms/{term}/confirm", {})
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")
    with schema_context(alpha.schema_name):
        trace = AuditEvent.objects.get(action="leader.confirm")
        assert (trace.before["state"], trace.after["state"]) == ("nominated", "confirmed")  # type: ignore[index]
        assert "测试zhao" not in str(trace.after)


def test_a_direct_appointment_is_nominated_and_confirmed_in_one_act(
    officer: Any, grid: int, make_official: Any, staff: Any
) -> None:
    answer = officer.post(f"grids/{grid}/leader", {"user_id": make_official("zhao").pk})
    assert answer.status_code == 201
    (term,) = officer.get(f"leader-terms?grid={grid}").json()["results"]
    assert (term["state"], term["confirmed_on"]) == ("active", _today().isoformat())
    assert officer.get(f"leader-terms/{term['id']}").json() == term


def test_nobody_confirms_or_appoints_the_own_person(
    alpha: Any, officer: Any, community: Any, staff: Any, grid: int, small_city: Any
) -> None:
    with schema_context(alpha.schema_name):
        CultureSportsOfficer.objects.create(
            user=staff.officer, community=small_city.community("shengli"), valid_from=date(2024, 1, 1)
        )
    term = _nominate(community, grid, staff.officer).json()["id"]
    for answer in (
        officer.post(f"leader-terms/{term}/confirm", {}),
        officer.post(f"grids/{grid}/leader", {"user_id": staff.officer.pk}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "LEADER_SELF_CONFIRM")
        assert answer.json()["message"]["zh"] == "被提名人不能确认本人的网格长任职"


def test_j06_a_nominee_without_the_office_is_refused_twice_over(
    alpha: Any, community: Any, officer: Any, grid: int, make_official: Any, make_user: Any
) -> None:
    refused = _nominate(community, grid, make_user(alpha, "nobody"))
    assert (refused.status_code, refused.json()["code"]) == (422, "LEADER_NOT_ELIGIBLE")
    zhao = make_official("zhao")
    term = _nominate(community, grid, zhao).json()["id"]
    with schema_context(alpha.schema_name):
        CultureSportsOfficer.objects.filter(user=zhao).update(valid_to=_today() - ONE_DAY)
    late = officer.post(f"leader-terms/{term}/confirm", {})
    assert (late.status_code, late.json()["code"]) == (422, "LEADER_NOT_ELIGIBLE")
    assert late.json()["message"]["zh"] == "网格长应由本社区（村）分管文体负责人担任"


def test_several_are_nominated_and_one_is_confirmed(
    community: Any, officer: Any, grid: int, make_official: Any
) -> None:
    zhao, qian = make_official("zhao"), make_official("qian")
    first, second = (_nominate(community, grid, person).json()["id"] for person in (zhao, qian))
    twice = _nominate(community, grid, zhao)
    assert (twice.status_code, twice.json()["code"]) == (409, "LEADER_ALREADY_NOMINATED")
    assert officer.post(f"leader-terms/{first}/confirm", {}).status_code == 200
    rival = officer.post(f"leader-terms/{second}/confirm", {})
    assert (rival.status_code, rival.json()["code"]) == (409, "LEADER_ALREADY_ACTIVE")
    declined = officer.post(f"leader-terms/{second}/end", {"reason": "已有人选"})
    assert (declined.status_code, declined.json()["state"]) == (200, "ended")
    assert declined.json()["withdrawn_on"] == _today().isoformat()
    gone = officer.post(f"leader-terms/{second}/end", {"reason": "x"})
    assert (gone.status_code, gone.json()["code"]) == (409, "LEADER_ALREADY_ENDED")
    states = {row["id"]: row["state"] for row in officer.get("leader-terms").json()["results"]}
    assert states == {first: "active", second: "ended"}
    for state, found in (("active", [first]), ("ended", [second]), ("nominated", [])):
        rows = officer.get(f"leader-terms?state={state}").json()["results"]
        assert [row["id"] for row in rows] == found


def test_a_term_never_begins_before_it_was_confirmed(
    community: Any, officer: Any, grid: int, make_official: Any
) -> None:
    term = _nominate(community, grid, make_official("zhao"), starts_on="2025-01-01").json()["id"]
    confirmed = officer.post(f"leader-terms/{term}/confirm", {"starts_on": "2025-06-01"}).json()
    assert (confirmed["starts_on"], confirmed["state"]) == (_today().isoformat(), "active")


def test_a_coming_term_is_called_off_and_leaves_the_days_free(
    officer: Any, grid: int, make_official: Any
) -> None:
    zhao, coming = make_official("zhao"), (_today() + 10 * ONE_DAY).isoformat()
    body = {"user_id": zhao.pk, "starts_on": coming}
    term = officer.post(f"grids/{grid}/leader", body).json()["id"]
    off = officer.post(f"leader-terms/{term}/end", {"reason": "改派"}).json()
    assert (off["state"], off["ends_on"]) == ("ended", None)
    assert officer.post(f"grids/{grid}/leader", body).status_code == 201


def test_a_nomination_is_declined_without_a_day(
    community: Any, officer: Any, grid: int, make_official: Any
) -> None:
    term = _nominate(community, grid, make_official("zhao")).json()["id"]
    body = {"reason": "x", "ends_on": _today().isoformat()}
    refused = officer.post(f"leader-terms/{term}/end", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "LEADER_PERIOD")


def test_a_field_nobody_reads_is_refused(community: Any, grid: int, make_official: Any) -> None:
    refused = _nominate(community, grid, make_official("zhao"), is_acting=True)
    assert (refused.status_code, refused.json()["code"]) == (422, "UNKNOWN_FIELD")


# --- The office and the term ------------------------------------------------------------------------------------


def test_a_term_ends_with_an_office_that_has_an_end(officer: Any, grid: int, make_official: Any) -> None:
    last = _today() + 30 * ONE_DAY
    zhao = make_official("zhao", valid_to=last)
    path = f"grids/{grid}/leader"
    longer = {"user_id": zhao.pk, "ends_on": (last + ONE_DAY).isoformat()}
    refused = officer.post(path, longer)
    assert (refused.status_code, refused.json()["code"]) == (422, "LEADER_OUTLASTS_OFFICE")
    assert last.isoformat() in refused.json()["message"]["zh"]
    assert officer.post(path, {"user_id": zhao.pk}).json()["ends_on"] == last.isoformat()


def test_j06_the_end_of_the_office_ends_the_terms_on_it(
    alpha: Any, officer: Any, base_grids: Any, make_official: Any, make_user: Any
) -> None:
    zhao = make_official("zhao")
    led, coming, kept = (grid.pk for grid in base_grids["shengli"])
    officer.post(f"grids/{led}/leader", {"user_id": zhao.pk})
    later = (_today() + 20 * ONE_DAY).isoformat()
    officer.post(f"grids/{coming}/leader", {"user_id": zhao.pk, "starts_on": later})
    acting_to = (_today() + 40 * ONE_DAY).isoformat()
    officer.post(f"grids/{kept}/leader", {"user_id": zhao.pk, "acting": True, "ends_on": acting_to})
    with schema_context(alpha.schema_name):
        post = CultureSportsOfficer.objects.get(user=zhao).pk
    last = (_today() + 5 * ONE_DAY).isoformat()
    assert officer.post(f"culture-sports-officers/{post}/end", {"valid_to": last}).status_code == 200
    terms = {row["grid_id"]: row for row in officer.get(f"leader-terms?user={zhao.pk}").json()["results"]}
    assert (terms[led]["ends_on"], terms[led]["state"], terms[led]["end_reason"]) == (
        last,
        "active",
        "分管文体职务结束",
    )
    assert (terms[coming]["state"], terms[coming]["ends_on"]) == ("ended", None)
    assert (terms[kept]["state"], terms[kept]["ends_on"]) == ("acting", acting_to)
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.filter(action="leader.office_ended").count() == 2


def test_a_renewed_office_carries_the_term_on(
    alpha: Any, officer: Any, grid: int, make_official: Any, small_city: Any
) -> None:
    zhao = make_official("zhao")
    officer.post(f"grids/{grid}/leader", {"user_id": zhao.pk})
    with schema_context(alpha.schema_name):
        post = CultureSportsOfficer.objects.get(user=zhao)
        CultureSportsOfficer.objects.filter(pk=post.pk).update(valid_to=_today() + ONE_DAY)
        CultureSportsOfficer.objects.create(
            user=zhao, community=small_city.community("shengli"), valid_from=_today() + 2 * ONE_DAY
        )
    body = {"valid_to": (_today() + ONE_DAY).isoformat()}
    assert officer.post(f"culture-sports-officers/{post.pk}/end", body).status_code == 200
    assert officer.get(f"leader-terms?grid={grid}").json()["results"][0]["ends_on"] is None
    overlapping = {"valid_to": (_today() + 2 * ONE_DAY).isoformat()}
    clash = officer.post(f"culture-sports-officers/{post.pk}/end", overlapping)
    assert (clash.status_code, clash.json()["code"]) == (409, "OFFICER_TWICE")


def test_who_loses_the_office_stays_on_as_acting_leader_for_ninety_days(
    alpha: Any, officer: Any, grid: int, make_official: Any
) -> None:
    zhao = make_official("zhao")
    term = officer.post(f"grids/{grid}/leader", {"user_id": zhao.pk, "starts_on": "2025-01-01"}).json()["id"]
    with schema_context(alpha.schema_name):
        post = CultureSportsOfficer.objects.get(user=zhao).pk
    officer.post(f"culture-sports-officers/{post}/end", {"valid_to": (_today() - ONE_DAY).isoformat()})
    body = {"starts_on": _today().isoformat(), "reason": "暂无接任人选"}
    kept = officer.post(f"leader-terms/{term}/keep-acting", body)
    assert (kept.status_code, kept.json()["state"]) == (201, "acting")
    assert kept.json()["ends_on"] == (_today() + 89 * ONE_DAY).isoformat()
    shown = officer.get(f"grids/{grid}/leader").json()
    assert [row["state"] for row in shown["terms"]] == ["ended", "acting"]
    assert shown["terms"][0]["ends_on"] == (_today() - ONE_DAY).isoformat()
    again = {"starts_on": (_today() + 90 * ONE_DAY).isoformat(), "reason": "x"}
    refused = officer.post(f"leader-terms/{kept.json()['id']}/keep-acting", again)
    assert (refused.status_code, refused.json()["code"]) == (409, "INVALID_TRANSITION")


def test_an_acting_term_asked_for_too_long_is_refused_and_nothing_changes(
    officer: Any, grid: int, make_official: Any
) -> None:
    term = officer.post(f"grids/{grid}/leader", {"user_id": make_official("zhao").pk}).json()["id"]
    start = _today() + ONE_DAY
    body = {"starts_on": start.isoformat(), "ends_on": (start + 90 * ONE_DAY).isoformat(), "reason": "x"}
    refused = officer.post(f"leader-terms/{term}/keep-acting", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "ACTING_LEADER_TERM")
    (kept,) = officer.get(f"leader-terms?grid={grid}").json()["results"]
    assert (kept["state"], kept["ends_on"]) == ("active", None)
