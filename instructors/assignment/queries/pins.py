"""Pins as they stand now: which no longer hold, and why. Rule: S07"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from instructors.assignment.models import AssignmentPin, AssignmentRun
from instructors.assignment.queries.bookings import BUFFER
from instructors.assignment.queries.gathering import GatherOptions, considered, metric_sites, weekly_need
from instructors.assignment.queries.names import known_to, session_of
from instructors.assignment.rules.pin_words import PinSaid, tell_left
from instructors.assignment.rules.qualifications import role_asked_at
from instructors.assignment.rules.run_orders import RunOrder, parameters_of
from instructors.assignment.rules.site_assignment import (
    AssignedPair,
    AssignmentParameters,
    AvailableInstructor,
    Explainer,
)
from instructors.assignment.rules.why_words import Told, tell_left_out, tell_obstacles
from instructors.people.queries.instructors import name_for
from tenants.accounts.models import User
from tenants.bureau.queries.policy import policy_number
from tenants.bureau.rules.local_time import local_date

_SHOWN = ("need__site__as_imported", "need__site__opening_hours")


@dataclass(frozen=True, slots=True)
class BrokenPin:
    """A pin that no longer holds, and what stands against it."""

    said: PinSaid
    reasons: list[Told]


@dataclass(frozen=True)
class Considered:
    """Who would be considered in a computation, who would be left out and why, and its parameters."""

    people: Mapping[int, AvailableInstructor]
    left_out: Mapping[int, str]
    parameters: AssignmentParameters


def broken_pins(reader: User) -> dict[int, BrokenPin]:
    """Every pin of the city that the next computation would stop at, by id, in as many statements for any number.

    Judged as of today with the reach of the latest computation, and as it took who gave no times.
    """
    return _broken_now(_pins(Q()), reader)


def broken_pins_of(instructor_id: int, reader: User) -> list[BrokenPin]:
    """Those of one person."""
    own = Q(instructor_id=instructor_id)
    if not AssignmentPin.objects.filter(own).exists():
        return []
    needs = AssignmentPin.objects.filter(own).values("need_id")
    found = _broken_now(_pins(own | Q(need_id__in=needs)), reader)
    return [broken for broken in found.values() if broken.said.instructor == instructor_id]


def pins_broken_in(pins: Sequence[AssignmentPin], inputs: Considered, reader: User) -> dict[int, BrokenPin]:
    """Those of these pins that a computation from these inputs cannot keep, by id; the pins are judged beside each other."""
    if not pins:
        return {}
    needs = {pin.need_id: pin.need for pin in pins}
    sites = metric_sites({need.site_id for need in needs.values()})
    pairs = [
        AssignedPair(pin.instructor_id, pin.need_id, 0, True, False)
        for pin in pins
        if pin.instructor_id in inputs.people
    ]
    people = {pair.instructor: inputs.people[pair.instructor] for pair in pairs}
    asked = [weekly_need(need, sites, 0) for need in needs.values()]
    explainer = Explainer(list(people.values()), asked, pairs, inputs.parameters)
    known = known_to(reader, {pin.instructor_id for pin in pins}, list(needs.values()))
    found = {}
    for pin in pins:
        if pin.instructor_id in people:
            obstacles = explainer.obstacles(pin.instructor_id, pin.need_id)
            role = role_asked_at(pin.need.site.site_kind).value
            reasons = tell_obstacles(obstacles, pin.need.item.name, role, known)
        else:
            reasons = [_left_out(pin, inputs.left_out)]
        if reasons:
            found[pin.pk] = BrokenPin(_said(pin, reader), reasons)
    return found


def pins_of_needs(needs: Sequence[int]) -> list[AssignmentPin]:
    """The pins of these needs, with all that is told of them."""
    return _pins(Q(need_id__in=needs))


def _pins(which: Q) -> list[AssignmentPin]:
    rows = AssignmentPin.objects.filter(which).select_related("need__site", "need__item", "instructor__unit")
    return list(rows.defer("instructor__home", *_SHOWN).order_by("instructor_id", "need_id"))


def _broken_now(pins: list[AssignmentPin], reader: User) -> dict[int, BrokenPin]:
    if not pins:
        return {}
    today = local_date(timezone.now())
    buffer_min = policy_number(BUFFER, today)
    latest = AssignmentRun.objects.order_by("-id").values_list("parameters", flat=True).first()
    asked = {**(latest or RunOrder().parameters(buffer_min)), "travel_buffer_min": buffer_min}
    options = GatherOptions(today, buffer_min, asked["assume_free"])
    people, left_out = considered(options, {pin.instructor_id for pin in pins})
    inputs = Considered(
        {one.key: one for one in people},
        {key: reason for reason, keys in left_out.items() for key in keys},
        parameters_of(asked),
    )
    return pins_broken_in(pins, inputs, reader)


def _left_out(pin: AssignmentPin, left_out: Mapping[int, str]) -> Told:
    if pin.instructor_id not in left_out and pin.instructor.left_on is not None:
        return tell_left(pin.instructor.left_on)
    return tell_left_out(left_out.get(pin.instructor_id, "not_in_run"))


def _said(pin: AssignmentPin, reader: User) -> PinSaid:
    name = name_for(reader, pin.instructor)
    return PinSaid(pin.pk, pin.instructor_id, pin.need_id, name, session_of(pin.need), pin.need.item.name)
