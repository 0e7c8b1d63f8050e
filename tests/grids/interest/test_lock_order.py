"""Two who press at once in one interest grid, stopped where their locks would cross: neither waits for ever, nothing is lost.

Rules: J07, J08, J09
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django_tenants.utils import schema_context

from grids.interest.models import (
    Activity,
    Attendance,
    InterestGrid,
    MemberPost,
    Occurrence,
    OccurrenceRating,
    Participation,
)
from grids.interest.rules.activity_states import CancelCategory
from grids.interest.services import activities, attendance, check_in, closing, occurrences, posts, ratings
from grids.interest.services.activities import (
    cancel_activity,
    change_activity,
    extend_activities,
)
from grids.interest.services.attendance import undo_attendance
from grids.interest.services.dormancy import begin_and_end_posts, let_silent_sleep
from grids.interest.services.erasing import erase_participant
from grids.interest.services.interest_grid_states import wake_interest_grid
from grids.interest.services.members import MemberOrder, add_member
from grids.interest.services.occurrences import cancel_occurrence
from grids.interest.services.participants import leave_interest_grid
from grids.interest.services.posts import PostOrder, move_post, nominate_post
from grids.interest.services.ratings import rate_occurrence, rating_pass

from .activities.conftest import at
from .conftest import Neighbourhood
from .scene import PROVED, Scene, run_all

WEEKLY = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"


def _closes_while_somebody_checks_in(scene: Scene) -> None:
    found = scene.founded()
    row = scene.open_door(found)
    ends = scene.meet((check_in, "found_or_made_participant"), scene.scan(row), scene.close(found))
    assert ends == ["done", "done"]
    scene.check_closed(found)
    assert _standing(scene, row) == ("planned", 1)  # somebody stands there


def _checks_in_while_it_closes(scene: Scene) -> None:
    found = scene.founded()
    row = scene.open_door(found, minutes=-10)
    ends = scene.meet((closing, "record_audit"), scene.close(found), scene.scan(row))
    assert ends == ["done", "INVALID_TRANSITION"]
    scene.check_closed(found)


def _checks_in_early_while_it_closes(scene: Scene) -> None:
    found = scene.founded()
    row = scene.open_door(found)
    ends = scene.meet((closing, "record_audit"), scene.close(found), scene.scan(row))
    assert ends == ["done", "INVALID_TRANSITION"]
    scene.check_closed(found)
    assert _standing(scene, row) == ("cancelled", 0)


def _all_is_called_off_while_somebody_checks_in(scene: Scene) -> None:
    row = scene.open_door(scene.founded())
    ends = scene.meet((check_in, "found_or_made_participant"), scene.scan(row), _call_off(scene, row))
    assert ends == ["done", "done"]
    assert _standing(scene, row) == ("planned", 1)


def _checks_in_early_while_all_is_called_off(scene: Scene) -> None:
    row = scene.open_door(scene.founded())
    ends = scene.meet((activities, "record_audit"), _call_off(scene, row), scene.scan(row))
    assert ends == ["done", "INVALID_TRANSITION"]
    assert _standing(scene, row) == ("cancelled", 0)


def _call_off(scene: Scene, row: Occurrence) -> Callable[[], Any]:
    return lambda: cancel_activity(
        activity_id=row.activity_id, category=CancelCategory.OTHER, reason="不办了", acting_user=scene.leader
    )


def _standing(scene: Scene, row: Occurrence) -> tuple[str, int]:
    with schema_context(scene.alpha.schema_name):
        row.refresh_from_db()
        return row.state, Attendance.objects.filter(occurrence=row).count()


def _closes_while_somebody_plans(scene: Scene) -> None:
    found = scene.founded()
    ends = scene.meet((activities, "record_audit"), scene.plan(found), scene.close(found))
    assert ends == ["done", "done"]
    scene.check_closed(found)


def _plans_while_it_closes(scene: Scene) -> None:
    found = scene.founded()
    ends = scene.meet((closing, "record_audit"), scene.close(found), scene.plan(found))
    assert ends == ["done", "INTEREST_GRID_NOT_ACTIVE"]
    scene.check_closed(found)


def _closes_while_somebody_moves_an_activity(scene: Scene) -> None:
    found = scene.founded()
    activity = scene.planned(found, starts_at=at(1, 20), ends_at=at(1, 20, 30))

    def change() -> None:
        change_activity(
            activity_id=activity.pk, changes={"starts_at": at(2, 20)}, if_match="*", acting_user=scene.leader
        )

    ends = scene.meet((activities, "record_audit"), change, scene.close(found))
    assert ends == ["done", "done"]
    scene.check_closed(found)


def _closes_while_the_job_extends(scene: Scene) -> None:
    found = scene.founded()
    activity = scene.planned(found, recurrence=WEEKLY, starts_at=at(1, 22), ends_at=at(1, 22, 30))
    with schema_context(scene.alpha.schema_name):
        Activity.objects.filter(pk=activity.pk).update(expanded_to=F("expanded_to") - timedelta(days=3))
        last = Activity.objects.get(pk=activity.pk).expanded_to
        Occurrence.objects.filter(activity=activity, starts_at__date__gt=last).delete()
    ends = scene.meet((activities, "extend_series"), extend_activities, scene.close(found))
    assert ends == ["done", "done"]
    scene.check_closed(found)


def _closes_while_one_meeting_is_called_off(scene: Scene) -> None:
    """Why it was called off stays."""
    found = scene.founded()
    activity = scene.planned(found, starts_at=at(3, 20), ends_at=at(3, 20, 30))
    with schema_context(scene.alpha.schema_name):
        row = Occurrence.objects.get(activity=activity)

    def cancel() -> None:
        cancel_occurrence(
            occurrence_id=row.pk, category=CancelCategory.WEATHER, reason="下雨", acting_user=scene.leader
        )

    assert scene.meet((occurrences, "record_audit"), cancel, scene.close(found)) == ["done", "done"]
    scene.check_closed(found)
    with schema_context(scene.alpha.schema_name):
        row.refresh_from_db()
    assert (row.cancel_category, row.cancel_reason) == ("weather", "下雨")


def _one_meeting_and_all_are_called_off(scene: Scene) -> None:
    found = scene.founded()
    activity = scene.planned(found, starts_at=at(4, 20), ends_at=at(4, 20, 30))
    with schema_context(scene.alpha.schema_name):
        row = Occurrence.objects.get(activity=activity)

    def cancel() -> None:
        cancel_occurrence(
            occurrence_id=row.pk, category=CancelCategory.WEATHER, reason="下雨", acting_user=scene.leader
        )

    def cancel_all() -> None:
        cancel_activity(
            activity_id=activity.pk, category=CancelCategory.OTHER, reason="不办了", acting_user=scene.leader
        )

    assert scene.meet((occurrences, "record_audit"), cancel, cancel_all) == ["done", "done"]
    with schema_context(scene.alpha.schema_name):
        row.refresh_from_db()
    assert (row.cancel_category, row.cancel_reason) == ("weather", "下雨")


def _two_move_crosswise(scene: Scene) -> None:
    one, other = scene.founded(), scene.founded()
    deeds = [
        lambda post=post, to=to: move_post(
            post_id=post.pk, interest_grid_id=to.pk, reason="调整", acting_user=scene.leader
        )
        for post, to in ((scene.post_of(one), other), (scene.post_of(other), one))
    ]
    # The first stops between the two interest grids it locks, or before both.
    assert scene.meet((posts, "check_post_action"), *deeds) == ["done", "done"]
    with schema_context(scene.alpha.schema_name):
        moved = MemberPost.objects.filter(interest_grid__in=(one, other)).values("member", "interest_grid")
        assert moved.distinct().count() == 4


def _moves_while_the_person_is_nominated(scene: Scene) -> None:
    """Who nominates holds the person and waits for the interest grid; who moves holds it and refers to the person."""
    one, other = scene.founded(), scene.founded()
    post = scene.post_of(one)

    def move() -> None:
        move_post(post_id=post.pk, interest_grid_id=other.pk, reason="调整", acting_user=scene.leader)

    def nominate() -> None:
        order = PostOrder(other.pk, PROVED, starts_on=scene.made.today, ends_on=scene.made.today)
        nominate_post(member_id=post.member_id, order=order, acting_user=scene.leader)

    assert scene.meet((posts, "_audit"), move, nominate) == ["done", "POST_TWICE"]


def _closes_while_the_job_ends_posts(scene: Scene) -> None:
    found = scene.founded()
    serving = scene.post_of(found)
    with schema_context(scene.alpha.schema_name):
        for number in (next(scene.numbers), next(scene.numbers)):
            add_member(
                order=MemberOrder(f"钱演示{number}", f"13900000{number}", post=PostOrder(found.pk, PROVED)),
                acting_user=scene.leader,
            )
        yesterday = scene.made.today - timedelta(days=1)
        begins, ends = MemberPost.objects.filter(interest_grid=found).exclude(pk=serving.pk).order_by("id")
        dated = MemberPost.objects.filter(pk__in=(begins.pk, ends.pk))
        dated.update(state="confirmed", confirmed_by=scene.leader, starts_on=yesterday)
        MemberPost.objects.filter(pk=ends.pk).update(ends_on=yesterday)
    assert scene.meet((QuerySet, "update"), begin_and_end_posts, scene.close(found), call=2) == ["done"] * 2
    scene.check_closed(found)


def _moves_while_the_silent_fall_asleep(scene: Scene) -> None:
    one, other = scene.founded(), scene.founded()
    with schema_context(scene.alpha.schema_name):
        long_ago = scene.made.today - timedelta(days=300)
        InterestGrid.objects.filter(pk__in=(one.pk, other.pk)).update(
            active_since=long_ago, last_activity_on=None, woken_on=None
        )
        first, last = (
            InterestGrid.objects.filter(pk__in=(one.pk, other.pk)).order_by(RawSQL("ctid", [])).all()
        )
    post = scene.post_of(last)

    def move() -> None:
        move_post(post_id=post.pk, interest_grid_id=first.pk, reason="调整", acting_user=scene.leader)

    assert scene.meet((posts, "check_post_action"), move, let_silent_sleep) == ["done", "done"]
    with schema_context(scene.alpha.schema_name):
        assert InterestGrid.objects.filter(pk__in=(one.pk, other.pk), state="dormant").count() == 2


def _wakes_while_the_silent_fall_asleep(scene: Scene) -> None:
    """Who is woken at this moment does not fall asleep again."""
    found = scene.founded()
    with schema_context(scene.alpha.schema_name):
        InterestGrid.objects.filter(pk=found.pk).update(
            active_since=scene.made.today - timedelta(days=300), last_activity_on=None
        )
        let_silent_sleep()

    def wake() -> None:
        wake_interest_grid(interest_grid_id=found.pk, acting_user=scene.leader)

    from grids.interest.services import interest_grid_states

    assert scene.meet((interest_grid_states, "record_audit"), wake, let_silent_sleep) == ["done", "done"]
    with schema_context(scene.alpha.schema_name):
        assert InterestGrid.objects.get(pk=found.pk).state == "active"
        assert list(found.spans.filter(until=None).values_list("state", flat=True)) == ["active"]


def _present(scene: Scene) -> Attendance:
    row = scene.open_door(scene.founded())
    with schema_context(scene.alpha.schema_name):
        present: Attendance = scene.scan(row)().present
        return present


def _rates_while_the_presence_is_taken_back(scene: Scene) -> None:
    present = _present(scene)
    with schema_context(scene.alpha.schema_name):
        given = rating_pass(present)

    def undo() -> None:
        undo_attendance(attendance_id=present.pk, acting_user=scene.leader)

    ends = scene.meet((attendance, "record_audit"), undo, lambda: rate_occurrence(given_pass=given, score=3))
    assert ends[0] == "done" and ends[1] in ("done", "NOT_FOUND")
    with schema_context(scene.alpha.schema_name):
        assert not Attendance.objects.filter(pk=present.pk).exists()
        assert not OccurrenceRating.objects.filter(occurrence=present.occurrence_id).exists()


def _presence_is_taken_back_while_it_is_rated(scene: Scene) -> None:
    present = _present(scene)
    with schema_context(scene.alpha.schema_name):
        given = rating_pass(present)

    def undo() -> None:
        undo_attendance(attendance_id=present.pk, acting_user=scene.leader)

    ends = scene.meet((ratings, "record_audit"), lambda: rate_occurrence(given_pass=given, score=3), undo)
    assert ends == ["done", "done"]
    with schema_context(scene.alpha.schema_name):
        assert not Attendance.objects.filter(pk=present.pk).exists()
        assert not OccurrenceRating.objects.filter(occurrence=present.occurrence_id).exists()


def _leaves_while_the_joining_is_taken_back(scene: Scene) -> None:
    _goes_while_the_joining_is_taken_back(scene, leave_interest_grid)


def _is_erased_while_the_joining_is_taken_back(scene: Scene) -> None:
    def erase(participation_id: int, acting_user: Any) -> None:
        erase_participant(participation_id=participation_id, reason="本人要求", acting_user=acting_user)

    _goes_while_the_joining_is_taken_back(scene, erase)


def _goes_while_the_joining_is_taken_back(scene: Scene, go: Callable[..., Any]) -> None:
    """A check-in that is taken back takes the joining with it: there is nothing left to end or to erase."""
    present = _present(scene)
    with schema_context(scene.alpha.schema_name):
        joined = Participation.objects.get(participant=present.participant_id)

    def undo() -> None:
        undo_attendance(attendance_id=present.pk, acting_user=scene.leader)

    def leave() -> None:
        go(participation_id=joined.pk, acting_user=scene.leader)

    assert scene.meet((attendance, "_unjoin"), undo, leave) == ["done", "NOT_FOUND"]


def _a_presence_is_taken_back_twice(scene: Scene) -> None:
    present = _present(scene)

    def undo() -> None:
        undo_attendance(attendance_id=present.pk, acting_user=scene.leader)

    assert scene.meet((attendance, "record_audit"), undo, undo) == ["done", "NOT_FOUND"]


CROSSINGS = (
    _closes_while_somebody_checks_in, _checks_in_while_it_closes, _checks_in_early_while_it_closes,
    _all_is_called_off_while_somebody_checks_in, _checks_in_early_while_all_is_called_off, _closes_while_somebody_plans,
    _plans_while_it_closes, _closes_while_somebody_moves_an_activity, _closes_while_the_job_extends,
    _closes_while_one_meeting_is_called_off, _one_meeting_and_all_are_called_off, _two_move_crosswise,
    _moves_while_the_person_is_nominated, _closes_while_the_job_ends_posts, _moves_while_the_silent_fall_asleep,
    _wakes_while_the_silent_fall_asleep, _rates_while_the_presence_is_taken_back,
    _presence_is_taken_back_while_it_is_rated, _a_presence_is_taken_back_twice,
    _leaves_while_the_joining_is_taken_back, _is_erased_while_the_joining_is_taken_back,
)  # fmt: skip


def test_j07_nobody_waits_for_ever_and_nothing_is_lost(
    committed_database: str, alpha: Any, neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One copy of the database for all: copying it costs more than racing."""
    run_all(CROSSINGS, Scene(alpha, neighbourhood, monkeypatch))
