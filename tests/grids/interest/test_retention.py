"""X07: a nightly job takes the names out of what policy keeps no longer: who left, and who served long ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from grids.interest.models import (
    ErasureAsk,
    ErasureRequest,
    GridMember,
    MemberPost,
    Participant,
    Participation,
)
from grids.interest.services import retention
from grids.interest.services.retention import erase_past_people
from tenants.accounts.models import AuditEvent

pytestmark = pytest.mark.django_db

LEFT_ON = date(2024, 3, 1)
LAST_DAY, AFTER = date(2025, 3, 1), date(2025, 3, 2)  # a year later
ENDED_ON = date(2022, 3, 1)
LAST_DAY_OF_MEMBER, AFTER_MEMBER = date(2025, 3, 1), date(2025, 3, 2)  # three years later


@pytest.fixture
def left(enrol: Any, in_city: Any) -> Callable[..., Any]:
    """`left("孙演示020", "13900000020")`: a participation that ended on LEFT_ON."""

    def make(name: str, phone: str = "", found: Any = None, by: str = "leader", on: date = LEFT_ON) -> Any:
        row = enrol(name, phone, found, by)
        with in_city():
            Participation.objects.filter(pk=row.pk).update(joined_on=LEFT_ON - timedelta(days=30), left_on=on)
        return row

    return make


@pytest.fixture
def erase(in_city: Any) -> Callable[[date], dict[str, int]]:
    def run(on: date) -> dict[str, int]:
        with in_city():
            return erase_past_people(on=on)

    return run


@pytest.fixture
def served(neighbourhood: Any, in_city: Any) -> Any:
    """The dance's member, whose only post ended on ENDED_ON, with all that told who it was."""
    with in_city():
        MemberPost.objects.filter(pk=neighbourhood.post.pk).update(
            state="ended",
            starts_on=ENDED_ON - timedelta(days=99),
            ends_on=ENDED_ON,
            end_reason="搬到演示小区",
        )
    return neighbourhood.member


def test_x07_a_participation_keeps_its_name_to_the_last_day_and_loses_it_the_day_after(
    left: Any, erase: Any, in_city: Any
) -> None:
    row = left("孙演示020", "13900000020")
    assert erase(LAST_DAY)["participations"] == 0
    with in_city():
        assert Participation.objects.get().shown_name == "孙演示020"
    assert erase(AFTER)["participations"] == 1
    with in_city():
        kept = Participation.objects.select_related("participant").get(pk=row.pk)
        assert (kept.shown_name, kept.shown_phone, kept.erased_on) == ("（已删除）", "", AFTER)
        assert (kept.left_on, kept.consent_version) == (LEFT_ON, "2026-1")
        person = kept.participant
        assert (person.name, person.phone_sealed, person.phone_digest, person.phone_masked, person.erased_on) == (
            "（已删除）", None, None, "", AFTER,
        )  # fmt: skip
        assert (
            "孙演示020" not in f"{list(Participation.objects.values())}{list(Participant.objects.values())}"
        )


def test_x07_of_29_february_the_last_day_is_the_28th(left: Any, erase: Any) -> None:
    left("孙演示020", on=date(2024, 2, 29))
    assert erase(date(2025, 2, 28))["participations"] == 0
    assert erase(date(2025, 3, 1))["participations"] == 1


def test_x07_who_takes_part_elsewhere_keeps_phone_and_the_name_told_there(
    neighbourhood: Any, left: Any, enrol: Any, erase: Any, in_city: Any
) -> None:
    old = left("孙演示020", "13900000020")
    now = enrol("老孙演示", "13900000020", neighbourhood.ball, by="neighbour_leader")
    assert erase(AFTER)["participations"] == 1
    with in_city():
        rows = {row.pk: row for row in Participation.objects.select_related("participant")}
        assert (rows[old.pk].shown_name, rows[old.pk].shown_phone) == ("（已删除）", "")
        assert (rows[now.pk].shown_name, rows[now.pk].shown_phone) == ("老孙演示", "139****0020")
        person = Participant.objects.get()
        assert (person.name, person.erased_on) == ("老孙演示", None)
        Participation.objects.filter(pk=now.pk).update(joined_on=LEFT_ON, left_on=LEFT_ON + timedelta(days=9))
    assert erase(AFTER)["participations"] == 0
    assert erase(AFTER + timedelta(days=9))["participations"] == 1
    with in_city():
        assert Participant.objects.get().erased_on == AFTER + timedelta(days=9)


