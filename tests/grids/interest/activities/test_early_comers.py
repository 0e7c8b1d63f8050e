"""J07, J09: what is called off as a whole leaves a meeting alone to which somebody came before its start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from grids.interest.models import Activity, Attendance, InterestGrid, Occurrence
from instructors.assignment.models import Booking
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import OutboxMessage
from tests.grids.interest.activities.conftest import at, coming

pytestmark = pytest.mark.django_db

ENDS = {"category": "place", "reason": "广场维修"}


@pytest.fixture
def soon(planned: Any, in_city: Any) -> Callable[..., Occurrence]:
    """`soon()` is a meeting that begins in ten minutes, with its door open; `recurrence` and the like as in a plan."""

    def make(**changes: Any) -> Occurrence:
        starts_at = timezone.now() + timedelta(minutes=10)
        ends_at = starts_at + timedelta(hours=1)
        body = planned(starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat(), **changes)
        with in_city():
            first = Occurrence.objects.select_related("activity").filter(activity_id=body["id"])
            return first.order_by("starts_at")[0]

    return make


@pytest.fixture
def close(speak: Any, neighbourhood: Any) -> Callable[[], None]:
    """`close()`: the leader closes the dance."""

    def press() -> None:
        path = f"interest-grids/{neighbourhood.dance.pk}/close"
        answer = speak("leader").post(path, {"reason": "场地拆除"})
        assert answer.status_code == 200, answer.content

    return press


def _begins(row: Occurrence, in_city: Any, ago: timedelta) -> None:
    """Let the meeting have begun."""
    with in_city():
        starts_at = timezone.now() - ago
        Occurrence.objects.filter(pk=row.pk).update(
            starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
        )


def _state(row: Occurrence) -> tuple[str, str]:
    found = Occurrence.objects.get(pk=row.pk)
    return found.state, found.cancel_category


def _is_booked(row: Occurrence) -> bool:
    return Booking.objects.filter(reference=f"occurrence:{row.pk}", is_active=True).exists()


def test_j07_closing_leaves_a_meeting_alone_to_which_somebody_came_early(
    speak: Any,
    soon: Any,
    planned: Any,
    code_of: Any,
    enrol: Any,
    close: Any,
    in_city: Any,
    neighbourhood: Any,
) -> None:
    enrol("孙演示020", "13900000020")
    row, other = soon(site_id=neighbourhood.site.pk), planned(site_id=neighbourhood.site.pk)
    token = code_of(row)
    assert speak(None).post(f"check-in/{token}", coming(1)).status_code == 200
    close()
    with in_city():
        later = Occurrence.objects.get(activity_id=other["id"])
        assert (_state(row), _is_booked(row)) == (("planned", ""), True)
        assert (_state(later), _is_booked(later)) == (("cancelled", "other"), False)
        assert not Activity.objects.filter(state="active").exists()
        told = AuditEvent.objects.get(action="occurrence.cancel_coming")
        assert (told.after["occurrences"], told.after["kept"]) == (1, [row.pk])
        text = OutboxMessage.objects.get(channel="sms", recipient="13900000020").facts["text"]
        assert "场地拆除" in text and "已有人签到的一次照常进行" in text
    late = speak(None).post(f"check-in/{token}", coming(2))
    assert (late.status_code, late.json()["code"]) == (409, "INVALID_TRANSITION")
    shown = speak("leader").get(f"occurrences/{row.pk}/check-in-code")
    assert (shown.status_code, shown.json()["message"]["zh"]) == (409, "该兴趣网格已关闭，不能再签到")


def test_j07_what_goes_on_in_a_closed_interest_grid_is_ended_by_the_leader(
    speak: Any, soon: Any, code_of: Any, close: Any, in_city: Any, neighbourhood: Any
) -> None:
    row = soon()
    speak(None).post(f"check-in/{code_of(row)}", coming(1))
    close()
    refused = speak("leader").post(f"occurrences/{row.pk}/cancel", ENDS)
    assert (refused.status_code, refused.json()["code"]) == (409, "OCCURRENCE_ATTENDED")
    _begins(row, in_city, timedelta(minutes=5))
    answer = speak("leader").post(f"occurrences/{row.pk}/finish", {"headcount": 3})
    assert (answer.status_code, answer.json()["state"]) == (200, "held"), answer.content
    with in_city():
        assert InterestGrid.objects.get(pk=neighbourhood.dance.pk).state == "closed"
        assert Attendance.objects.filter(occurrence=row).count() == 1


@pytest.mark.parametrize("way", ["code", "counted"])
def test_j07_what_nobody_ends_in_a_closed_interest_grid_ends_by_itself(
    speak: Any, soon: Any, code_of: Any, close: Any, in_city: Any, way: str
) -> None:
    from grids.interest.services.occurrences import close_left_open

    row = soon()
    if way == "code":
        answer = speak(None).post(f"check-in/{code_of(row)}", coming(1))
    else:
        answer = speak("member").post(f"occurrences/{row.pk}/ticks", {"headcount": 4})
    assert answer.status_code == 200, answer.content
    close()
    _begins(row, in_city, timedelta(hours=4))
    with in_city():
        assert close_left_open() == 1
        assert _state(row) == ("held", "")


def test_j07_closing_cancels_what_nobody_is_at_any_more(
    speak: Any, soon: Any, enrol: Any, close: Any, in_city: Any
) -> None:
    row, person = soon(), enrol("周演示021").participant_id
    speak("member").post(f"occurrences/{row.pk}/ticks", {"participant_ids": [person]})
    with in_city():
        present = Attendance.objects.get(occurrence=row).pk
    assert speak("member").delete(f"attendances/{present}").status_code == 204
    close()
    with in_city():
        assert _state(row) == ("cancelled", "other")


def test_j09_calling_a_series_off_leaves_the_meeting_alone_to_which_somebody_came_early(
    speak: Any, soon: Any, code_of: Any, enrol: Any, in_city: Any
) -> None:
    enrol("孙演示020", "13900000020")
    row = soon(recurrence="FREQ=DAILY;COUNT=4")
    speak(None).post(f"check-in/{code_of(row)}", coming(1))
    answer = speak("leader").post(f"activities/{row.activity_id}/cancel", ENDS)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    with in_city():
        rows = Occurrence.objects.filter(activity=row.activity_id).order_by("starts_at")
        assert list(rows.values_list("state", flat=True)) == ["planned"] + ["cancelled"] * 3
        told = AuditEvent.objects.get(action="activity.cancel")
        assert (told.after["occurrences"], told.after["kept"]) == (3, [row.pk])
        text = OutboxMessage.objects.get(channel="sms", recipient="13900000020").facts["text"]
        assert "广场维修" in text and text.endswith("已有人签到的一次照常进行。")
    assert speak(None).post(f"check-in/{code_of(row)}", coming(2)).status_code == 200  # others may still come


def test_j09_nobody_is_told_of_an_end_that_takes_nothing_away(
    speak: Any, soon: Any, enrol: Any, in_city: Any
) -> None:
    enrol("孙演示020", "13900000020")
    row = soon()
    speak("member").post(f"occurrences/{row.pk}/ticks", {"headcount": 4})
    assert speak("leader").post(f"activities/{row.activity_id}/cancel", ENDS).status_code == 200
    with in_city():
        assert _state(row) == ("planned", "")
        assert not OutboxMessage.objects.filter(template="activity.cancelled").exists()


class TestSeriesChanged:
    """A series moves while somebody is there already."""

    def _change(self, speak: Any, row: Occurrence, **changes: Any) -> Any:
        return speak("leader").patch(f"activities/{row.activity_id}", changes, if_match="*")

    def test_j09_people_who_were_counted_stay_where_they_are(
        self, speak: Any, soon: Any, in_city: Any
    ) -> None:
        row = soon(recurrence="FREQ=DAILY;COUNT=4")
        speak("member").post(f"occurrences/{row.pk}/ticks", {"headcount": 4})
        starts_at = at(1, 9)
        answer = self._change(
            speak, row, starts_at=starts_at.isoformat(), ends_at=(starts_at + timedelta(hours=1)).isoformat()
        )
        assert answer.status_code == 200, answer.content
        with in_city():
            assert _state(row) == ("planned", "")

    @pytest.mark.parametrize("skips", [True, False])
    def test_j09_without_a_place_for_them_the_whole_change_is_refused(
        self, speak: Any, soon: Any, planned: Any, in_city: Any, neighbourhood: Any, skips: bool
    ) -> None:
        row = soon()
        speak("member").post(f"occurrences/{row.pk}/ticks", {"headcount": 4})
        taken: datetime = row.starts_at
        planned(
            site_id=neighbourhood.site.pk, title="太极拳", starts_at=taken.isoformat(),
            ends_at=(taken + timedelta(hours=1)).isoformat(),
        )  # fmt: skip
        answer = self._change(speak, row, site_id=neighbourhood.site.pk, place_name="", skip_conflicts=skips)
        assert (answer.status_code, answer.json()["code"]) == (409, "SITE_TIME_CONFLICT")
        with in_city():
            assert _state(row) == ("planned", "")
            assert Occurrence.objects.get(pk=row.pk).place_name == "胜利广场东侧"


def test_j07_falling_asleep_cancels_nothing_and_the_meeting_wakes(
    speak: Any, soon: Any, code_of: Any, in_city: Any, neighbourhood: Any
) -> None:
    from grids.interest.services.dormancy import let_silent_sleep

    row, long_ago = soon(), neighbourhood.today - timedelta(days=300)
    speak(None).post(f"check-in/{code_of(row)}", coming(1))
    with in_city():
        found = InterestGrid.objects.filter(pk=neighbourhood.dance.pk)
        found.update(active_since=long_ago, last_activity_on=None, woken_on=None)
        assert neighbourhood.dance.pk in [each.id for each in let_silent_sleep()]
        assert _state(row) == ("planned", "")
    _begins(row, in_city, timedelta(minutes=5))
    assert speak("member").post(f"occurrences/{row.pk}/finish", {}).status_code == 200
    with in_city():
        assert found.get().state == "active"
