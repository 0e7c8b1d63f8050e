"""How interest grids are told. Rule: J07"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from grids.interest.api.activity_outputs import ActivityWarningOutput, site_place, warning_told
from grids.interest.models import InterestGrid
from grids.interest.rules.closed_place import usual_place_warnings
from grids.interest.rules.people_states import InterestGridState
from grids.interest.rules.recurrence import next_days
from grids.units.api.plan_outputs import CommunityBrief
from tenants.bureau.queries.days import today

_DAYS_SHOWN = 3


class InterestItem(serializers.Serializer[Any]):
    """The activity."""

    code = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()


class BaseGridBrief(serializers.Serializer[Any]):
    """A base grid served."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.SerializerMethodField()
    community_id = serializers.IntegerField()

    def get_name(self, row: Any) -> str:
        """As people call it."""
        return f"{row.community.name}第{row.sequence}网格"


class SiteBrief(serializers.Serializer[Any]):
    """A fitness site; `closed_after`: its last day, where it was retired."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    closed_after = serializers.DateField(source="valid_to", allow_null=True)


class InterestGridOutput(serializers.ModelSerializer[InterestGrid]):
    """An interest grid with how many serve and take part in it, and its next days; `warnings`: its place was closed."""

    item = InterestItem()
    community = CommunityBrief()
    base_grids = BaseGridBrief(many=True)
    site = SiteBrief(allow_null=True)
    place = serializers.SerializerMethodField()
    next_days = serializers.SerializerMethodField()
    member_count = serializers.IntegerField()
    participant_count = serializers.IntegerField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = InterestGrid
        fields = (
            "id", "code", "name", "item", "community", "base_grids", "site", "place", "place_name", "recurrence",
            "from_minute", "minutes", "is_outdoors", "introduction", "next_days", "state", "member_count",
            "participant_count", "crossing_approved_on", "active_since", "last_activity_on", "dormant_since", "closed_on",
            "close_reason", "warnings", "version",
        )  # fmt: skip

    def get_place(self, row: InterestGrid) -> dict[str, float] | None:
        """A point of its own, where it meets at no site."""
        return None if row.place is None else {"lon": row.place.x, "lat": row.place.y}

    @extend_schema_field(ActivityWarningOutput(many=True))
    def get_warnings(self, row: InterestGrid) -> list[dict[str, object]]:
        """PLACE_CLOSED where its usual place was retired and another is to be chosen."""
        if row.state == InterestGridState.CLOSED:
            return []
        return [warning_told(each) for each in usual_place_warnings(site_place(row.site))]

    def get_next_days(self, row: InterestGrid) -> list[str]:
        """The next usual days, from today."""
        if row.state == InterestGridState.CLOSED:
            return []
        on = self.context.get("on") or today()
        begins = (row.active_since or row.created_at.date()).replace(day=1)
        return [day.isoformat() for day in next_days(row.recurrence, min(begins, on), on, _DAYS_SHOWN)]
