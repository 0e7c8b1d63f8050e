"""J14, J17: an invitation to a fitness test is work of who leads or serves there; nothing of the person goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from grids.interest.models import WorkLog

pytestmark = pytest.mark.django_db

PERSON = {"name": "周演示061", "sex": "female", "birth_year": 1961, "birth_month": 5, "phone": "13900000061"}


def _invite(neighbourhood: Any, speak: Any, who: str, kind: str = "fitness_test", **changes: Any) -> Any:
    body = {"community_id": neighbourhood.dance.community_id, "kind": kind, **PERSON, **changes}
    answer = speak(who).post("wellness/invitations", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_j14_an_invitation_is_a_log_with_a_derived_role(neighbourhood: Any, speak: Any, in_city: Any) -> None:
    made = _invite(neighbourhood, speak, "leader")
    with in_city():
        log = WorkLog.objects.get(kind="test_invited")
    assert (log.user_id, log.duty_role, log.themes) == (
        neighbourhood.people["leader"].pk, "service", ["health"],
    )  # fmt: skip
    assert (log.grid_id, log.is_typed) == (neighbourhood.grids["shengli1"].pk, False)
    assert log.reference == f"invitation:{made['id']}"
    shown = speak("leader").get("work-logs").content.decode()
    assert "test_invited" in shown and "周演示061" not in shown and "0061" not in shown
    assert speak("leader").get("me/work-profile").json()["roles"]["service"] == 1


def test_j17_an_exercise_case_and_an_offices_invitation_are_no_log(
    neighbourhood: Any, speak: Any, in_city: Any
) -> None:
    """The first would tell of health; the second is not the work of a grid."""
    _invite(neighbourhood, speak, "leader", "exercise_case")
    _invite(neighbourhood, speak, "town", name="周演示062", phone="13900000062")
    with in_city():
        assert not WorkLog.objects.exists()


def test_j17_a_refused_invitation_is_no_log(neighbourhood: Any, speak: Any, in_city: Any) -> None:
    _invite(neighbourhood, speak, "leader")
    body = {"community_id": neighbourhood.dance.community_id, "kind": "fitness_test", **PERSON}
    again = speak("leader").post("wellness/invitations", body)
    assert (again.status_code, again.json()["code"]) == (409, "INVITED_ALREADY")
    with in_city():
        assert WorkLog.objects.filter(kind="test_invited").count() == 1
