"""Work logs and the four-role profile over HTTP. Rule: J14"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.names import shown_name
from grids.interest.models import WorkLog
from grids.interest.queries.work_logs import (
    own_work_profile,
    work_logs_visible_to,
    work_profiles_visible_to,
)
from grids.interest.rules.activity_states import AssistTheme
from grids.interest.rules.duty_role import DutyRole, WorkKind
from grids.interest.rules.work_month import Days, month_of
from grids.interest.services.work_logs import TypedWork, log_work
from grids.units.rules.as_of import check_as_of
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
KINDS = [kind.value for kind in WorkKind]
ROLES = [role.value for role in DutyRole]
THEMES = [theme.value for theme in AssistTheme]


class MonthField(serializers.CharField):
    """A month as 2026-11, read as its days."""

    default_error_messages: ClassVar = {"month": serializers.RegexField.default_error_messages["invalid"]}

    def to_internal_value(self, data: Any) -> Any:
        """The days of the month."""
        text = super().to_internal_value(data)
        if _MONTH.fullmatch(text) is None:
            self.fail("month")
        return month_of(date.fromisoformat(f"{text}-01"))

    def run_validators(self, value: Any) -> None:
        """Nothing more is asked of days than of a text."""


class WorkLogOutput(serializers.ModelSerializer[WorkLog]):
    """One piece of work; `duty_role` and `themes` were derived. `is_typed`: entered by one tap, not by the act."""

    interest_grid_id = serializers.IntegerField(allow_null=True)
    grid_id = serializers.IntegerField(allow_null=True)
    community_id = serializers.IntegerField()
    display_name = serializers.SerializerMethodField()
    themes = serializers.ListField(child=serializers.ChoiceField(choices=THEMES))

    class Meta:
        model = WorkLog
        fields = (
            "id", "user_id", "display_name", "kind", "duty_role", "themes", "community_id", "interest_grid_id",
            "grid_id", "done_at", "done_on", "reference", "is_typed", "note",
        )  # fmt: skip

    def get_display_name(self, log: WorkLog) -> str:
        """In full for oneself and for who leads the person; masked for the others."""
        return shown_name(getattr(log, "is_named", False), log.user.display_name)


class WorkLogInput(StrictInput):
    """One tap: what was done and where. The role is derived; there is no field for it."""

    kind = serializers.ChoiceField(choices=KINDS)
    interest_grid_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    grid_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class WorkLogFilter(serializers.Serializer[Any]):
    """Which logs: of a month, of oneself, of one interest grid or base grid."""

    month = MonthField(required=False, help_text="2026-11")
    mine = serializers.BooleanField(required=False, default=False)
    interest_grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)


class RoleCounts(serializers.Serializer[Any]):
    """How much was done in each of the four roles."""

    information = serializers.IntegerField()
    publicity = serializers.IntegerField()
    instruction = serializers.IntegerField()
    service = serializers.IntegerField()


class ThemeCounts(serializers.Serializer[Any]):
    """How much of it served each of the three assists."""

    governance = serializers.IntegerField()
    tourism = serializers.IntegerField()
    health = serializers.IntegerField()


class WorkProfileOutput(serializers.Serializer[Any]):
    """A person's month in four roles. `evening`: done from 18 o'clock on, and counted like all the rest."""

    user_id = serializers.IntegerField()
    display_name = serializers.CharField()
    roles = RoleCounts()
    themes = ThemeCounts()
    evening = serializers.IntegerField()
    typed = serializers.IntegerField()
    total = serializers.IntegerField()


class BurdenOutput(serializers.Serializer[Any]):
    """What recording cost this week: `typed` logs, `forms` filled in once each, and what was recorded `by_itself`."""

    week_from = serializers.DateField()
    week_to = serializers.DateField()
    typed = serializers.IntegerField()
    forms = serializers.IntegerField()
    by_itself = serializers.IntegerField()


class OwnWorkProfileOutput(serializers.Serializer[Any]):
    """One's own month in four roles, and this week's burden."""

    month_from = serializers.DateField()
    month_to = serializers.DateField()
    roles = RoleCounts()
    themes = ThemeCounts()
    evening = serializers.IntegerField()
    typed = serializers.IntegerField()
    total = serializers.IntegerField()
    burden = BurdenOutput()


class MonthFilter(serializers.Serializer[Any]):
    """Which month; the present one by default, none to come."""

    month = MonthField(required=False, help_text="2026-11")


class ProfilesFilter(MonthFilter):
    """Which month, and under which unit."""

    unit = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)


class WorkLogsView(ApiView):
    """Work logs."""

    permission = SIGNED_IN

    @extend_schema(parameters=[WorkLogFilter], responses=paged(WorkLogOutput), operation_id="work_log_list")
    def get(self, request: SignedInRequest) -> Response:
        """One's own work, that of the members of one's grids, and by the right `worklog.view`; by id."""
        wanted = self.query(WorkLogFilter)
        rows = work_logs_visible_to(request.user)
        if "month" in wanted:
            rows = rows.filter(done_on__range=(wanted["month"].first, wanted["month"].last))
        if wanted["mine"]:
            rows = rows.filter(user_id=request.user.pk)
        for name in ("interest_grid", "grid"):
            if name in wanted:
                rows = rows.filter(**{f"{name}_id": wanted[name]})
        return self.page(rows, WorkLogOutput)

    @extend_schema(request=WorkLogInput, responses={201: WorkLogOutput}, operation_id="work_log_add")
    def post(self, request: SignedInRequest) -> Response:
        """Add by one tap what the product could not see; everything else is recorded with the act itself."""
        asked = self.parsed(WorkLogInput)
        typed = TypedWork(**{**asked, "kind": WorkKind(asked["kind"])})
        log = log_work(typed=typed, acting_user=request.user)
        return self.answer(WorkLogOutput(log).data, status=201)


class OwnWorkProfileView(ApiView):
    """One's own profile."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[MonthFilter], responses=OwnWorkProfileOutput, operation_id="own_work_profile_read"
    )
    def get(self, request: SignedInRequest) -> Response:
        """One's month in the four roles, and how much had to be typed this week."""
        on = today()
        month = _month(self.query(MonthFilter), on)
        found = own_work_profile(request.user, month, on)
        shown = {
            **_shown(found),
            "month_from": month.first,
            "month_to": month.last,
            "burden": {
                "week_from": found["week"].first,
                "week_to": found["week"].last,
                "typed": found["week_typed"],
                "forms": found["week_forms"],
                "by_itself": found["week_total"] - found["week_typed"] - found["week_forms"],
            },
        }
        return self.answer(OwnWorkProfileOutput(shown).data)


