"""Everything that is pressed in one interest grid, by six people at once and at random: only refusals, and nothing is lost.

Rules: J07, J08, J09, J14, X07
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Barrier, Lock
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.interest.models import (
    Attendance,
    InterestGrid,
    MemberPost,
    Occurrence,
    Participant,
    Participation,
    WorkLog,
)
from grids.interest.rules.activity_states import CancelCategory
from grids.interest.rules.household_visit import VisitOutcome, VisitPurpose
from grids.interest.services import check_in as door
from grids.interest.services.activities import cancel_activity, change_activity
from grids.interest.services.attendance import tick_people, undo_attendance
from grids.interest.services.check_in import ComingPerson, check_in
from grids.interest.services.dormancy import begin_and_end_posts, let_silent_sleep
from grids.interest.services.erasing import erase_participant
from grids.interest.services.interest_grid_states import wake_interest_grid
from grids.interest.services.interest_grids import change_interest_grid
from grids.interest.services.keeping import keep_activities
from grids.interest.services.occurrences import cancel_occurrence, finish_occurrence
from grids.interest.services.participants import JoinOrder, enrol_participant, leave_interest_grid
from grids.interest.services.posts import PostOrder, confirm_post, end_post, move_post, nominate_post
from grids.interest.services.ratings import rate_occurrence, rating_pass
from grids.interest.services.reopening import reopen_occurrence
from grids.interest.services.visits import NeedTold, VisitOrder, erase_visits, record_visit
from tests.racing import MOST_S
from wangge.errors import RuleBroken, RulesBroken

from .activities.conftest import CONSENT, at
from .conftest import Neighbourhood
from .scene import PROVED, Scene, check_nothing_goes_on

PEOPLE, ROUNDS, LAST, SEED = 6, 30, 8, 20261123


class Crowd:
    """One interest grid under way, a neighbour to move to, and all that can be pressed."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.leader, self.made = scene, scene.leader, scene.made
        self.found, self.other = scene.founded(), scene.founded()
        self.meetings = [scene.open_door(self.found, minutes).pk for minutes in (-30, -10, 10)]
        self.series = scene.planned(
            self.found, recurrence="FREQ=DAILY", starts_at=at(1, 19), ends_at=at(1, 19, 30)
        ).pk
        with schema_context(scene.alpha.schema_name):
            from grids.interest.queries.check_in_codes import show_code

            self.tokens = [
                show_code(occurrence_id=key, acting_user=self.leader).token for key in self.meetings
            ]
            self.members = list(
                MemberPost.objects.filter(interest_grid__in=(self.found, self.other)).values_list(
                    "member", flat=True
                )
            )
        self.present, self.counted, self.together = 0, Lock(), Barrier(PEOPLE)

    def add(self, number: int) -> None:
        """So many more are present."""
        with self.counted:
            self.present += number

    def scan(self, by: Random) -> None:
        """Somebody known or new checks in."""
        number = by.randrange(400, 424)
        person = ComingPerson(f"孙演示{number}", f"13900001{number}", True, CONSENT)
        done = check_in(token=by.choice(self.tokens), person=person, remote_address=f"192.0.2.{number - 400}")
        self.add(done.is_new)

    def tick(self, by: Random) -> None:
        """Some who have joined are ticked."""
        joined = list(
            Participation.objects.filter(interest_grid=self.found, left_on=None).values_list(
                "participant", flat=True
            )
        )
        done = tick_people(
            occurrence_id=by.choice(self.meetings), participant_ids=by.sample(joined, min(4, len(joined))),
            acting_user=self.leader, headcount=by.randrange(5),
        )  # fmt: skip
        self.add(done.added)

    def undo(self, by: Random) -> None:
        """Somebody's presence is taken back."""
        keys = list(Attendance.objects.filter(interest_grid=self.found).values_list("pk", flat=True))
        if keys:
            undo_attendance(attendance_id=by.choice(keys), acting_user=self.leader)
            self.add(-1)

    def rate(self, by: Random) -> None:
        """Somebody tells how it was."""
        rows = list(Attendance.objects.filter(interest_grid=self.found))
        if rows:
            rate_occurrence(given_pass=rating_pass(by.choice(rows)), score=by.randrange(1, 4))

    def enrol(self, by: Random) -> None:
        """Somebody is enrolled here or next door."""
        number = by.randrange(400, 424)
        enrol_participant(
            interest_grid_id=by.choice((self.found, self.other)).pk, acting_user=self.leader,
            order=JoinOrder(f"孙演示{number}", f"13900001{number}", True, CONSENT),
        )  # fmt: skip

    def leave(self, by: Random) -> None:
        """Somebody leaves, or is erased."""
        rows = Participation.objects.filter(interest_grid=self.found, left_on=None)
        keys = list(rows.values_list("pk", flat=True))
        if not keys:
            return
        if by.random() < 0.5:
            leave_interest_grid(participation_id=by.choice(keys), acting_user=self.leader)
        else:
            erase_participant(
                participation_id=by.choice(keys), reason="本人要求", acting_user=self.made.people["county"]
            )

    def finish(self, by: Random) -> None:
        """A meeting is finished, or opened again."""
        row = by.choice(self.meetings)
        if by.random() < 0.6:
            finish_occurrence(occurrence_id=row, acting_user=self.leader, headcount=3)
        else:
            reopen_occurrence(occurrence_id=row, acting_user=self.leader)

    def cancel(self, by: Random) -> None:
        """A coming meeting is called off, or an activity of one meeting."""
        rows = Occurrence.objects.filter(
            interest_grid=self.found, starts_at__gt=timezone.now() + timedelta(hours=2)
        )
        if by.random() < 0.5:
            keys = list(rows.values_list("pk", flat=True))
            cancel_occurrence(
                occurrence_id=by.choice(keys),
                category=CancelCategory.WEATHER,
                reason="下雨",
                acting_user=self.leader,
            )
        else:
            keys = list(rows.exclude(activity=self.series).values_list("activity", flat=True))
            if keys:
                cancel_activity(
                    activity_id=by.choice(keys), category=CancelCategory.OTHER, reason="不办了",
                    acting_user=self.leader,
                )  # fmt: skip

    def plan(self, by: Random) -> None:
        """Something new is planned, or the series is moved."""
        hour = by.randrange(6, 19)
        if by.random() < 0.5:
            times = {"starts_at": at(by.randrange(1, 9), hour), "ends_at": at(9, hour, 20)}
            times["ends_at"] = times["starts_at"] + timedelta(minutes=20)
            self.scene.plan(self.found, **times)()
        else:
            change_activity(
                activity_id=self.series, changes={"starts_at": at(1, hour, 30)}, if_match="*",
                acting_user=self.leader, skip_conflicts=True,
            )  # fmt: skip

    def post(self, by: Random) -> None:
        """A member is nominated, confirmed, moved, or ends."""
        here, there = by.sample((self.found.pk, self.other.pk), 2)
        posts = MemberPost.objects.filter(interest_grid=here).exclude(state="ended")
        keys = list(posts.values_list("pk", flat=True))
        act = by.randrange(4)
        if act == 0 or not keys:
            nominate_post(
                member_id=by.choice(self.members), order=PostOrder(here, PROVED), acting_user=self.leader
            )
        elif act == 1:
            confirm_post(post_id=by.choice(keys), acting_user=self.leader)
        elif act == 2:
            move_post(post_id=by.choice(keys), interest_grid_id=there, reason="调整", acting_user=self.leader)
        else:
            end_post(post_id=by.choice(keys), reason="期满", acting_user=self.leader)

    def visit(self, by: Random) -> None:
        """A household tells what it misses, in any order."""
        needs = by.sample(("square_dance", "table_tennis", "walking"), 2)
        order = VisitOrder(
            self.made.grids["shengli1"].pk, VisitPurpose.TELL, VisitOutcome.TALKED, consented=True,
            needs=tuple(NeedTold(item) for item in needs),
        )  # fmt: skip
        record_visit(order=order, acting_user=by.choice((self.leader, self.made.people["member"])))

    def regular(self, by: Random) -> None:
        """What the city does by itself."""
        by.choice(
            (keep_activities, let_silent_sleep, begin_and_end_posts, lambda: erase_visits(on=self.made.today))
        )()

    def sleep_and_wake(self, by: Random) -> None:
        """It has long been silent, and is woken by hand."""
        long_ago = self.made.today - timedelta(days=300)
        InterestGrid.objects.filter(pk=self.found.pk).update(
            last_activity_on=None, active_since=long_ago, woken_on=None
        )
        let_silent_sleep()
        wake_interest_grid(interest_grid_id=self.found.pk, acting_user=self.leader)

    def change(self, by: Random) -> None:
        """Its words are changed."""
        words = {"introduction": f"演示{by.random()}"}
        change_interest_grid(
            interest_grid_id=self.found.pk, changes=words, if_match="*", acting_user=self.leader
        )

    def close(self, by: Random) -> None:
        """It is closed."""
        self.scene.close(self.found)()


