"""J09: people check in by themselves with a code that expires, are ticked by others, and learn nothing of anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.signing import TimestampSigner
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.interest.models import (
    Attendance,
    FailedCheckIn,
    Occurrence,
    OccurrenceRating,
    Participant,
    Participation,
)
from tenants.accounts.models import AuditEvent
from tests.grids.interest.activities.conftest import at, coming

pytestmark = pytest.mark.django_db


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`later(minutes=11)` puts the clock of services and codes ahead."""

    def shift(**by: float) -> None:
        import time

        moment, seconds = timezone.now() + timedelta(**by), time.time() + timedelta(**by).total_seconds()
        monkeypatch.setattr(timezone, "now", lambda: moment)
        monkeypatch.setattr("django.core.signing.time.time", lambda: seconds)

    return shift


def test_the_code_is_a_picture_of_an_address_and_is_not_kept(speak: Any, under_way: Any) -> None:
    row = under_way()
    answer = speak("member").get(f"occurrences/{row.pk}/check-in-code")
    body = answer.json()
    assert body["svg"].startswith("<svg") and body["address"].endswith(f"/check-in/{body['token']}")
    assert answer["Cache-Control"] == "no-store"


def test_j09_nobody_joins_an_interest_grid_that_was_closed_meanwhile(
    neighbourhood: Any, speak: Any, under_way: Any, code_of: Any, enrol: Any, in_city: Any
) -> None:
    enrol("孙演示020", "13900000020")
    token = code_of(under_way())
    closed = speak("leader").post(f"interest-grids/{neighbourhood.dance.pk}/close", {"reason": "解散"})
    assert closed.status_code == 200, closed.content
    for number, name in ((1, "钱演示001"), (20, "孙演示020")):
        answer = speak(None).post(f"check-in/{token}", coming(number, name=name))
        assert _code(answer) == (409, "INVALID_TRANSITION")
    assert answer.json()["message"]["zh"] == "该兴趣网格已关闭，不能再签到"
    assert speak(None).get(f"check-in/{token}").json()["state"] == "cancelled"
    with in_city():
        assert not Participation.objects.filter(left_on=None).exists()
        assert not Participant.objects.filter(name="钱演示001").exists()
        assert not FailedCheckIn.objects.exists()


def test_whoever_scans_sees_what_it_is_and_nobody_in_it(
    speak: Any, under_way: Any, code_of: Any, enrol: Any
) -> None:
    enrol("孙演示020", "13900000020")
    row = under_way()
    answer = speak(None).get(f"check-in/{code_of(row)}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["state"], body["title"], body["interest_grid"]) == ("open", "晨光广场舞", "晨光广场舞队")
    assert set(body) == {
        "state", "title", "interest_grid", "place_name", "starts_at", "ends_at", "opens_at", "closes_at",
    }  # fmt: skip
    assert "孙" not in answer.content.decode()


def test_a_person_checks_in_and_has_joined(speak: Any, under_way: Any, code_of: Any, in_city: Any) -> None:
    row = under_way()
    answer = speak(None).post(f"check-in/{code_of(row)}", coming(31))
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"checked_in_at", "title", "rating_pass"}
    with in_city():
        present = Attendance.objects.get(occurrence=row)
        assert (present.way, present.is_first_time, present.ticked_by) == ("qr", True, None)
        person = present.participant
        assert person is not None and person.phone_masked == "139****0031"
        assert person.first_attended_on == present.attended_on
        joined = Participation.objects.get(participant=person, left_on=None)
        assert (joined.interest_grid_id, joined.consent_version) == (row.interest_grid_id, "2026-1")
        told = str(list(AuditEvent.objects.values_list("after", flat=True)))
        assert "13900000031" not in told and "钱演示031" not in told


