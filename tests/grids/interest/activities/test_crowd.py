"""J09: a code and a network address take so many check-ins and no more; a whole square behind one router passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from grids.interest.models import Attendance, CheckInMade, FailedCheckIn, Participant
from grids.interest.rules.check_in import CrowdPolicy, check_crowd
from grids.interest.services import check_in as services
from grids.interest.services.check_in import forget_check_ins
from tests.grids.interest.activities.conftest import coming

pytestmark = pytest.mark.django_db


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """`most(3, 5)`: a code takes three check-ins, an address five a minute."""

    def hold(per_code: int, per_minute: int) -> None:
        monkeypatch.setattr(services, "crowd_policy", lambda on: CrowdPolicy(per_code, per_minute))

    return hold


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_the_policy_lets_a_square_of_200_pass_at_once(in_city: Any, neighbourhood: Any) -> None:
    from grids.interest.queries.activity_policy import crowd_policy

    with in_city():
        policy = crowd_policy(neighbourhood.today)
    check_crowd(200, 200, policy)
    assert policy.most_per_code <= 500 and policy.most_per_minute <= 500


def test_j09_a_code_takes_no_more_than_policy_says_and_a_new_one_does(
    speak: Any, under_way: Any, code_of: Any, most: Any, in_city: Any
) -> None:
    most(3, 100)
    row = under_way()
    token = code_of(row)
    for number in (1, 2, 2):  # the same phone again counts too: a refusal tells nothing of a phone
        assert speak(None).post(f"check-in/{token}", coming(number)).status_code == 200
    for number in (1, 3):
        answer = speak(None).post(f"check-in/{token}", coming(number))
        assert _code(answer) == (409, "CHECK_IN_CODE_FULL")
    assert answer.json()["message"]["zh"] == "该签到码已签到3人次（上限3），请扫描新的签到码"
    with in_city():
        assert Attendance.objects.filter(occurrence=row).count() == 2
        assert not FailedCheckIn.objects.exists(), "who scans a full code guesses at nothing"
    fresh = _fresh(code_of, row, token)
    assert speak(None).post(f"check-in/{fresh}", coming(3)).status_code == 200


def _fresh(code_of: Any, row: Any, token: str) -> str:
    """A code made in another second is another code."""
    import time

    while (fresh := code_of(row)) == token:
        time.sleep(0.2)
    return str(fresh)


def test_j09_an_address_sends_no_more_a_minute_over_all_codes(
    speak: Any, under_way: Any, code_of: Any, most: Any, in_city: Any
) -> None:
    most(100, 2)
    one, other = code_of(under_way()), code_of(under_way(title="另一项"))
    assert speak(None).post(f"check-in/{one}", coming(1)).status_code == 200
    assert speak(None).post(f"check-in/{other}", coming(2)).status_code == 200
    refused = speak(None).post(f"check-in/{one}", coming(3))
    assert _code(refused) == (429, "CHECK_IN_CROWD") and refused["Retry-After"] == "60"
    assert refused.json()["message"]["zh"] == "同一网络一分钟内签到过多（上限2人次），请一分钟后再试"
    elsewhere = speak(None)
    elsewhere.client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    assert elsewhere.post(f"check-in/{one}", coming(3)).status_code == 200
    with in_city():
        CheckInMade.objects.update(made_at=timezone.now() - timedelta(seconds=61))
    assert speak(None).post(f"check-in/{one}", coming(4)).status_code == 200


def test_what_was_counted_names_nobody_and_is_forgotten_with_its_code(
    speak: Any, under_way: Any, code_of: Any, in_city: Any
) -> None:
    row = under_way()
    token = code_of(row)
    speak(None).post(f"check-in/{token}", coming(1))
    with in_city():
        kept = str(list(CheckInMade.objects.values()))
        assert token not in kept and "127.0.0.1" not in kept and "participant" not in kept
        assert forget_check_ins() == 0
        CheckInMade.objects.update(made_at=timezone.now() - timedelta(minutes=9, seconds=59))
        assert forget_check_ins() == 0
        CheckInMade.objects.update(made_at=timezone.now() - timedelta(minutes=10, seconds=1))
        assert forget_check_ins() == 1


def test_the_leader_sees_how_many_came_and_takes_one_back(
    speak: Any, under_way: Any, code_of: Any, in_city: Any
) -> None:
    row = under_way()
    token = code_of(row)
    for number in (1, 2):
        speak(None).post(f"check-in/{token}", coming(number))
    shown = speak("leader").get(f"occurrences/{row.pk}").json()
    assert (shown["named"], shown["by_code"]) == (2, 2)
    rows = speak("leader").get(f"occurrences/{row.pk}/attendance").json()["results"]
    wrong = next(each for each in rows if each["name"] == "钱演示002")
    assert speak("leader").delete(f"attendances/{wrong['attendance_id']}").status_code == 204
    assert speak("leader").get(f"occurrences/{row.pk}").json()["named"] == 1
    left = speak("leader").get(f"occurrences/{row.pk}/attendance").json()["results"]
    assert [each["name"] for each in left] == ["钱演示001"], (
        "who joined by that check-in alone is gone with it"
    )
    with in_city():
        (kept,) = Participant.objects.values_list("name", flat=True)
    assert kept == "钱演示001", "nobody could ever erase a name and a phone that no interest grid lists"


def test_who_scanned_at_two_meetings_is_gone_when_both_are_taken_back(
    speak: Any, under_way: Any, code_of: Any, in_city: Any
) -> None:
    for title in ("第一项", "第二项"):
        assert speak(None).post(f"check-in/{code_of(under_way(title=title))}", coming(1)).status_code == 200
    with in_city():
        ids = list(Attendance.objects.order_by("id").values_list("pk", flat=True))
    for left, each in ((1, ids[0]), (0, ids[1])):
        assert speak("leader").delete(f"attendances/{each}").status_code == 204
        with in_city():
            assert Participant.objects.count() == left


def test_who_had_joined_before_stays_when_a_check_in_is_taken_back(
    speak: Any, under_way: Any, code_of: Any, enrol: Any, in_city: Any
) -> None:
    enrol("孙演示020", "13900000020")
    row = under_way()
    speak(None).post(f"check-in/{code_of(row)}", coming(20, name="孙演示020"))
    (one,) = speak("leader").get(f"occurrences/{row.pk}/attendance").json()["results"]
    assert speak("leader").delete(f"attendances/{one['attendance_id']}").status_code == 204
    (stays,) = speak("leader").get(f"occurrences/{row.pk}/attendance").json()["results"]
    assert (stays["name"], stays["is_present"]) == ("孙演示020", False)