def test_x07_who_left_and_came_back_keeps_the_name_of_today(
    left: Any, enrol: Any, erase: Any, in_city: Any
) -> None:
    left("孙演示020", "13900000020")
    enrol("孙演示020", "13900000020")
    assert erase(AFTER)["participations"] == 1
    with in_city():
        assert Participant.objects.get().phone_masked == "139****0020"
        assert [row.shown_name for row in Participation.objects.order_by("id")] == ["（已删除）", "孙演示020"]


def test_x07_whose_data_is_gone_comes_back_as_a_new_person(
    left: Any, enrol: Any, erase: Any, in_city: Any
) -> None:
    left("孙演示020", "13900000020")
    erase(AFTER)
    enrol("孙演示020", "13900000020")
    with in_city():
        assert Participant.objects.count() == 2


def test_x07_a_request_to_be_erased_is_answered_when_the_time_of_keeping_ends(
    neighbourhood: Any, speak: Any, enrol: Any, erase: Any, in_city: Any
) -> None:
    own = enrol("孙演示020", "13900000020")
    enrol("孙演示020", "13900000020", neighbourhood.ball, by="neighbour_leader")
    wish = {"reason": "本人要求", "own_grids_only": True}
    assert speak("leader").post(f"participations/{own.pk}/erase", wish).status_code == 200
    with in_city():
        Participation.objects.update(joined_on=LEFT_ON, left_on=LEFT_ON)
    assert erase(AFTER)["participations"] == 1
    with in_city():
        request = ErasureRequest.objects.get()
        assert (request.state, request.answered_by, request.answer_reason) == ("erased", None, "保存期限届满")


def test_x07_an_answered_request_goes_the_day_after_its_time_of_keeping_and_one_that_waits_stays(
    neighbourhood: Any, erase: Any, in_city: Any
) -> None:
    with in_city():
        unit, answered_on = neighbourhood.city.units["town"], date(2022, 3, 1)
        for state, on in (("refused", answered_on), ("waiting", None)):
            request = ErasureRequest.objects.create(
                participant=Participant.objects.create(name="孙演示020"), unit=unit, asked_on=answered_on,
                due_on=answered_on, state=state, answered_on=on, answer_reason="撤回" if on else "",
            )  # fmt: skip
            ErasureAsk.objects.create(
                request=request, interest_grid=neighbourhood.dance, asked_by=neighbourhood.people["leader"],
                asked_on=answered_on, reason="本人来电",
            )  # fmt: skip
    assert erase(date(2025, 3, 1))["requests"] == 0
    assert erase(date(2025, 3, 2))["requests"] == 1
    with in_city():
        assert ErasureRequest.objects.get().state == "waiting"
        assert ErasureAsk.objects.count() == 1
        logged = AuditEvent.objects.get(action="erasure_request.retention")
    assert (logged.after["erased"], logged.policy_version) == (1, "retention.consent_years@1")