def test_the_same_phone_again_is_answered_like_the_first_time_and_keeps_the_name(
    speak: Any, under_way: Any, code_of: Any, in_city: Any, later: Any
) -> None:
    """Who repeats a check-in with somebody's phone learns neither that the person came nor when, nor whether they rated."""
    row = under_way()
    token = code_of(row)
    first = speak(None).post(f"check-in/{token}", coming(31)).json()
    assert speak(None).post("ratings", {"rating_pass": first["rating_pass"], "score": 3}).status_code == 204
    later(minutes=5)
    known = speak(None).post(f"check-in/{token}", coming(31, name="别人")).json()
    unknown = speak(None).post(f"check-in/{token}", coming(32)).json()
    assert known["checked_in_at"][:16] == unknown["checked_in_at"][:16] != first["checked_in_at"][:16]
    assert known["title"] == unknown["title"]
    assert len(known["rating_pass"]) == len(unknown["rating_pass"])
    for given in (known, unknown):
        assert (
            speak(None).post("ratings", {"rating_pass": given["rating_pass"], "score": 1}).status_code == 204
        )
    with in_city():
        assert Attendance.objects.filter(occurrence=row).count() == 2
        assert Participant.objects.get(phone_masked="139****0031").name == "钱演示031"
        assert Participation.objects.get(participant__phone_masked="139****0031").shown_name == "钱演示031"
        scores = OccurrenceRating.objects.order_by("attendance").values_list("score", flat=True)
        assert list(scores) == [3, 1]


def test_a_rating_pass_says_nothing_and_ages(speak: Any, under_way: Any, code_of: Any, later: Any) -> None:
    from base64 import urlsafe_b64decode

    row = under_way()
    given = speak(None).post(f"check-in/{code_of(row)}", coming(31)).json()["rating_pass"]
    assert f"{row.pk:019d}".encode() not in urlsafe_b64decode(given)
    later(days=8)
    assert speak(None).post("ratings", {"rating_pass": given, "score": 3}).status_code == 404


def test_what_a_check_in_tells_of_a_phone_is_the_name_told_here(
    speak: Any, under_way: Any, code_of: Any, enrol: Any, neighbourhood: Any
) -> None:
    """Whoever runs an activity types a phone at the own door, and does not read its owner's name in the list."""
    enrol("孙演示020", "13900000020", neighbourhood.ball, by="neighbour_leader")
    row = under_way()
    speak(None).post(f"check-in/{code_of(row)}", coming(20, name="随便"))
    told = speak("member").get(f"occurrences/{row.pk}/attendance").content.decode()
    assert "随便" in told and "孙演示020" not in told


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "CHECK_IN_NAME"), ({"consent": False}, "CONSENT_REQUIRED"),
        ({"consent_version": ""}, "CONSENT_REQUIRED"), ({"phone": "12345"}, "PHONE_FORMAT"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [20, 32])
def test_an_answer_does_not_tell_whether_a_phone_is_known(
    speak: Any, under_way: Any, code_of: Any, enrol: Any, changes: dict[str, Any], code: str, number: int
) -> None:
    enrol("孙演示020", "13900000020")
    row = under_way()
    answer = speak(None).post(f"check-in/{code_of(row)}", coming(number, **changes))
    assert _code(answer) == (422, code)


def test_a_known_phone_gets_the_answer_of_an_unknown_one(
    speak: Any, under_way: Any, code_of: Any, enrol: Any
) -> None:
    enrol("孙演示020", "13900000020")
    token = code_of(under_way())
    known = speak(None).post(f"check-in/{token}", coming(20))
    unknown = speak(None).post(f"check-in/{token}", coming(33))
    assert known.status_code == unknown.status_code == 200
    assert set(known.json()) == set(unknown.json())


def test_j09_a_code_expires(speak: Any, under_way: Any, code_of: Any, later: Any) -> None:
    token = code_of(under_way())
    later(minutes=9, seconds=58)
    assert speak(None).get(f"check-in/{token}").json()["state"] == "open"
    later(seconds=4)
    assert speak(None).get(f"check-in/{token}").json()["state"] == "expired"
    answer = speak(None).post(f"check-in/{token}", coming(31))
    assert _code(answer) == (422, "CHECK_IN_CODE_EXPIRED")
    assert "10分钟" in answer.json()["message"]["zh"]


