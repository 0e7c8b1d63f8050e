"""How computed assignments are shown: figures, pairs with masked names and coarse ways, empty places with reasons."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from instructors.assignment.api.needs import ItemBrief
from instructors.assignment.models import AssignmentPin, AssignmentRun, SiteAssignment, SiteNeed, UnservedNeed
from instructors.assignment.rules.run_states import NAMES_ZH, standing_state
from instructors.assignment.rules.why_words import Told, coarse, tell_left_out, tell_unserved
from tenants.bureau.rules.masking import mask_name

STATES = list(NAMES_ZH.items())


class RunBrief(serializers.ModelSerializer[AssignmentRun]):
    """A run at a glance; `state` of a run whose job was cancelled or failed is that of the job."""

    state = serializers.SerializerMethodField()
    job_id = serializers.IntegerField(allow_null=True)
    covered_weight = serializers.SerializerMethodField()
    asked_weight = serializers.SerializerMethodField()

    class Meta:
        model = AssignmentRun
        fields = (
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

    asked_by = serializers.SerializerMethodField()

    class Meta(RunBrief.Meta):
        fields = (*RunBrief.Meta.fields, "figures", "asked_by")

    def get_asked_by(self, run: AssignmentRun) -> str:
        """Who asked for it, masked."""
        return mask_name(run.asked_by.display_name)


class PersonBrief(serializers.Serializer[Any]):
    """An instructor, the name masked."""

    id = serializers.IntegerField()
    name = serializers.SerializerMethodField()

    def get_name(self, person: Any) -> str:
        """The name, masked."""
        return mask_name(person.name)


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
    """A pin."""

    need = NeedAtSite()
    instructor = PersonBrief()

    class Meta:
        model = AssignmentPin
        fields = ("id", "need", "instructor", "reason", "created_at")


class LeftOutOutput(serializers.BaseSerializer[Any]):
    """A person who was not considered, and why; the name is masked."""

    def to_representation(self, person: Any) -> dict[str, Any]:
        """The person with unit and reason."""
        told = told_json(tell_left_out(self.context["reasons"][person.pk]))
        return {"id": person.pk, "name": mask_name(person.name), "unit": person.unit.name, "reason": told}


class LeftOutShown(serializers.Serializer[Any]):
    """A person who was not considered, and why; the name is masked."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    unit = serializers.CharField()
    reason = ReasonOutput()


def told_json(told: Told) -> dict[str, Any]:
    """A sentence as JSON."""
    return {"code": told.code, "zh": told.zh, "en": told.en, "facts": dict(told.facts)}
