"""Why an instructor serves a need of a run or does not, for any pair; and why a pin cannot stand. Rule: S07"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from instructors.assignment.models import AssignmentPin, AssignmentRun, SiteAssignment, SiteNeed
from instructors.assignment.queries.gathering import (
    GatherOptions,
    available_instructors,
    digest_of_instructor,
    digest_of_need,
    metric_sites,
    weekly_need,
    why_left_out,
)
from instructors.assignment.rules.qualifications import role_asked_at
from instructors.assignment.rules.run_orders import parameters_of, prices_of
from instructors.assignment.rules.site_assignment import (
    AssignedPair,
    AssignmentParameters,
    Explainer,
    Pair,
    PairAnswer,
)
from instructors.assignment.rules.why_words import Told, tell_left_out, tell_need_not_in_run, tell_pair


@dataclass(frozen=True, slots=True)
class Why:
    """The answer in sentences. `changed_since`: of instructor and need, what is not any more as the run saw it."""

    is_assigned: bool
    sentences: list[Told]
    changed_since: list[str] = field(default_factory=list)


def why_pair(run: AssignmentRun, need: SiteNeed, instructor_id: int) -> Why:
    """Why, in a run that has been computed; told by how things stand now, and what changed since is named."""
    if str(need.pk) not in run.inputs["needs"]:
        return Why(False, [tell_need_not_in_run()])
    if str(instructor_id) not in run.inputs["instructors"]:
        return Why(False, [tell_left_out(_left_out(run, instructor_id))])
    rows = _pairs_around(run, need.pk, instructor_id)
    around = _Around(run, need, {instructor_id, *(row.instructor_id for row in rows)}, rows)
    if instructor_id not in around.people:
        return Why(False, [tell_left_out("not_in_run")], ["instructor"])
    answer = around.explain(instructor_id)
    role = role_asked_at(need.site.site_kind).value
    return Why(answer.is_assigned, tell_pair(answer, need.item.name, role), around.changed(instructor_id))


def _left_out(run: AssignmentRun, instructor_id: int) -> str:
    found = (reason for reason, ids in run.inputs["left_out"].items() if instructor_id in ids)
    return next(found, "not_in_run")


def _pairs_around(run: AssignmentRun, need_id: int, instructor_id: int) -> list[SiteAssignment]:
    rows = SiteAssignment.objects.filter(run=run)
    of_both = rows.filter(need_id=need_id) | rows.filter(instructor_id=instructor_id)
    return list(of_both.select_related("need__site", "need__item").order_by("id"))


class _Around:
    """A need of a run with all who serve it, a person with all that the person serves."""

    def __init__(
        self, run: AssignmentRun, need: SiteNeed, ids: Collection[int], rows: list[SiteAssignment]
    ) -> None:
        self._run, self._need = run, need
        options = GatherOptions(run.as_of, run.parameters["travel_buffer_min"], run.parameters["assume_free"])
        self.people = {one.key: one for one in available_instructors(options, ids)}
        asked = {need.pk: need} | {row.need_id: row.need for row in rows}
        sites = metric_sites({each.site_id for each in asked.values()})
        self._needs = [weekly_need(each, sites, self._weight(each)) for each in asked.values()]
        self._pairs = [
            AssignedPair(row.instructor_id, row.need_id, row.travel_m, row.is_pinned, row.is_kept)
            for row in rows
            if row.instructor_id in self.people
        ]

    def _weight(self, need: SiteNeed) -> int:
        found = (
            need.weight
            if need.weight is not None
            else self._run.inputs["households"].get(str(need.site_id), 0)
        )
        return int(found)

    def explain(self, instructor_id: int) -> PairAnswer:
        """The rules' own answer."""
        pair = Pair(instructor_id, self._need.pk)
        before = SiteAssignment.objects.filter(
            run_id=self._run.figures["before_run"], instructor_id=pair.instructor, need_id=pair.need
        )
        explainer = Explainer(
            list(self.people.values()), self._needs, self._pairs, parameters_of(self._run.parameters),
            prices_of(self._run.prices), [pair] if before.exists() else [],
        )  # fmt: skip
        return explainer.why(pair.instructor, pair.need)

    def changed(self, instructor_id: int) -> list[str]:
        """What is not as the run saw it."""
        then, found = self._run.inputs, []
        if then["instructors"][str(instructor_id)] != digest_of_instructor(self.people[instructor_id]):
            found.append("instructor")
        if then["needs"][str(self._need.pk)] != digest_of_need(self._need):
            found.append("need")
        return found


def obstacles_of_pin(
    need: SiteNeed, instructor_id: int, options: GatherOptions, parameters: AssignmentParameters
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
    answer = Explainer(people, needs, pairs, parameters).why(instructor_id, need.pk)
    if not answer.obstacles:
        return []
    return tell_pair(answer, need.item.name, role_asked_at(need.site.site_kind).value)
