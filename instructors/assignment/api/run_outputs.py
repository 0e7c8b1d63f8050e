"""How computed assignments are shown: figures, pairs with names as the reader sees them, reasons of empty places."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from instructors.assignment.api.needs import ItemBrief
from instructors.assignment.models import AssignmentPin, AssignmentRun, SiteAssignment, SiteNeed, UnservedNeed
from instructors.assignment.rules.run_states import NAMES_ZH, standing_state
from instructors.assignment.rules.why_words import Told, coarse, tell_left_out, tell_unserved
from instructors.people.api.outputs import PersonBrief
from instructors.people.queries.instructors import name_for
from tenants.bureau.api.names import AccountNameField

STATES = list(NAMES_ZH.items())


class RunBrief(serializers.ModelSerializer[AssignmentRun]):
    """A run at a glance; `state` of a run whose job was cancelled or failed is that of the job."""

    state = serializers.SerializerMethodField()
    job_id = serializers.IntegerField(allow_null=True)
    covered_weight = serializers.SerializerMethodField()
    asked_weight = serializers.SerializerMethodField()

    class Meta:
        model = AssignmentRun
        fields: tuple[str, ...] = (
            "id", "state", "as_of", "created_at", "adopted_at", "replaces_id", "job_id", "covered_weight",
            "asked_weight", "parameters", "policy_version",
        )  # fmt: skip

    def get_state(self, run: AssignmentRun) -> str:
        """The run's state."""
        return standing_state(run.state, run.job.state if run.job is not None else "")

    def get_covered_weight(self, run: AssignmentRun) -> int | None:
        """Households served."""
        return run.figures.get("covered_weight")

    def get_asked_weight(self, run: AssignmentRun) -> int | None:
        """Households asked for."""
        return run.figures.get("asked_weight")


class RunOutput(RunBrief):
    """A run with all figures: coverage, travel, load, gap, households in reach and how they were measured, who was left
    out and why."""

    asked_by = AccountNameField()

    class Meta(RunBrief.Meta):
        fields = (*RunBrief.Meta.fields, "figures", "asked_by")


class NeedAtSite(serializers.Serializer[Any]):
    """A need with its site."""

    id = serializers.IntegerField()
    item = ItemBrief()
    weekday = serializers.IntegerField()
    from_minute = serializers.IntegerField()
    to_minute = serializers.IntegerField()
    wanted = serializers.IntegerField()
    site = serializers.SerializerMethodField()

    def get_site(self, need: SiteNeed) -> dict[str, Any]:
        """The site by name and place."""
        site = need.site
        return {
            "id": site.pk, "name": site.name, "unit": site.unit.name, "lon": site.geometry.x, "lat": site.geometry.y,
        }  # fmt: skip


class PairOutput(serializers.ModelSerializer[SiteAssignment]):
    """Who serves which need; `travel_m` in whole 100 metres upwards, so that no home can be found from it."""

    need = NeedAtSite()
    instructor = PersonBrief()
    travel_m = serializers.SerializerMethodField()

    class Meta:
        model = SiteAssignment
        fields = ("id", "need", "instructor", "travel_m", "is_pinned", "is_kept")

    def get_travel_m(self, pair: SiteAssignment) -> int:
        """The way from home, coarse."""
        return coarse(pair.travel_m)


class ReasonOutput(serializers.Serializer[Any]):
    """A reason in both languages with its facts."""

    code = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    facts = serializers.DictField()


class UnservedOutput(serializers.ModelSerializer[UnservedNeed]):
    """Places of a need that stay empty, and why."""

    need = NeedAtSite()
    reason = serializers.SerializerMethodField()

    class Meta:
        model = UnservedNeed
        fields = ("id", "need", "places", "reason")

    def get_reason(self, row: UnservedNeed) -> dict[str, Any]:
        """The reason in words."""
        return told_json(tell_unserved(row.reason, row.places, row.facts))


class PinOutput(serializers.ModelSerializer[AssignmentPin]):
    """A pin; `obstacles`: why it no longer holds, so that the next computation would stop at it."""

    need = NeedAtSite()
    instructor = PersonBrief()
    is_holding = serializers.SerializerMethodField()
    obstacles = serializers.SerializerMethodField()

    class Meta:
        model = AssignmentPin
        fields = ("id", "need", "instructor", "reason", "created_at", "is_holding", "obstacles")

    def get_is_holding(self, pin: AssignmentPin) -> bool:
        """Whether a computation can keep it."""
        return pin.pk not in self.context["broken"]

    @extend_schema_field(ReasonOutput(many=True))
    def get_obstacles(self, pin: AssignmentPin) -> list[dict[str, Any]]:
        """What stands against it; empty while it holds."""
        broken = self.context["broken"].get(pin.pk)
        return [] if broken is None else [told_json(each) for each in broken.reasons]


class LeftOutOutput(serializers.BaseSerializer[Any]):
    """A person who was not considered, and why."""

    def to_representation(self, person: Any) -> dict[str, Any]:
        """The person with unit and reason."""
        told = told_json(tell_left_out(self.context["reasons"][person.pk]))
        return {
            "id": person.pk,
            "name": name_for(self.context.get("reader"), person),
            "unit": person.unit.name,
            "reason": told,
        }


class LeftOutShown(serializers.Serializer[Any]):
    """A person who was not considered, and why; the name in full to who keeps the record."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    unit = serializers.CharField()
    reason = ReasonOutput()


def told_json(told: Told) -> dict[str, Any]:
    """A sentence as JSON."""
    return {"code": told.code, "zh": told.zh, "en": told.en, "facts": dict(told.facts)}