def test_j09_a_forged_code_and_the_neighbours_are_unknown(
    alpha: Any, beta: Any, api: Any, speak: Any, under_way: Any, code_of: Any
) -> None:
    row = under_way()
    token = code_of(row)
    with schema_context(beta.schema_name):
        theirs = TimestampSigner(sep=".", salt="interest.check-in:city_beta").sign(str(row.pk))
    bare = TimestampSigner(sep=".").sign(str(row.pk))
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), theirs, bare, "x", str(row.pk)):
        assert speak(None).get(f"check-in/{wrong}").status_code == 404
        assert speak(None).post(f"check-in/{wrong}", coming(31)).status_code == 404
    assert api(beta).get(f"check-in/{token}").status_code == 404
    assert api(beta).post(f"check-in/{token}", coming(31)).status_code == 404


def test_j09_before_and_after_the_window_it_says_when(
    speak: Any, under_way: Any, planned: Any, code_of: Any, in_city: Any, later: Any
) -> None:
    body = planned()
    with in_city():
        tomorrow = Occurrence.objects.get(activity_id=body["id"])
    early = speak(None).post(f"check-in/{code_of(tomorrow)}", coming(31))
    assert _code(early) == (422, "CHECK_IN_EARLY")
    assert f"{at(1, 8):%Y-%m-%d %H:%M}" in early.json()["message"]["zh"]
    row = under_way(began_minutes_ago=55)
    later(minutes=6)
    token = code_of(row)
    assert speak(None).get(f"check-in/{token}").json()["state"] == "closed"
    late = speak(None).post(f"check-in/{token}", coming(31))
    assert _code(late) == (422, "CHECK_IN_CLOSED")
    assert late.json()["facts"]["closes_at"].startswith(row.ends_at.isoformat()[:16])


def test_a_cancelled_one_has_no_code_and_opens_no_door(speak: Any, under_way: Any, code_of: Any) -> None:
    row = under_way()
    token = code_of(row)
    order = {"category": "weather", "reason": "下雨"}
    assert speak("member").post(f"occurrences/{row.pk}/cancel", order).status_code == 200
    assert speak(None).get(f"check-in/{token}").json()["state"] == "cancelled"
    assert _code(speak(None).post(f"check-in/{token}", coming(31))) == (409, "INVALID_TRANSITION")
    assert _code(speak("member").get(f"occurrences/{row.pk}/check-in-code"))[0] == 409


def test_j09_guessing_from_one_address_is_stopped(
    speak: Any, under_way: Any, code_of: Any, in_city: Any
) -> None:
    from grids.interest.services.check_in import forget_check_ins

    token = code_of(under_way())
    for _ in range(20):
        assert speak(None).post("check-in/guess", coming(31)).status_code == 404
    answer = speak(None).post(f"check-in/{token}", coming(31))
    assert _code(answer) == (429, "CHECK_IN_TRIES")
    elsewhere = speak(None)
    elsewhere.client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    assert elsewhere.post(f"check-in/{token}", coming(31)).status_code == 200
    with in_city():
        assert "127.0.0.1" not in str(list(FailedCheckIn.objects.values()))
        assert forget_check_ins() == 0
        FailedCheckIn.objects.update(failed_at=timezone.now() - timedelta(minutes=16))
        assert forget_check_ins() == 20


def test_a_crowd_that_comes_early_is_not_shut_out(
    speak: Any, planned: Any, code_of: Any, in_city: Any
) -> None:
    body = planned()
    with in_city():
        tomorrow = Occurrence.objects.get(activity_id=body["id"])
    token = code_of(tomorrow)
    for number in range(25):
        assert _code(speak(None).post(f"check-in/{token}", coming(number))) == (422, "CHECK_IN_EARLY")