def test_x07_the_years_are_the_citys_own_and_one_line_a_batch_names_nobody(
    left: Any, erase: Any, in_city: Any, monkeypatch: Any
) -> None:
    from tenants.bureau.models import PolicyParameterVersion

    monkeypatch.setattr(retention, "AT_ONCE", 2)
    with in_city():
        versions = PolicyParameterVersion.objects.filter(key="retention.participation_years")
        versions.update(value=2, effective_from=date(2020, 1, 1))
    for number in range(20, 25):
        left(f"孙演示0{number}", f"139000000{number}")
    assert erase(AFTER)["participations"] == 0
    assert erase(date(2026, 3, 2))["participations"] == 5
    assert erase(date(2026, 3, 2))["participations"] == 0
    with in_city():
        lines = list(AuditEvent.objects.filter(action="participation.retention").order_by("id"))
    assert [line.after["erased"] for line in lines] == [2, 2, 1]
    assert lines[0].after == {"erased": 2, "people": 2, "ended_by": LEFT_ON.isoformat()}
    for line in lines:
        assert (line.actor_label, line.reason) == ("system", "保存期限届满")
        assert line.policy_version == "retention.participation_years@1"
        assert "演示" not in str(line.__dict__) and "139" not in str(line.after)


def test_x07_what_broke_off_is_taken_up_where_it_stopped(
    left: Any, erase: Any, in_city: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    for number in (20, 21):
        left(f"孙演示0{number}")
    told, calls = retention._tell, []

    def fail_once(*args: Any, **counts: int) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise ConnectionError
        told(*args, **counts)

    monkeypatch.setattr(retention, "_tell", fail_once)
    with in_city():
        with pytest.raises(ConnectionError):
            erase_past_people(on=AFTER)
        assert Participation.objects.exclude(erased_on=None).count() == 1
    assert erase(AFTER)["participations"] == 1


def test_x07_a_member_is_kept_to_the_last_day_after_the_last_post_and_erased_the_day_after(
    neighbourhood: Any, served: Any, erase: Any, in_city: Any
) -> None:
    assert erase(LAST_DAY_OF_MEMBER)["members"] == 0
    assert erase(AFTER_MEMBER)["members"] == 1
    assert erase(AFTER_MEMBER)["members"] == 0
    with in_city():
        row = GridMember.objects.get(pk=served.pk)
        assert (row.name, row.phone_sealed, row.phone_digest, row.phone_masked) == (
            "（已删除）",
            None,
            None,
            "",
        )
        assert (row.user, row.instructor, row.added_by, row.erased_on) == (None, None, None, AFTER_MEMBER)
        post = MemberPost.objects.get(pk=neighbourhood.post.pk)
        assert (post.proof, post.proof_file, post.end_reason) == ("", None, "")
        assert (post.source, post.ends_on, post.state) == ("backbone", ENDED_ON, "ended")
        logged = AuditEvent.objects.get(action="grid_member.retention")
        assert logged.after == {"erased": 1, "ended_by": ENDED_ON.isoformat()}
        assert logged.policy_version == "retention.register_years@1"
        assert "演示" not in str(logged.__dict__)
        assert GridMember.objects.get(pk=neighbourhood.ball_member.pk).name == "赵演示002"


def test_x07_an_erased_member_is_found_nowhere_and_the_person_may_be_entered_anew(
    neighbourhood: Any, served: Any, erase: Any, speak: Any
) -> None:
    erase(AFTER_MEMBER)
    for name in ("bureau", "county", "leader", "member"):
        assert speak(name).get(f"grid-members/{served.pk}").status_code == 404
        assert served.pk not in [row["id"] for row in speak(name).get("grid-members").json()["results"]]
    entry = {
        "name": "赵演示001", "phone": "13900000001",
        "post": {"interest_grid_id": neighbourhood.dance.pk, "source": "backbone", "proof": "三年（演示）"},
    }  # fmt: skip
    assert speak("leader").post("grid-members", entry).status_code == 201


@pytest.mark.parametrize(
    "duty", ["nominated", "confirmed", "active", "later", "leader", "coming_leader", "group"]
)
def test_x07_a_member_with_an_open_duty_is_kept(
    neighbourhood: Any, served: Any, erase: Any, in_city: Any, duty: str
) -> None:
    from grids.units.models import FitnessGroupMember, GridFitnessGroup, GridLeader

    grid, user = neighbourhood.grids["shengli2"], neighbourhood.people["member"]
    with in_city():
        if duty in ("nominated", "confirmed", "active", "later"):
            MemberPost.objects.create(
                member=served, interest_grid=neighbourhood.ball, source="backbone", starts_on=ENDED_ON,
                state="ended" if duty == "later" else duty, nominated_by=neighbourhood.people["leader"],
                ends_on=ENDED_ON + timedelta(days=1) if duty == "later" else None,
            )  # fmt: skip
        elif duty == "group":
            group = GridFitnessGroup.objects.create(
                grid=grid, name="组织", founded_on=ENDED_ON, founded_by=user
            )
            FitnessGroupMember.objects.create(group=group, name="赵演示001", user=user, joined_on=ENDED_ON)
        else:
            GridLeader.objects.filter(grid=grid).update(withdrawn_at=neighbourhood.post.created_at)
            term = (
                {"starts_on": ENDED_ON}
                if duty == "leader"
                else {"starts_on": AFTER_MEMBER + timedelta(days=9)}
            )
            GridLeader.objects.create(grid=grid, user=user, appointed_by=user, **term)
    assert erase(AFTER_MEMBER)["members"] == 0
    with in_city():
        GridLeader.objects.filter(user=user).update(
            starts_on=ENDED_ON, ends_on=AFTER_MEMBER - timedelta(days=1)
        )
        FitnessGroupMember.objects.update(left_on=AFTER_MEMBER - timedelta(days=1))
        MemberPost.objects.filter(member=served).update(state="ended", ends_on=ENDED_ON)
    assert erase(AFTER_MEMBER)["members"] == 1


def test_x07_who_was_entered_and_never_nominated_is_kept_as_long(
    neighbourhood: Any, erase: Any, in_city: Any
) -> None:
    from tenants.bureau.rules.local_time import local_date

    with in_city():
        row = GridMember.objects.create(
            name="赵演示009", community=neighbourhood.dance.community, added_by=neighbourhood.people["leader"]
        )
        row.refresh_from_db()
    entered = local_date(row.created_at)
    last = entered.replace(year=entered.year + 3) if (entered.month, entered.day) != (2, 29) else None
    if last is None:
        last = date(entered.year + 3, 2, 28)
    assert erase(last)["members"] == 0
    assert erase(last + timedelta(days=1))["members"] == 1


def test_x07_what_proved_a_members_source_goes_with_its_bytes(
    neighbourhood: Any, served: Any, erase: Any, in_city: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from tenants.bureau.models import StoredFile

    with in_city():
        files = []
        for number in range(2):
            key = default_storage.save(f"proof/{number}.jpg", ContentFile(b"x"))
            files.append(
                StoredFile.objects.create(
                    name="证书.jpg", storage_key=key, sha256="0" * 64, size_bytes=1, purpose="proof",
                    stored_by=neighbourhood.people["leader"],
                )
            )  # fmt: skip
        mine, shared = files
        MemberPost.objects.filter(pk=neighbourhood.post.pk).update(proof_file=mine)
        with django_capture_on_commit_callbacks(execute=True):
            erase_past_people(on=AFTER_MEMBER)
        assert not StoredFile.objects.filter(pk=mine.pk).exists()
        assert not default_storage.exists(mine.storage_key)
        assert StoredFile.objects.filter(pk=shared.pk).exists()


def test_x07_the_job_runs_every_night_in_every_city(alpha: Any, left: Any, in_city: Any) -> None:
    from grids.interest.jobs import erase_past_people_job
    from wangge.shell.periodic import EVERY_CITY

    [line] = [task for task in EVERY_CITY if task.name == "interest.erase_past_people"]
    assert line.suspended_too
    left("孙演示020", "13900000020")
    with in_city():
        erase_past_people_job(city=alpha.schema_name)
        assert Participant.objects.get().phone_digest is None
