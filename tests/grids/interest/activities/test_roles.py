"""Who may do what with activities: every route, every person of the neighbourhood, one table."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from grids.interest.models import Attendance
from tests.grids.interest.activities.conftest import at
from tests.grids.interest.conftest import EVERYBODY as NEIGHBOURS

pytestmark = pytest.mark.django_db

RAIN = {"category": "weather", "reason": "下雨"}
RUN = {"bureau", "county", "town", "leader", "member"}  # who runs the dance's activities
SEE = RUN | {"looker"}  # who sees them
EVERYBODY = ("looker", *NEIGHBOURS)


@pytest.fixture(autouse=True)
def looker(alpha: Any, make_user: Any, neighbourhood: Any) -> None:
    """An auditor, who sees everything and runs nothing."""
    neighbourhood.people["looker"] = make_user(
        alpha, "looker", ["interest.view"], unit=neighbourhood.city.units["city"]
    )


def _picture() -> BytesIO:
    made = BytesIO()
    Image.new("RGB", (8, 8)).save(made, "JPEG")
    made.seek(0)
    made.name = "a.jpg"
    return made


def _statuses(speak: Any, ask: Any) -> dict[str | None, int]:
    return {name: ask(speak(name)).status_code for name in EVERYBODY}


def _expected(right: set[str], ok: int, seen: int) -> dict[str | None, int]:
    """`ok` for those with the right, `seen` for those who only see it, 404 out of sight, 401 for a stranger."""
    table: dict[str | None, int] = {name: 404 for name in EVERYBODY}
    table |= {name: seen for name in SEE} | {name: ok for name in right}
    return table | {None: 401}


def test_j09_who_sees(speak: Any, under_way: Any, enrol: Any, in_city: Any) -> None:
    enrol("周演示021")
    row = under_way()
    for path in (
        f"activities/{row.activity_id}", f"occurrences/{row.pk}", f"occurrences/{row.pk}/attendance",
        f"occurrences/{row.pk}/photos", f"occurrences/{row.pk}/ratings",
    ):  # fmt: skip
        assert _statuses(speak, lambda who, path=path: who.get(path)) == _expected(SEE, 200, 200), path


def test_j09_who_lists(speak: Any, under_way: Any) -> None:
    under_way()
    for path in ("activities", "occurrences"):
        shown = {name: len(speak(name).get(path).json()["results"]) for name in EVERYBODY if name is not None}
        assert shown == {name: int(name in SEE) for name in EVERYBODY if name is not None}
        assert speak(None).get(path).status_code == 401


def test_j09_who_runs(speak: Any, plan: Any, under_way: Any) -> None:
    row = under_way()
    asks = {
        "plan": (lambda who: who.post("activities", plan()), 201),
        "change": (
            lambda who: who.patch(f"activities/{row.activity_id}", {"title": "改"}, if_match="*"),
            200,
        ),
        "code": (lambda who: who.get(f"occurrences/{row.pk}/check-in-code"), 200),
        "ticks": (lambda who: who.post(f"occurrences/{row.pk}/ticks", {"headcount": 2}), 200),
    }
    for name, (ask, ok) in asks.items():
        assert _statuses(speak, ask) == _expected(RUN, ok, 403), name
    rows = {name: under_way(title=f"第{number}项") for number, name in enumerate(EVERYBODY)}
    photos = {
        name: speak(name)
        .post(f"occurrences/{row.pk}/photos", {"file": _picture(), "consent_note": "均同意"})
        .status_code
        for name, row in rows.items()
    }
    assert photos == _expected(RUN, 201, 403)


@pytest.mark.parametrize("person", EVERYBODY)
def test_j09_who_ends(speak: Any, under_way: Any, planned: Any, in_city: Any, person: str | None) -> None:
    row = under_way()
    expected = _expected(RUN, 200, 403)[person]
    who = speak(person)
    assert who.post(f"occurrences/{row.pk}/finish", {"headcount": 2}).status_code == expected
    if expected != 200:
        speak("leader").post(f"occurrences/{row.pk}/finish", {"headcount": 2})
    assert who.post(f"occurrences/{row.pk}/reopen").status_code == expected
    other = under_way(title="另一项")
    assert who.post(f"occurrences/{other.pk}/cancel", RAIN).status_code == expected
    assert who.post(f"activities/{row.activity_id}/cancel", RAIN).status_code == expected


def test_j09_a_refusal_names_the_post(speak: Any, under_way: Any) -> None:
    answer = speak("looker").post(f"occurrences/{under_way().pk}/finish", {"headcount": 2})
    assert (answer.status_code, answer.json()["code"]) == (403, "POST_REQUIRED")


def test_names_are_whole_for_who_enrols_and_masked_for_who_looks(
    speak: Any, under_way: Any, enrol: Any
) -> None:
    enrol("周演示021", "13900000021")
    path = f"occurrences/{under_way().pk}/attendance"

    def shown(name: str) -> tuple[str, str]:
        [row] = speak(name).get(path).json()["results"]
        return row["name"], row["phone"]

    assert shown("member") == ("周演示021", "139****0021")
    assert shown("looker") == ("周*", "139****0021")


def test_who_undoes(speak: Any, under_way: Any, enrol: Any, in_city: Any) -> None:
    person = enrol("周演示021").participant_id
    row = under_way()
    expected = _expected(RUN, 204, 403)
    for name in EVERYBODY:
        speak("member").post(f"occurrences/{row.pk}/ticks", {"participant_ids": [person]})
        with in_city():
            tick = Attendance.objects.get(participant_id=person).pk
        assert speak(name).delete(f"attendances/{tick}").status_code == expected[name], name


def test_a_leader_of_another_grid_sees_nothing_of_tomorrow(speak: Any, planned: Any) -> None:
    planned()
    day = at(1, 0).date().isoformat()
    assert speak("second_leader").get(f"occurrences?from={day}&to={day}").json()["results"] == []
