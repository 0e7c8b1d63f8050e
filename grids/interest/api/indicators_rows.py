"""What a row of indicators looks like over HTTP."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from grids.interest.queries.indicators import Terms
from grids.interest.rules.coverage_rate import LACK_WORDS, Lack
from grids.interest.rules.duty_role import DutyRole
from grids.interest.rules.indicators import GRID, LEVELS, Indicators, shown_share
from grids.interest.rules.people_states import MemberSource


class OrganisedOutput(serializers.Serializer[Any]):
    """Whether the network stands."""

    base_grids = serializers.IntegerField(help_text="as the plans in force draw them")
    households = serializers.IntegerField(help_text="in these base grids")
    led_in_office = serializers.IntegerField()
    led_acting = serializers.IntegerField()
    without_leader = serializers.IntegerField()
    fitness_groups = serializers.IntegerField(help_text="base grids with a fitness organisation")
    federations = serializers.IntegerField(help_text="sports federations of the place and of units below it")
    fitness_organisations = serializers.IntegerField(help_text="the same of fitness organisations")
    interest_grids_active = serializers.IntegerField()
    interest_grids_dormant = serializers.IntegerField()
    members = serializers.IntegerField(help_text="different people who hold a post")
    posts = serializers.IntegerField()
    members_by_source = serializers.DictField(
        child=serializers.IntegerField(), help_text="different people by where they come from"
    )


class ServedOutput(serializers.Serializer[Any]):
    """Whom it reaches."""

    measured_households = serializers.IntegerField(help_text="by the coverage run named beside")
    reached_households = serializers.IntegerField(
        help_text="of these, within a walk of a site or a regular activity"
    )
    reached_by_sites = serializers.IntegerField(help_text="within a walk of a fitness site")
    reached_by_activities = serializers.IntegerField(help_text="within a walk of a regular activity")
    reached_share = serializers.FloatField(allow_null=True)
    joined = serializers.IntegerField(help_text="different people who belong to an interest grid")
    participants = serializers.IntegerField(help_text="different people who came in the period")
    first_timers = serializers.IntegerField(help_text="who came for the first time of all in the period")
    participants_per_1000_households = serializers.FloatField(allow_null=True)
    visits_done = serializers.IntegerField()
    visits_refused = serializers.IntegerField()
    demands_open = serializers.IntegerField()
    demands_handed_up = serializers.IntegerField(help_text="that wait for the street's or town's answer")


class SatisfactionOutput(serializers.Serializer[Any]):
    """How people who were there liked it."""

    ratings = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="happy; hidden where too few have rated")


class ActiveOutput(serializers.Serializer[Any]):
    """What happens."""

    regular_activities = serializers.IntegerField()
    regular_interest_grids = serializers.IntegerField()
    occurrences = serializers.IntegerField(help_text="held in the period")
    cancelled = serializers.IntegerField()
    attendances = serializers.IntegerField(help_text="by name")
    headcount = serializers.IntegerField(help_text="people present whose names nobody took")
    satisfaction = SatisfactionOutput()
    work_logs = serializers.IntegerField()
    logs_by_role = serializers.DictField(child=serializers.IntegerField(), help_text="in the four roles")
    issues_handed_over = serializers.IntegerField(help_text="to the city's hotline")


class InstructionOutput(serializers.Serializer[Any]):
    """Instructors, and what sites ask of them every week."""

    certified = serializers.IntegerField()
    active = serializers.IntegerField()
    sites = serializers.IntegerField()
    asked_places = serializers.IntegerField(help_text="weekly places that sites ask for")
    filled_places = serializers.IntegerField(help_text="of these, served by the assignment in force")
    gap = serializers.IntegerField()


class LackOutput(serializers.Serializer[Any]):
    """What a community lacks."""

    code = serializers.ChoiceField(choices=[lack.value for lack in Lack])
    zh = serializers.CharField()
    en = serializers.CharField()


class CoverageRateOutput(serializers.Serializer[Any]):
    """Communities with a plan in force, every grid led, and enough active interest grids."""

    communities = serializers.IntegerField()
    with_plan = serializers.IntegerField()
    with_leader = serializers.IntegerField()
    with_interest_grids = serializers.IntegerField()
    covered = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class IndicatorsOutput(serializers.Serializer[Any]):
    """A place and its indicators; `coverage` is null for a base grid."""

    level = serializers.ChoiceField(choices=LEVELS)
    id = serializers.IntegerField()
    code = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    organised = OrganisedOutput()
    served = ServedOutput()
    active = ActiveOutput()
    instruction = InstructionOutput()
    coverage = CoverageRateOutput(allow_null=True)
    lacks = LackOutput(many=True, help_text="of a community that is not covered; else empty")


PER_HOUSEHOLDS = 1000


def per_1000(count: int, households: int) -> float | None:
    """A count per 1,000 households, to two places; None where there are none."""
    return round(count * PER_HOUSEHOLDS / households, 2) if households else None


def indicators_told(one: Indicators, terms: Terms, *, level: str) -> dict[str, Any]:
    """The families of one place, as the outputs above name them."""
    organised, served, active = one.organised, one.served, one.active
    per_thousand = per_1000(served.participants, organised.households)
    return {
        "organised": {
            **_plain(organised),
            "without_leader": organised.without_leader,
            "members_by_source": {each.value: organised.members_by_source.get(each, 0) for each in MemberSource},
        },
        "served": {
            **_plain(served),
            "reached_share": served.reached_share,
            "participants_per_1000_households": per_thousand,
        },
        "active": {
            **_plain(active),
            "logs_by_role": {each.value: active.logs_by_role.get(each, 0) for each in DutyRole},
            "satisfaction": {
                "ratings": active.ratings,
                "share": shown_share(active.ratings, active.satisfied, terms.smallest_rating_count),
            },
        },
        "instruction": {**_plain(one.instruction), "gap": one.instruction.gap},
        "coverage": None if level == GRID else {**_plain(one.coverage), "share": one.coverage.share},
        "lacks": [lack_told(Lack(lack)) for lack in one.lacks],
    }  # fmt: skip


def lack_told(lack: Lack) -> dict[str, str]:
    """A lack in both languages."""
    zh, en = LACK_WORDS[lack]
    return {"code": lack.value, "zh": zh, "en": en}


def _plain(family: Any) -> dict[str, Any]:
    return {name: getattr(family, name) for name in type(family).__slots__}
