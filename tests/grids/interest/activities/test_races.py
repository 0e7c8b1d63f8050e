"""Two connections at once: one presence for one phone, one first time for one person, one end for one occurrence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import schema_context

from grids.interest.models import Attendance, Occurrence, Participant, Participation
from grids.interest.rules.activity_states import CancelCategory
from grids.interest.rules.check_in import CrowdPolicy
from grids.interest.services import check_in as services
from grids.interest.services import participants
from grids.interest.services.attendance import tick_people, undo_attendance
from grids.interest.services.check_in import ComingPerson, check_in
from grids.interest.services.occurrences import cancel_occurrence, finish_occurrence
from grids.interest.services.participants import JoinOrder, enrol_participant
from tests.grids.interest.activities.conftest import CONSENT
from tests.racing import ends_of_race, meet, race, until_waiting


def test_j09_rivals_at_the_door(
    committed_database: str,
    alpha: Any,
    neighbourhood: Any,
    enrol: Any,
    under_way: Any,
    code_of: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One copy of the database for six races: copying it costs more than racing."""
    first, second = under_way(), under_way(title="另一项")
    _one_new_phone_at_one_code(alpha, first, code_of(first))
    _one_new_phone_at_two_activities(alpha, code_of(first), code_of(second))
    _ticked_and_scanned(alpha, neighbourhood, second, code_of(second), enrol)
    _finished_and_cancelled(alpha, neighbourhood, under_way(title="第三项"))
    _undone_and_ticked(alpha, neighbourhood, first, code_of(first), second)
    _enrolled_and_scanned(alpha, neighbourhood, code_of(first), monkeypatch)
    _more_than_a_code_takes(alpha, under_way(title="第四项"), code_of, monkeypatch)
    held = [(neighbourhood.dance, "member"), (neighbourhood.ball, "neighbour_member")] * 2
    rows = [under_way(title="同一网络", interest_grid_id=found.pk, by=by) for found, by in held]
    tokens = [code_of(row, by) for row, (_, by) in zip(rows, held, strict=True)]
    _more_than_an_address_sends(alpha, tokens, monkeypatch)


def _scan(token: str, number: int, address: str = "") -> Callable[[], Any]:
    person = ComingPerson(f"钱演示{number:03d}", f"139000{number:05d}", True, CONSENT)
    return lambda: check_in(token=token, person=person, remote_address=address or f"192.0.2.{number}")


def _undone_and_ticked(alpha: Any, made: Any, one: Occurrence, token: str, other: Occurrence) -> None:
    """Whoever is ticked while the check-in that made them join is taken back has not joined: 404, and nothing is written."""
    with schema_context(alpha.schema_name):
        present = _scan(token, 59)().present
    undone = Event()

    def undo() -> None:
        with transaction.atomic():
            undo_attendance(attendance_id=present.pk, acting_user=made.people["leader"])
            undone.set()
            until_waiting(1)

    def tick() -> None:
        assert undone.wait(30)
        tick_people(
            occurrence_id=other.pk,
            participant_ids=[present.participant_id],
            acting_user=made.people["member"],
        )

    assert race(alpha, undo, tick) == ["done", "NOT_FOUND"]
    with schema_context(alpha.schema_name):
        assert not Participant.objects.filter(pk=present.participant_id).exists()


def _enrolled_and_scanned(alpha: Any, made: Any, token: str, monkeypatch: Any) -> None:
    """A leader enrols somebody who takes part elsewhere and scans at this moment: the joining is made once."""
    order = JoinOrder("钱演示058", "13900000058", True, CONSENT)
    with schema_context(alpha.schema_name):
        enrol_participant(
            interest_grid_id=made.ball.pk, order=order, acting_user=made.people["neighbour_leader"]
        )

    def enrol() -> Any:
        return enrol_participant(
            interest_grid_id=made.dance.pk, order=order, acting_user=made.people["leader"]
        )

    place = (participants, "found_or_made_participant")
    assert meet(alpha, monkeypatch, place, enrol, _scan(token, 58)) == ["done", "done"]
    with schema_context(alpha.schema_name):
        joined = Participation.objects.filter(participant__phone_masked="139****0058")
        assert joined.filter(interest_grid=made.dance).count() == 1
        assert Attendance.objects.filter(participant=joined[0].participant_id).count() == 1


def _more_than_a_code_takes(alpha: Any, row: Occurrence, code_of: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "crowd_policy", lambda on: CrowdPolicy(2, 100))
    token = code_of(row)
    ends = ends_of_race(alpha, *(_scan(token, 60 + at) for at in range(5)))
    assert ends == ["CHECK_IN_CODE_FULL"] * 3 + ["done"] * 2
    with schema_context(alpha.schema_name):
        assert Attendance.objects.filter(occurrence=row).count() == 2


def _more_than_an_address_sends(alpha: Any, tokens: Sequence[str], monkeypatch: Any) -> None:
    """Rivals in different interest grids do not wait for one another there; the address makes them."""
    monkeypatch.setattr(services, "crowd_policy", lambda on: CrowdPolicy(100, 3))
    deeds = [_scan(token, 70 + at, "192.0.2.200") for at, token in enumerate(tokens)]
    assert ends_of_race(alpha, *deeds) == ["CHECK_IN_CROWD"] + ["done"] * 3


def _one_new_phone_at_one_code(alpha: Any, row: Occurrence, token: str) -> None:
    assert ends_of_race(alpha, *[_scan(token, 51)] * 4) == ["done"] * 4
    with schema_context(alpha.schema_name):
        person = Participant.objects.get(phone_masked="139****0051")
        assert Attendance.objects.filter(occurrence=row, participant=person).count() == 1
        assert Participation.objects.filter(participant=person).count() == 1


def _one_new_phone_at_two_activities(alpha: Any, one: str, other: str) -> None:
    assert ends_of_race(alpha, _scan(one, 52), _scan(other, 52)) == ["done", "done"]
    with schema_context(alpha.schema_name):
        person = Participant.objects.get(phone_masked="139****0052")
        flags = Attendance.objects.filter(participant=person).values_list("is_first_time", flat=True)
        assert sorted(flags) == [False, True]


def _ticked_and_scanned(alpha: Any, neighbourhood: Any, row: Occurrence, token: str, enrol: Any) -> None:
    joined = enrol("钱演示053", "13900000053")

    def tick() -> None:
        tick_people(
            occurrence_id=row.pk, participant_ids=[joined.participant_id],
            acting_user=neighbourhood.people["member"],
        )  # fmt: skip

    assert ends_of_race(alpha, tick, _scan(token, 53), tick) == ["done"] * 3
    with schema_context(alpha.schema_name):
        present = Attendance.objects.get(participant_id=joined.participant_id)
        assert present.is_first_time


def _finished_and_cancelled(alpha: Any, neighbourhood: Any, row: Occurrence) -> None:
    member, leader = neighbourhood.people["member"], neighbourhood.people["leader"]
    deeds = (
        lambda: finish_occurrence(occurrence_id=row.pk, acting_user=member, headcount=5),
        lambda: cancel_occurrence(
            occurrence_id=row.pk, category=CancelCategory.WEATHER, reason="下雨", acting_user=leader
        ),
    )
    assert ends_of_race(alpha, *deeds) == ["INVALID_TRANSITION", "done"]
    with schema_context(alpha.schema_name):
        assert Occurrence.objects.get(pk=row.pk).state in ("held", "cancelled")
