"""Activities of the demo's past weeks and of this one: planned, attended, photographed, rated, one called off."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from grids.interest.models import Attendance, Occurrence
from grids.interest.rules.activity_plans import ActivityPlan
from grids.interest.rules.activity_states import AssistTheme, CancelCategory, OccurrenceState
from grids.interest.services.activities import plan_activity
from grids.interest.services.attendance import tick_people
from grids.interest.services.occurrences import cancel_occurrence, finish_occurrence
from grids.interest.services.photos import add_photo
from grids.interest.services.ratings import rate_occurrence, rating_pass
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.shell.demo.clock import days_ago
from wangge.shell.demo.steps import Steps
from wangge.shell.demo.week import KINDS, Neighbourhood, join_people

PLANNED_DAYS_AGO, RECORDED_EVERY, NEWCOMERS_DAYS_AGO = 41, 6, 11
MINUTES = 60
FAULTS_OF_WEATHER = 7  # one meeting in so many is called off
THEMES = {"walking": (AssistTheme.TOURISM,), "taiji": (AssistTheme.HEALTH,)}


def hold_activities(made: Neighbourhood, steps: Steps) -> None:
    """Six weeks of activities, recorded every few days as a leader does; what comes stands planned."""
    with days_ago(PLANNED_DAYS_AGO):
        for item, name, recurrence, minute, _, _ in KINDS:
            _plan(made, item, name, recurrence, minute or 0)
    for ago in range(PLANNED_DAYS_AGO - RECORDED_EVERY, -1, -RECORDED_EVERY):
        with days_ago(ago):
            _record(made)
            if ago == NEWCOMERS_DAYS_AGO:
                join_people(made, "square_dance", 3)
    _record(made)
    _call_off_one(made)
    _meet_soon(made)
    held = Occurrence.objects.filter(state=OccurrenceState.HELD).count()
    steps.say(f"近六周活动 {held} 场、签到 {Attendance.objects.count()} 人次（虚构）")


def _plan(made: Neighbourhood, item: str, name: str, recurrence: str, minute: int) -> None:
    found = made.interest_grids[item]
    first = timezone.now().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = first + timedelta(days=1, minutes=minute)
    assert found.place is not None
    plan = ActivityPlan(
        title=f"{name}活动", starts_at=begins, ends_at=begins + timedelta(minutes=MINUTES), recurrence=recurrence,
        place=(found.place.x, found.place.y), place_name=found.place_name,
        assist_themes=tuple(theme.value for theme in THEMES.get(item, ())),
        welcomes_visitors=item == "walking",
    )  # fmt: skip
    plan_activity(interest_grid_id=found.pk, plan=plan, acting_user=made.leader)


def _meet_soon(made: Neighbourhood) -> None:
    """A long meeting of the account `member` that begins soon, so that check-in can be tried at any hour of the day."""
    found = made.interest_grids["square_dance"]
    assert found.place is not None
    begins = timezone.now().astimezone(SHANGHAI) + timedelta(minutes=10)
    plan = ActivityPlan(
        title="邻里健身体验（演示）", starts_at=begins, ends_at=begins + timedelta(hours=3),
        place=(found.place.x, found.place.y), place_name=found.place_name,
    )  # fmt: skip
    plan_activity(interest_grid_id=found.pk, plan=plan, acting_user=made.leader)


def _record(made: Neighbourhood) -> None:
    """Tick who came to what has taken place since the last time, finish it, and keep a photo and a few ratings."""
    over = Occurrence.objects.filter(
        state=OccurrenceState.PLANNED,
        ends_at__lt=timezone.now(),
        starts_at__gt=timezone.now() - timedelta(days=7),
    )
    for row in over.order_by("starts_at", "id"):
        people = made.joined[row.interest_grid_id]
        # All come the first time, most every time, two are away in turn, some neighbours only look on.
        have_met = Attendance.objects.filter(interest_grid=row.interest_grid_id).exists()
        away = {row.pk % len(people), (row.pk + 3) % len(people)} if have_met else set()
        present = [one.pk for at, one in enumerate(people) if at not in away]
        tick_people(
            occurrence_id=row.pk, participant_ids=present, acting_user=made.leader, headcount=row.pk % 4
        )
        if row.pk % 5 == 0:
            _photograph(made, row)
        finish_occurrence(occurrence_id=row.pk, acting_user=made.leader)
        for given in Attendance.objects.filter(occurrence=row).order_by("id")[:2]:
            rate_occurrence(given_pass=rating_pass(given), score=2 if given.pk % 6 == 0 else 3)


def _photograph(made: Neighbourhood, row: Occurrence) -> None:
    picture = SimpleUploadedFile("demo.jpg", generated_picture(row.pk), "image/jpeg")
    add_photo(
        occurrence_id=row.pk, upload=picture, caption="生成图片（演示）", consent_note="生成图片，无人物",
        acting_user=made.leader,
    )  # fmt: skip


def generated_picture(seed: int) -> bytes:
    """A drawn square with coloured dots, so that no person is on it."""
    picture = Image.new("RGB", (640, 400), (226, 240, 226))
    draw = ImageDraw.Draw(picture)
    for at in range(12):
        x, y = 60 + (at % 6) * 100, 130 + (at // 6) * 140
        shade = ((seed * 37 + at * 53) % 200, 90, 120)
        draw.ellipse((x - 26, y - 26, x + 26, y + 26), fill=shade)
    sink = BytesIO()
    picture.save(sink, "JPEG", quality=80)
    return sink.getvalue()


def _call_off_one(made: Neighbourhood) -> None:
    """Tomorrow's or the next meeting of the basketball players is called off for the weather."""
    coming = Occurrence.objects.filter(
        interest_grid=made.interest_grids["basketball"],
        state=OccurrenceState.PLANNED,
        starts_at__gt=timezone.now(),
    )
    row = coming.order_by("starts_at").first()
    if row is not None:
        cancel_occurrence(
            occurrence_id=row.pk,
            category=CancelCategory.WEATHER,
            reason="预报有雨（演示）",
            acting_user=made.leader,
        )