class WorkProfilesView(ApiView):
    """Profiles of the people one sees."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[ProfilesFilter], responses=paged(WorkProfileOutput), operation_id="work_profile_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """Who did what in the month: the members of one's grids, or by `worklog.view` of a unit; by id, not ranked."""
        wanted = self.query(ProfilesFilter)
        month = _month(wanted, today())
        rows = work_profiles_visible_to(request.user, month, wanted.get("unit"))
        return self.page(rows, _ProfileRow)


def _month(wanted: dict[str, Any], on: date) -> Days:
    """The month asked for, the present one by default; 400 AS_OF_TO_COME for one to come."""
    month: Days = wanted.get("month") or month_of(on)
    check_as_of(month.first, on, "month")
    return month


class _ProfileRow(WorkProfileOutput):
    def to_representation(self, row: dict[str, Any]) -> Any:
        """The counts, grouped, beside the name: in full for who leads the person, masked for the others."""
        name = shown_name(row["is_named"], row["display_name"])
        shown = {"user_id": row["id"], "display_name": name, **_shown(row)}
        return super().to_representation(shown)


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "roles": {role: found[role] for role in ROLES},
        "themes": {theme: found[f"theme_{theme}"] for theme in THEMES},
        "evening": found["evening"],
        "typed": found["typed"],
        "total": found["total"],
    }