class TestTicks:
    """Whoever runs it ticks people without a phone, counts the others, and undoes a wrong tick."""

    def test_the_tick_list_names_those_who_joined(
        self, speak: Any, under_way: Any, enrol: Any, code_of: Any
    ) -> None:
        enrol("周演示021")
        row = under_way()
        speak(None).post(f"check-in/{code_of(row)}", coming(31))
        rows = speak("member").get(f"occurrences/{row.pk}/attendance").json()["results"]
        assert [(each["name"], each["is_present"], each["way"]) for each in rows] == [
            ("周演示021", False, None), ("钱演示031", True, "qr"),
        ]  # fmt: skip
        assert rows[1]["phone"] == "139****0031" and rows[1]["attendance_id"]

    def test_many_are_ticked_at_once_and_twice_is_once(
        self, speak: Any, under_way: Any, enrol: Any, in_city: Any
    ) -> None:
        ids = [enrol(f"周演示{number:03d}").participant_id for number in range(21, 24)]
        row = under_way()
        path = f"occurrences/{row.pk}/ticks"
        done = speak("member").post(path, {"participant_ids": ids[:2], "headcount": 5, "visitors": 2})
        assert done.status_code == 200, done.content
        assert done.json() == {"added": 2, "were_present": 0, "headcount": 5, "visitors": 2}
        again = speak("leader").post(path, {"participant_ids": ids}).json()
        assert again == {"added": 1, "were_present": 2, "headcount": 5, "visitors": 2}
        shown = speak("member").get(f"occurrences/{row.pk}").json()
        assert (shown["named"], shown["headcount"], shown["visitors"]) == (3, 5, 2)
        with in_city():
            ticked = Attendance.objects.filter(occurrence=row)
            assert {each.way for each in ticked} == {"ticked"} and all(each.is_first_time for each in ticked)

    def test_a_repeated_request_is_answered_as_before(self, speak: Any, under_way: Any, enrol: Any) -> None:
        ids = [enrol("周演示021").participant_id]
        path = f"occurrences/{under_way().pk}/ticks"
        key = {"idempotency_key": "tick-00000001"}
        first = speak("member").post(path, {"participant_ids": ids}, **key)
        again = speak("member").post(path, {"participant_ids": ids}, **key)
        assert again["Idempotent-Replayed"] == "true" and again.json() == first.json()

    def test_one_who_has_not_joined_here_is_unknown_and_nobody_is_ticked(
        self, speak: Any, under_way: Any, enrol: Any, neighbourhood: Any, in_city: Any
    ) -> None:
        own = enrol("周演示021").participant_id
        other = enrol("吴演示022", found=neighbourhood.ball, by="neighbour_leader").participant_id
        row = under_way()
        answer = speak("member").post(f"occurrences/{row.pk}/ticks", {"participant_ids": [own, other]})
        assert answer.status_code == 404
        with in_city():
            assert not Attendance.objects.exists()

    def test_j16_more_visitors_than_people_are_refused(self, speak: Any, under_way: Any) -> None:
        answer = speak("member").post(f"occurrences/{under_way().pk}/ticks", {"headcount": 3, "visitors": 4})
        assert _code(answer) == (422, "VISITORS")

    def test_j09_ticking_too_early_and_too_late_is_refused(
        self, speak: Any, planned: Any, under_way: Any, in_city: Any, later: Any
    ) -> None:
        body = planned()
        with in_city():
            tomorrow = Occurrence.objects.get(activity_id=body["id"])
        early = speak("member").post(f"occurrences/{tomorrow.pk}/ticks", {"headcount": 3})
        assert _code(early) == (422, "CHECK_IN_EARLY")
        row = under_way()
        later(days=9)
        late = speak("member").post(f"occurrences/{row.pk}/ticks", {"headcount": 3})
        assert _code(late) == (422, "RECORD_CLOSED")

    def test_a_wrong_tick_is_undone_with_its_first_time(
        self, speak: Any, under_way: Any, enrol: Any, in_city: Any
    ) -> None:
        person = enrol("周演示021").participant_id
        row = under_way()
        speak("member").post(f"occurrences/{row.pk}/ticks", {"participant_ids": [person]})
        with in_city():
            tick = Attendance.objects.get(participant_id=person).pk
        assert speak("neighbour_member").delete(f"attendances/{tick}").status_code == 404
        assert speak("member").delete(f"attendances/{tick}").status_code == 204
        with in_city():
            assert not Attendance.objects.filter(pk=tick).exists()
            assert Participant.objects.get(pk=person).first_attended_on is None
            assert AuditEvent.objects.filter(action="attendance.undo").count() == 1

    def test_the_last_one_of_a_held_occurrence_is_not_undone(
        self, speak: Any, under_way: Any, enrol: Any, in_city: Any
    ) -> None:
        person = enrol("周演示021").participant_id
        row = under_way()
        speak("member").post(f"occurrences/{row.pk}/ticks", {"participant_ids": [person]})
        assert speak("member").post(f"occurrences/{row.pk}/finish", {}).status_code == 200
        with in_city():
            tick = Attendance.objects.get(participant_id=person).pk
        assert _code(speak("member").delete(f"attendances/{tick}")) == (422, "OCCURRENCE_EMPTY")
        with in_city():
            assert Attendance.objects.filter(pk=tick).exists()

    def test_the_first_time_is_the_earliest_day_whenever_it_is_ticked(
        self, speak: Any, under_way: Any, enrol: Any, in_city: Any
    ) -> None:
        person = enrol("周演示021").participant_id
        today, before = under_way(), under_way(began_minutes_ago=3 * 24 * 60, title="三天前")
        for row in (today, before):
            done = speak("member").post(f"occurrences/{row.pk}/ticks", {"participant_ids": [person]})
            assert done.status_code == 200, done.content
        with in_city():
            first = Attendance.objects.get(participant_id=person, is_first_time=True)
            assert first.occurrence_id == before.pk
            assert Participant.objects.get(pk=person).first_attended_on == first.attended_on
        speak("member").delete(f"attendances/{first.pk}")
        with in_city():
            assert Attendance.objects.get(participant_id=person, is_first_time=True).occurrence_id == today.pk


