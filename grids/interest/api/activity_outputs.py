"""How activities and occurrences are told. Rules: J09, J16"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from grids.interest.models import Activity, InterestGrid, Occurrence
from grids.interest.rules.activity_states import OccurrenceState
from grids.interest.rules.closed_place import SitePlace, meeting_warnings
from grids.interest.rules.quiet_hours import Warned
from grids.interest.services.activity_bookings import NotBooked
from grids.interest.services.activity_fields import plan_of
from instructors.assignment.models import Site
from instructors.people.queries.instructors import name_for
from tenants.bureau.rules.local_time import SHANGHAI, local_date
from wangge.kernel.fields import Namesake
from wangge.kernel.problems import problem_entry


class ActivityGridOutput(serializers.ModelSerializer[InterestGrid]):
    """The interest grid an activity is of."""

    community_id = serializers.IntegerField()

    class Meta:
        model = InterestGrid
        fields = ("id", "code", "name", "community_id")


class ActivityPlaceOutput(serializers.Serializer[Any]):
    """Where it is: a fitness site or a named place, and its point as longitude and latitude.

    `closed_after`: the last day of a fitness site that was retired; null: it stands, or it is no site.
    """

    site_id = serializers.IntegerField(allow_null=True)
    name = serializers.SerializerMethodField()
    point = serializers.SerializerMethodField()
    closed_after = serializers.DateField(source="site.valid_to", allow_null=True, default=None)

    def get_name(self, row: Any) -> str:
        """The place's own name, else the site's."""
        return row.place_name or (row.site.name if row.site is not None else "")

    def get_point(self, row: Any) -> list[float] | None:
        """Longitude and latitude."""
        found = row.place or (row.site.geometry if row.site is not None else None)
        return None if found is None else [found.x, found.y]


class ActivityWarningOutput(serializers.Serializer[Any]):
    """Worth a second thought, and no refusal."""

    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    facts = serializers.DictField()


def site_place(site: Site | None) -> SitePlace | None:
    """A site as the rules read it."""
    return None if site is None else SitePlace(site.name, site.valid_to)


class ActivityInstructorOutput(serializers.Serializer[Any]):
    """Whose time it takes; the name in full for who keeps the record, and for the person."""

    id = serializers.IntegerField()
    name = serializers.SerializerMethodField()

    def get_name(self, person: Any) -> str:
        """The name as the reader sees it."""
        return name_for(self.context.get("reader"), person)


class ActivityOutput(serializers.ModelSerializer[Activity]):
    """An activity. `starts_at` to `ends_at`: its first time; `expanded_to`: up to which day its occurrences stand."""

    interest_grid = ActivityGridOutput()
    starts_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    ends_at = serializers.SerializerMethodField()
    place = ActivityPlaceOutput(source="*")
    instructor = ActivityInstructorOutput(allow_null=True)

    class Meta:
        model = Activity
        fields: tuple[str, ...] = (
            "id", "interest_grid", "title", "recurrence", "starts_at", "ends_at", "until", "expanded_to", "place", "hall",
            "is_exclusive", "is_outdoors", "instructor", "assist_themes", "welcomes_visitors", "state", "version",
        )  # fmt: skip

    def get_ends_at(self, row: Activity) -> str:
        """When the first time ends."""
        return plan_of(row).ends_at.isoformat()


class OccurrenceOutput(serializers.ModelSerializer[Occurrence]):
    """One meeting. `named`: present by name, `by_code` of them by themselves; `headcount`: counted without a name;
    `visitors`: of all, from outside the city. `warnings`: that its place was closed.
    """

    activity_id = serializers.IntegerField()
    title = serializers.CharField(source="activity.title")
    assist_themes = serializers.ListField(child=serializers.CharField(), source="activity.assist_themes")
    is_outdoors = serializers.BooleanField(source="activity.is_outdoors")
    interest_grid = ActivityGridOutput()
    starts_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    ends_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    held_at = serializers.DateTimeField(default_timezone=SHANGHAI, allow_null=True)
    place = ActivityPlaceOutput(source="*")
    instructor = ActivityInstructorOutput(source="activity.instructor", allow_null=True)
    named = serializers.IntegerField()
    by_code = serializers.IntegerField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Occurrence
        fields = (
            "id", "activity_id", "title", "assist_themes", "is_outdoors", "interest_grid", "starts_at", "ends_at", "place",
            "instructor", "state", "cancel_category", "cancel_reason", "named", "by_code", "headcount", "visitors", "held_at",
            "warnings", "version",
        )  # fmt: skip

    @extend_schema_field(ActivityWarningOutput(many=True))
    def get_warnings(self, row: Occurrence) -> list[dict[str, object]]:
        """PLACE_CLOSED where it is planned for a day after its site's last."""
        is_planned = row.state == OccurrenceState.PLANNED
        found = meeting_warnings(site_place(row.site), local_date(row.starts_at), is_planned=is_planned)
        return [warning_told(each) for each in found]


class NotBookedOutput(serializers.Serializer[Any]):
    """An occurrence that was cancelled because its place or instructor is taken, and why."""

    occurrence_id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    errors: Namesake = serializers.ListField(child=serializers.DictField())


class PlannedOutput(ActivityOutput):
    """An activity after a write, with what could not be booked and warnings."""

    skipped = NotBookedOutput(many=True)
    warnings = ActivityWarningOutput(many=True)

    class Meta(ActivityOutput.Meta):
        fields = (*ActivityOutput.Meta.fields, "skipped", "warnings")


def warning_told(warned: Warned) -> dict[str, object]:
    """The warning in both languages."""
    return {"code": warned.code, "zh": warned.zh, "en": warned.en, "facts": warned.facts}


def not_booked_told(each: NotBooked, english: bool) -> dict[str, object]:
    """The occurrence and its refusals."""
    return {
        "occurrence_id": each.occurrence.pk,
        "starts_at": each.occurrence.starts_at.astimezone(SHANGHAI).isoformat(),
        "errors": [problem_entry(refusal, english=english) for refusal in each.refusals],
    }