DEEDS = (
    Crowd.scan, Crowd.scan, Crowd.scan, Crowd.tick, Crowd.tick, Crowd.undo, Crowd.rate, Crowd.enrol, Crowd.leave,
    Crowd.finish, Crowd.cancel, Crowd.plan, Crowd.post, Crowd.visit, Crowd.regular, Crowd.sleep_and_wake, Crowd.change,
)  # fmt: skip


def test_j09_six_press_everything_at_once(
    committed_database: str, alpha: Any, neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them closes it when all have as many presses left, and the others go on."""
    crowd = Crowd(Scene(alpha, neighbourhood, monkeypatch))
    monkeypatch.setattr(door, "_check_tries", lambda address, now: None)
    with ThreadPoolExecutor(PEOPLE) as pool:
        pressing = [pool.submit(_press, crowd, person) for person in range(PEOPLE)]
        ends = sum((each.result(timeout=4 * MOST_S) for each in pressing), Counter())
    assert [end for end in ends if end.startswith("fault")] == []
    assert ends["done"] > PEOPLE * ROUNDS / 3, ends
    with schema_context(alpha.schema_name):
        check_nothing_goes_on(crowd.found)
        _check_counts(crowd)
        _check_states(crowd.found)


def _press(crowd: Crowd, person: int) -> Counter[str]:
    """What came of all that one person pressed: "done", a refusal's code, or a fault."""
    by, ends = Random(SEED + person), Counter[str]()
    deeds: list[Callable[[Crowd, Random], None]] = [by.choice(DEEDS) for _ in range(ROUNDS)]
    if person == 0:
        deeds[-LAST] = Crowd.close
    try:
        with schema_context(crowd.scene.alpha.schema_name):
            for left, deed in zip(range(ROUNDS, 0, -1), deeds, strict=True):
                if left == LAST:
                    crowd.together.wait(4 * MOST_S)
                ends[_end(deed, crowd, by)] += 1
    finally:
        connection.close()
    return ends


def _end(deed: Callable[[Crowd, Random], None], crowd: Crowd, by: Random) -> str:
    try:
        deed(crowd, by)
    except RuleBroken as refused:
        return refused.code
    except RulesBroken as refused:
        return refused.broken[0].code
    except Exception as fault:
        return f"fault in {deed.__name__}: {fault!r}"
    return "done"


def _check_counts(crowd: Crowd) -> None:
    """Every presence that was answered stands, none twice, and each person was there for the first time once."""
    rows = Attendance.objects.filter(interest_grid=crowd.found)
    assert rows.count() == crowd.present
    for person in Participant.objects.filter(attendances__isnull=False).distinct():
        first = person.attendances.order_by("attended_on", "id")[0]
        assert list(person.attendances.filter(is_first_time=True)) == [first]
        assert person.first_attended_on == first.attended_on
    assert not Participant.objects.filter(attendances=None, first_attended_on__isnull=False).exists()


def _check_states(found: InterestGrid) -> None:
    """Its states follow one another without a gap, and who held a meeting that stands held has it in the log once."""
    spans = list(found.spans.order_by("id").values_list("state", "until"))
    assert [state for state, until in spans if until is None] == ["closed"]
    for row in Occurrence.objects.filter(interest_grid=found):
        logs = WorkLog.objects.filter(reference=f"occurrence:{row.pk}").count()
        assert logs == (row.state == "held"), (row.pk, row.state, logs)
        if row.state == "cancelled":
            assert row.cancel_category
