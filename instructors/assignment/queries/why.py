"""Why an instructor serves a need of a run or does not, for any pair; and why a pin cannot stand. Rule: S07"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from instructors.assignment.models import AssignmentPin, AssignmentRun, SiteNeed
from instructors.assignment.queries.gathering import (
    GatherOptions,
    available_instructors,
    digest_of_instructor,
    digest_of_need,
    metric_sites,
    weekly_need,
    why_left_out,
)
from instructors.assignment.queries.names import known_to
from instructors.assignment.queries.neighbourhood import Neighbourhood, neighbourhood
from instructors.assignment.rules.qualifications import role_asked_at
from instructors.assignment.rules.run_orders import parameters_of, prices_of
from instructors.assignment.rules.site_assignment import (
    AssignedPair,
    AssignmentParameters,
    Explainer,
    PairAnswer,
)
from instructors.assignment.rules.why_words import (
    Told,
    tell_left_out,
    tell_need_not_in_run,
    tell_obstacles,
    tell_pair,
)
from tenants.accounts.models import User


@dataclass(frozen=True, slots=True)
class Why:
    """The answer in sentences. `changed_since`: of instructor and need, what is not any more as the run saw it."""

    is_assigned: bool
    sentences: list[Told]
    changed_since: list[str] = field(default_factory=list)


def why_pair(run: AssignmentRun, need: SiteNeed, instructor_id: int, reader: User) -> Why:
    """Why, in a run that has been computed; told by how things stand now, and what changed since is named.

    People and places stand in it by the names that the reader may read. As many statements for any size of the city.
    """
    if str(need.pk) not in run.inputs["needs"]:
        return Why(False, [tell_need_not_in_run()])
    if str(instructor_id) not in run.inputs["instructors"]:
        return Why(False, [tell_left_out(_left_out(run, instructor_id))])
    around = neighbourhood(run, need, instructor_id)
    if instructor_id not in around.people:
        return Why(False, [tell_left_out("not_in_run")], ["instructor"])
    answer = _explained(run, around, instructor_id, need.pk)
    known = known_to(reader, _people_named(answer), [around.rows[key] for key in _needs_named(answer)])
    role = role_asked_at(need.site.site_kind).value
    changed = _changed(run, need, around, instructor_id)
    return Why(answer.is_assigned, tell_pair(answer, need.item.name, role, known), changed)


def _left_out(run: AssignmentRun, instructor_id: int) -> str:
    found = (reason for reason, ids in run.inputs["left_out"].items() if instructor_id in ids)
    return next(found, "not_in_run")


def _explained(run: AssignmentRun, around: Neighbourhood, instructor_id: int, need_id: int) -> PairAnswer:
    explainer = Explainer(
        list(around.people.values()), around.needs, around.pairs, parameters_of(run.parameters),
        prices_of(run.prices), around.before,
    )  # fmt: skip
    return explainer.why(instructor_id, need_id)


def _changed(run: AssignmentRun, need: SiteNeed, around: Neighbourhood, instructor_id: int) -> list[str]:
    """What is not as the run saw it."""
    then, found = run.inputs, []
    if then["instructors"][str(instructor_id)] != digest_of_instructor(around.people[instructor_id]):
        found.append("instructor")
    if then["needs"][str(need.pk)] != digest_of_need(need):
        found.append("need")
    return found


def _people_named(answer: PairAnswer) -> set[int]:
    facts = [found.facts for found in answer.obstacles]
    return {one.instructor for one in answer.substitutes}.union(
        *(_keys(each, "instructors") for each in facts)
    )


def _needs_named(answer: PairAnswer) -> set[int]:
    obstacles = [*answer.obstacles, *(found for one in answer.substitutes for found in one.obstacles)]
    found = [_keys(each.facts, "needs") for each in obstacles]
    clashing = {each.facts["need"] for each in obstacles if "need" in each.facts}
    return {int(str(key)) for key in clashing}.union(*found)


def _keys(facts: object, name: str) -> set[int]:
    assert isinstance(facts, dict)
    keys: Iterable[int] = facts.get(name, ())
    return set(keys)


def obstacles_of_pin(
    need: SiteNeed, instructor_id: int, options: GatherOptions, parameters: AssignmentParameters, reader: User
) -> list[Told]:
    """What stands between the person and the need, beside the pins that hold already; empty: it can be pinned."""
    mine = AssignmentPin.objects.filter(instructor_id=instructor_id)
    pins = list((mine | AssignmentPin.objects.filter(need=need)).select_related("need__site", "need__item"))
    people = available_instructors(options, {instructor_id, *(pin.instructor_id for pin in pins)})
    known = {one.key for one in people}
    if instructor_id not in known:
        return [tell_left_out(why_left_out(instructor_id, options))]
    asked = {need.pk: need} | {pin.need_id: pin.need for pin in pins}
    sites = metric_sites({each.site_id for each in asked.values()})
    needs = [weekly_need(each, sites, 0) for each in asked.values()]
    pairs = [
        AssignedPair(pin.instructor_id, pin.need_id, 0, True, False)
        for pin in pins
        if pin.instructor_id in known
    ]
    obstacles = Explainer(people, needs, pairs, parameters).obstacles(instructor_id, need.pk)
    if not obstacles:
        return []
    names = known_to(reader, {pin.instructor_id for pin in pins}, [pin.need for pin in pins])
    return tell_obstacles(obstacles, need.item.name, role_asked_at(need.site.site_kind).value, names)
