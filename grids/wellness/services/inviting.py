"""Inviting people to fitness tests and exercise cases: what grid staff do, and all they see of it. Rule: J17"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from gis.layers.models import Community
from grids.units.queries.pilots import check_feature_open
from grids.units.rules.pilots import PilotFeature
from grids.units.services.work_done import InvitedToTest, tell_test_invited
from grids.wellness.models import Citizen, ExerciseCase, Invitation
from grids.wellness.queries.cases import open_case
from grids.wellness.queries.consents import consents_of
from grids.wellness.queries.people import (
    PHONE_DIGEST,
    citizen_for_update,
    community_to_invite_in,
    locked_citizen,
)
from grids.wellness.rules.case_states import CaseAction
from grids.wellness.rules.consent import ConsentPurpose
from grids.wellness.rules.person import check_birth, normal_name
from grids.wellness.rules.standard import Sex
from grids.wellness.services.moving import move_case
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name, mask_phone
from tenants.bureau.rules.phone import normal_phone
from wangge.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class Person:
    """Who is invited; `phone` may be empty."""

    name: str
    sex: Sex
    birth_year: int
    birth_month: int
    phone: str = ""


@transaction.atomic
def invite_citizen(
    *, community_id: int, kind: Invitation.Kind, person: Person, acting_user: User
) -> Invitation:
    """Invite a person of a community; one known by name and phone there is taken again, the kept data unchanged.

    An invitation to an exercise case opens one. Raises 404, 403 PILOT_ONLY, 422 PERSON_NAME, BIRTH_MONTH, PHONE_FORMAT, 409
    INVITED_ALREADY while an earlier one of the kind is open, as it is after a withdrawal: nobody is asked twice.

    Rules: J17, J18
    """
    community = community_to_invite_in(acting_user, community_id)
    if kind != Invitation.Kind.EXERCISE_CASE:
        check_feature_open(PilotFeature.FITNESS_TESTS, community.unit_path, today())
    check_birth(person.birth_year, person.birth_month, today())
    citizen = _citizen(community, person, acting_user)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                citizen=citizen, kind=kind, invited_by=acting_user, invited_on=today()
            )
    except IntegrityError as clash:
        raise RuleBroken(
            "INVITED_ALREADY", zh="已邀请过此人，尚未完成", en="this person is invited already", status=409,
            rule="J17", how_to_fix_zh="无需重复邀请", how_to_fix_en="there is no need to invite again",
        ) from clash  # fmt: skip
    if kind == Invitation.Kind.EXERCISE_CASE:
        open_new_case(citizen, acting_user)
    else:
        # Grid staff have it counted as work; an exercise case would tell of health and is told to nobody.
        tell_test_invited(InvitedToTest(community.pk, f"invitation:{invitation.pk}", acting_user))
    record_audit(
        acting_user=acting_user, action="wellness.invite", subject=invitation, after={"kind": str(kind)}
    )
    return invitation


def open_new_case(citizen: Citizen, acting_user: User | None) -> ExerciseCase:
    """The person's open case, or a new one, which a consent in force lets begin at once."""
    case = open_case(citizen) or ExerciseCase.objects.create(citizen=citizen)
    consent = consents_of(citizen).get(ConsentPurpose.EXERCISE_CASE)
    if consent is not None and case.consent_id is None:
        case.consent = consent
        move_case(case, CaseAction.CONSENT, acting_user)
    return case


def _citizen(community: Community, person: Person, acting_user: User) -> Citizen:
    name = normal_name(person.name)
    phone = normal_phone(person.phone) if person.phone.strip() else ""
    keys = sealer()
    digest = keys.digest(phone, purpose=PHONE_DIGEST) if phone else None
    known = Citizen.objects.filter(community=community, name=name, phone_digest=digest, erased_at=None)
    if digest is not None and (found := known.first()) is not None:
        return locked_citizen(found.pk)
    try:
        with transaction.atomic():
            citizen = Citizen.objects.create(
                name=name, sex=person.sex, birth_year=person.birth_year, birth_month=person.birth_month,
                community=community, phone_digest=digest, phone_masked=mask_phone(phone) if phone else "",
            )  # fmt: skip
    except IntegrityError:  # somebody else entered the same person this moment
        return locked_citizen(known.get().pk)
    if phone:
        _take_phone(citizen, phone)  # the seal is bound to the row's id
        citizen.save(update_fields=["phone_sealed"])
    after = {**_told(citizen), "community": community.pk}
    record_audit(acting_user=acting_user, action="wellness.add_citizen", subject=citizen, after=after)
    return citizen


@transaction.atomic
def correct_citizen(*, citizen_id: int, changes: Mapping[str, Any], acting_user: User) -> Citizen:
    """Correct name, sex, month of birth or phone (an empty one removes it); recorded tests stay as they were scored.

    Raises 404, 403, 422 PERSON_NAME, BIRTH_MONTH, PHONE_FORMAT, 409 PERSON_KNOWN.

    Rule: J17
    """
    citizen = citizen_for_update(acting_user, citizen_id)
    before = _told(citizen)
    for field in ("sex", "birth_year", "birth_month"):
        setattr(citizen, field, changes.get(field, getattr(citizen, field)))
    citizen.name = normal_name(changes.get("name", citizen.name))
    check_birth(citizen.birth_year or 0, citizen.birth_month or 0, today())
    if "phone" in changes:
        _take_phone(citizen, changes["phone"])
    citizen.version += 1
    try:
        with transaction.atomic():
            citizen.save()
    except IntegrityError as clash:
        raise RuleBroken(
            "PERSON_KNOWN", zh="本社区已有同名同号的人员", status=409, rule="J17", field="phone",
            en="a person of this name and phone is known in the community",
            how_to_fix_zh="请使用原有档案", how_to_fix_en="use the record there is",
        ) from clash  # fmt: skip
    after = {**_told(citizen), "fields": sorted(changes)}
    record_audit(
        acting_user=acting_user,
        action="wellness.correct_citizen",
        subject=citizen,
        before=before,
        after=after,
    )
    return citizen


def _told(citizen: Citizen) -> dict[str, object]:
    return {"name": mask_name(citizen.name), "phone": citizen.phone_masked}


def _take_phone(citizen: Citizen, typed: str) -> None:
    phone, keys = normal_phone(typed) if typed.strip() else "", sealer()
    citizen.phone_digest = keys.digest(phone, purpose=PHONE_DIGEST) if phone else None
    citizen.phone_masked = mask_phone(phone) if phone else ""
    citizen.phone_sealed = (
        keys.seal(phone.encode(), purpose=f"{PHONE_DIGEST}:{citizen.pk}") if phone else None
    )


def settle_invitation(citizen: Citizen, kind: Invitation.Kind, on: date) -> None:
    """Mark the open invitation of that kind as done."""
    Invitation.objects.filter(citizen=citizen, kind=kind, done_on=None).update(done_on=on)