class TestRatings:
    """One tap after check-in, once and freely."""

    def _pass(self, speak: Any, token: str, number: int) -> str:
        given: str = speak(None).post(f"check-in/{token}", coming(number)).json()["rating_pass"]
        return given

    def test_one_tap_is_kept_once(self, speak: Any, under_way: Any, code_of: Any) -> None:
        row = under_way()
        given = self._pass(speak, code_of(row), 31)
        for score, status in ((3, 204), (3, 204), (1, 409)):
            answer = speak(None).post("ratings", {"rating_pass": given, "score": score})
            assert answer.status_code == status
        assert answer.json()["code"] == "RATING_GIVEN"
        told = speak("member").get(f"occurrences/{row.pk}/ratings").json()
        assert told == {"ratings": 1, "mean": None}

    def test_a_mean_is_told_from_five_on(self, speak: Any, under_way: Any, code_of: Any) -> None:
        row = under_way()
        token = code_of(row)
        for number in range(5):
            assert speak("member").get(f"occurrences/{row.pk}/ratings").json()["mean"] is None
            given = self._pass(speak, token, 40 + number)
            speak(None).post("ratings", {"rating_pass": given, "score": 3 if number else 1})
        assert speak("member").get(f"occurrences/{row.pk}/ratings").json() == {"ratings": 5, "mean": 2.6}

    @pytest.mark.parametrize("score", [0, 4, "x"])
    def test_there_are_three_faces(self, speak: Any, under_way: Any, code_of: Any, score: Any) -> None:
        given = self._pass(speak, code_of(under_way()), 31)
        assert speak(None).post("ratings", {"rating_pass": given, "score": score}).status_code == 400

    def test_a_forged_pass_is_unknown(
        self, api: Any, beta: Any, speak: Any, under_way: Any, code_of: Any
    ) -> None:
        given = self._pass(speak, code_of(under_way()), 31)
        assert speak(None).post("ratings", {"rating_pass": given + "x", "score": 3}).status_code == 404
        assert api(beta).post("ratings", {"rating_pass": given, "score": 3}).status_code == 404
