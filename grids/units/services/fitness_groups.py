"""Founding, staffing and dissolving the fitness organisation of a base grid. Rules: J03, J06"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction

from grids.units.models import FitnessGroupMember, Grid, GridFitnessGroup
from grids.units.queries.fitness_groups import (
    EDIT,
    fitness_group_for_update,
    grid_to_found_in,
    members_visible_to,
)
from grids.units.queries.leaders import leaders_of
from grids.units.queries.pilots import check_feature_open
from grids.units.queries.plans import organisation_of
from grids.units.queries.policy import fitness_group_policy
from grids.units.rules.fitness_group import (
    already_stands,
    check_enough_people,
    check_founding_day,
    check_has_leader,
    check_last_day,
    check_names,
    check_standing,
)
from grids.units.rules.pilots import PilotFeature
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from wangge.errors import not_found
from wangge.kernel.etag import check_if_match


@transaction.atomic
def found_fitness_group(
    *, grid_id: int, name: str, founded_on: date, members: Sequence[str], acting_user: User
) -> GridFitnessGroup:
    """Found the grid's fitness organisation on a day with its leader of that day and the people named.

    404, 403, also PILOT_ONLY, 409 FITNESS_GROUP_EXISTS, 422 FITNESS_GROUP_LEADER, FITNESS_GROUP_MEMBERS, FITNESS_GROUP_NAME and
    FITNESS_GROUP_PERIOD.
    """
    grid = grid_to_found_in(acting_user, grid_id, today())
    check_feature_open(PilotFeature.FITNESS_GROUPS, grid.unit_path, today())
    check_founding_day(founded_on, grid.valid_from, today())
    _check_none_stands(grid, founded_on)
    leader = leaders_of([grid.pk], founded_on).get(grid.pk)
    check_has_leader(grid.code, leader is not None)
    assert leader is not None
    names = [member.strip() for member in members]
    check_names(names, [leader.user.display_name])
    policy = fitness_group_policy(founded_on)
    check_enough_people(len(names) + 1, int(policy.values["members"]))
    group = GridFitnessGroup.objects.create(
        grid=grid,
        name=name.strip(),
        founded_on=founded_on,
        founded_by=acting_user,
        policy_version=policy.version,
    )
    head = FitnessGroupMember(
        group=group, name=leader.user.display_name, user=leader.user, leads=True, joined_on=founded_on
    )
    people = [FitnessGroupMember(group=group, name=member, joined_on=founded_on) for member in names]
    FitnessGroupMember.objects.bulk_create([head, *people])
    after = {"grid": grid.pk, "name": group.name, "founded_on": str(founded_on), "people": len(names) + 1}
    _audit(group, "fitness_group.found", acting_user, after)
    return group


def _check_none_stands(grid: Grid, founded_on: date) -> None:
    for other in GridFitnessGroup.objects.filter(grid=grid).order_by("-founded_on"):
        if other.dissolved_on is None or other.dissolved_on >= founded_on:
            raise already_stands(grid.code, other.name, other.founded_on)


@transaction.atomic
def rename_fitness_group(
    *, group_id: int, name: str, acting_user: User, if_match: str | None
) -> GridFitnessGroup:
    """Give the group another name. 404, 403, 412, 428, 409 FITNESS_GROUP_DISSOLVED."""
    group = fitness_group_for_update(acting_user, group_id, today())
    check_if_match(if_match, version=group.version, current={"name": group.name}, sent={"name": name})
    check_standing(group.name, group.dissolved_on)
    before = {"name": group.name}
    group.name = name.strip()
    _changed(group, "name")
    _audit(group, "fitness_group.rename", acting_user, {"name": group.name}, before)
    return group


@transaction.atomic
def dissolve_fitness_group(
    *, group_id: int, dissolved_on: date, reason: str, acting_user: User
) -> GridFitnessGroup:
    """Dissolve the group on a day, its last; its members leave with it.

    404, 403, 409 FITNESS_GROUP_DISSOLVED, 422 FITNESS_GROUP_PERIOD.
    """
    group = fitness_group_for_update(acting_user, group_id, today())
    check_standing(group.name, group.dissolved_on)
    present = FitnessGroupMember.objects.filter(group=group, left_on=None)
    first = max([group.founded_on, *present.values_list("joined_on", flat=True)])
    check_last_day(first, dissolved_on, "dissolved_on")
    check_last_day(dissolved_on, today(), "dissolved_on")
    group.dissolved_on, group.dissolve_reason = dissolved_on, reason
    _changed(group, "dissolved_on", "dissolve_reason")
    present.update(left_on=dissolved_on)
    _audit(group, "fitness_group.dissolve", acting_user, {"dissolved_on": str(dissolved_on)}, reason=reason)
    return group


@transaction.atomic
def add_group_member(
    *, group_id: int, acting_user: User, name: str = "", joined_on: date | None = None
) -> FitnessGroupMember:
    """Add a person by name or, without a name, the grid's leader of that day, who then leads the group.

    404, 403, 409 FITNESS_GROUP_DISSOLVED, 422 FITNESS_GROUP_LEADER, FITNESS_GROUP_NAME and FITNESS_GROUP_PERIOD.
    """
    group = fitness_group_for_update(acting_user, group_id, today())
    check_standing(group.name, group.dissolved_on)
    day = joined_on or today()
    check_last_day(group.founded_on, day, "joined_on")
    check_last_day(day, today(), "joined_on")
    present = list(FitnessGroupMember.objects.filter(group=group, left_on=None))
    if name.strip():
        check_names([name.strip()], [member.name for member in present])
        member = FitnessGroupMember.objects.create(group=group, name=name.strip(), joined_on=day)
    else:
        member = _seat_leader(group, present, day)
    _changed(group)
    after = {
        "member": member.pk,
        "name": mask_name(member.name),
        "leads": member.leads,
        "joined_on": str(day),
    }
    _audit(group, "fitness_group.add_member", acting_user, after)
    return member


def _seat_leader(
    group: GridFitnessGroup, present: Sequence[FitnessGroupMember], day: date
) -> FitnessGroupMember:
    leader = leaders_of([group.grid_id], day).get(group.grid_id)
    check_has_leader(group.grid.code, leader is not None)
    assert leader is not None
    others = [member.name for member in present if member.user_id != leader.user_id]
    check_names([leader.user.display_name], others)
    FitnessGroupMember.objects.filter(group=group, leads=True).update(leads=False)
    member = next((member for member in present if member.user_id == leader.user_id), None)
    if member is None:
        member = FitnessGroupMember(
            group=group, user=leader.user, name=leader.user.display_name, joined_on=day
        )
    member.leads = True
    member.save()
    return member


@transaction.atomic
def remove_group_member(
    *, member_id: int, acting_user: User, left_on: date | None = None
) -> FitnessGroupMember:
    """End a person's time in the group on that day, the last.

    404, 403, 409 FITNESS_GROUP_DISSOLVED, 422 FITNESS_GROUP_PERIOD, FITNESS_GROUP_MEMBERS when too few would be left,
    FITNESS_GROUP_LEADER for who leads the grid that day.
    """
    found = members_visible_to(acting_user, today()).filter(pk=member_id).first()
    if found is None:
        raise not_found("成员", "member")
    group = fitness_group_for_update(acting_user, found.group_id, today())
    check_standing(group.name, group.dissolved_on)
    member = FitnessGroupMember.objects.select_for_update().get(pk=member_id)
    if member.left_on is not None:
        raise not_found("在册成员", "present member")
    day = left_on or today()
    check_last_day(member.joined_on, day, "left_on")
    check_last_day(day, today(), "left_on")
    leader = leaders_of([group.grid_id], today()).get(group.grid_id)
    check_has_leader(group.grid.code, leader is None or leader.user_id != member.user_id)
    policy = fitness_group_policy(today())
    left = FitnessGroupMember.objects.filter(group=group, left_on=None).count() - 1
    check_enough_people(left, int(policy.values["members"]))
    member.left_on, member.leads = day, False
    member.save(update_fields=["left_on", "leads"])
    _changed(group)
    after = {"member": member.pk, "name": mask_name(member.name), "left_on": str(day)}
    _audit(group, "fitness_group.remove_member", acting_user, after)
    return member


def _changed(group: GridFitnessGroup, *fields: str) -> None:
    group.version += 1
    group.save(update_fields=[*fields, "version"])


def _audit(
    group: GridFitnessGroup,
    action: str,
    acting_user: User,
    after: Mapping[str, object],
    before: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    record_audit(
        acting_user=acting_user,
        action=action,
        subject=group,
        before=before,
        after=after,
        reason=reason,
        organisation=organisation_of(acting_user, EDIT, group.unit_path),
        policy_version=group.policy_version,
    )
