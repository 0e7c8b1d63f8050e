"""People of the register over HTTP. Rule: J12"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.people.api.outputs import InstructorOutput, InstructorWritten, OwnRecordOutput
from instructors.people.models import Instructor
from instructors.people.queries.instructors import (
    EDIT,
    VIEW,
    instructor_for_update,
    instructors_visible_to,
    narrowed,
    own_record,
    people_by_ids,
    with_standing,
)
from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.identity_number import IdKind
from instructors.people.services.identity import REVEALED, Numbers, reveal_instructor
from instructors.people.services.instructors import Entry, change_instructor, enter_instructor
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.contacts import FULL_VALUE
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.purposes import NOTE_MAX_LENGTH
from wangge.errors import RuleBroken
from wangge.kernel.fields import Bounds
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

ID: Bounds = {"min_value": 1, "max_value": 2**62}
_SECRETS = ("id_number", "phone", "bank_account", "lon", "lat")
_MOST_SESSIONS = 42


class InstructorFilter(serializers.Serializer[Any]):
    """Filters of the register; papers count that are in force today."""

    name = serializers.CharField(
        required=False, max_length=60, help_text="a part of the name; the whole name where it is masked"
    )
    certificate = serializers.CharField(required=False, max_length=40)
    item = serializers.CharField(required=False, max_length=32, help_text="the item's code")
    role = serializers.ChoiceField(required=False, choices=list(TeachingRole), help_text="with `item`")
    grade = serializers.ChoiceField(required=False, choices=list(InstructorGrade))
    registered_year = serializers.IntegerField(required=False, min_value=1990, max_value=2100)
    unit = serializers.IntegerField(required=False, help_text="the unit and below", **ID)
    left = serializers.BooleanField(required=False, default=False, help_text="also those who have left")


class InstructorChange(StrictInput):
    """What is to be changed; an empty number removes it, `lon` and `lat` (EPSG:4490) come together."""

    name = serializers.CharField(max_length=60, required=False)
    unit_id = serializers.IntegerField(required=False, **ID)
    ref = serializers.CharField(max_length=40, required=False, allow_blank=True)
    user_id = serializers.IntegerField(required=False, allow_null=True, **ID)
    username = serializers.CharField(
        max_length=150, required=False, write_only=True,
        help_text="instead of `user_id`: the account's exact name, for who may not look through the accounts",
    )  # fmt: skip
    id_number = serializers.CharField(max_length=40, required=False, write_only=True)
    id_kind = serializers.ChoiceField(choices=list(IdKind), required=False, default=IdKind.RESIDENT)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True, write_only=True)
    bank_account = serializers.CharField(max_length=60, required=False, allow_blank=True, write_only=True)
    lon = serializers.FloatField(required=False, allow_null=True, min_value=73, max_value=136)
    lat = serializers.FloatField(required=False, allow_null=True, min_value=3, max_value=54)
    home_note = serializers.CharField(max_length=60, required=False, allow_blank=True)
    weekly_limit = serializers.IntegerField(required=False, min_value=0, max_value=_MOST_SESSIONS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A place has both numbers or none; an account is named once."""
        if "username" in attrs and "user_id" in attrs:
            raise serializers.ValidationError({"username": "user_id or username, not both"})
        if (attrs.get("lon") is None) != (attrs.get("lat") is None):
            raise serializers.ValidationError({"lat": "lon and lat come together"})
        return attrs


class InstructorInput(InstructorChange):
    """A person to be entered."""

    name = serializers.CharField(max_length=60)
    unit_id = serializers.IntegerField(**ID)
    id_number = serializers.CharField(max_length=40, write_only=True)


class InstructorRevealInput(StrictInput):
    """Which full values, and what for."""

    items = serializers.ListField(
        child=serializers.ChoiceField(choices=REVEALED), min_length=1, max_length=len(REVEALED)
    )
    purpose = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=NOTE_MAX_LENGTH, required=False, allow_blank=True, default="")


class InstructorRevealed(serializers.Serializer[Any]):
    """Full values; a repeated request with one Idempotency-Key is answered without them."""

    id_number = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)
    bank_account = serializers.CharField(required=False)


def entry_of(given: dict[str, Any]) -> Entry:
    """The parsed body as the services take it."""
    given = dict(given)
    numbers = Numbers(
        id_number=given.pop("id_number", None),
        id_kind=IdKind(given.pop("id_kind", IdKind.RESIDENT)),
        phone=given.pop("phone", None),
        bank_account=given.pop("bank_account", None),
    )
    is_home_given = "lon" in given
    lon, lat = given.pop("lon", None), given.pop("lat", None)
    home = None if lon is None or lat is None else (lon, lat)
    return Entry(
        unit_id=given.pop("unit_id", None),
        home=home,
        is_home_given=is_home_given,
        numbers=numbers,
        username=given.pop("username", ""),
        facts=given,
    )


def shown(person: Instructor, reader: Any, entry: Entry | None = None) -> dict[str, Any]:
    """A person as the reader sees it; after a write with its warnings."""
    row = people_by_ids([person.pk])[person.pk]
    if entry is None:
        return dict(InstructorOutput(row, context={"reader": reader}).data)
    warnings = entry.numbers.warnings()
    return dict(InstructorWritten(row, context={"reader": reader, "warnings": warnings}).data)


class InstructorsView(ApiView):
    """The register."""

    permission = {"GET": VIEW, "POST": EDIT}

    @extend_schema(
        parameters=[InstructorFilter], responses=paged(InstructorOutput), operation_id="instructor_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """People one may see, by id; who has left is hidden unless asked for."""
        today = local_date(timezone.now())
        asked = self.query(InstructorFilter)
        rows = narrowed(instructors_visible_to(request.user), asked, request.user, today)
        return self.page(with_standing(rows), InstructorOutput, reader=request.user, today=today)

    @extend_schema(
        request=InstructorInput, responses={201: InstructorWritten}, operation_id="instructor_enter"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Enter a person; an identity number that the city's register holds is 409 INSTRUCTOR_DUPLICATE."""
        entry = entry_of(self.parsed(InstructorInput))
        person = enter_instructor(entry=entry, acting_user=request.user)
        return self.answer(
            shown(person, request.user, entry),
            status=201,
            version=person.version,
            location=f"/api/v1/instructors/{person.pk}",
        )


class InstructorView(ApiView):
    """One person."""

    permission = {"GET": VIEW, "PATCH": EDIT}
    scope = instructors_visible_to
    needs_if_match = True

    @extend_schema(responses=InstructorOutput, operation_id="instructor_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Standing and masked numbers."""
        return self.answer(shown(self.object, request.user), version=self.object.version)

    @extend_schema(request=InstructorChange, responses=InstructorWritten, operation_id="instructor_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Correct the record, link an account, or move the person to another unit."""
        entry = entry_of(self.parsed(InstructorChange, partial=True))
        with transaction.atomic():
            standing = instructor_for_update(request.user, id)
            self._check_version(standing)
            person = change_instructor(instructor_id=id, entry=entry, acting_user=request.user)
        return self.answer(shown(person, request.user, entry), version=person.version)

    def _check_version(self, standing: Instructor) -> None:
        """Compare If-Match; a stale edit does not see the numbers it sent come back in the answer."""
        try:
            self.check_version(standing.version, shown(standing, self.request.user))
        except RuleBroken as stale:
            sent = stale.facts.get("sent")
            if isinstance(sent, dict):
                stale.facts["sent"] = {name: value for name, value in sent.items() if name not in _SECRETS}
            raise


class InstructorRevealView(ApiView):
    """A person's full values."""

    permission = FULL_VALUE
    scope = instructors_visible_to
    shown_once = REVEALED

    @extend_schema(
        request=InstructorRevealInput, responses=InstructorRevealed, operation_id="instructor_reveal"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Show them once; who looked and what for stands in the audit log."""
        given = self.parsed(InstructorRevealInput)
        response = self.answer(reveal_instructor(instructor_id=id, **given, acting_user=request.user))
        response["Cache-Control"] = "no-store"
        return response


class OwnInstructorView(ApiView):
    """The record of the person who asks."""

    permission = SIGNED_IN

    @extend_schema(responses=OwnRecordOutput, operation_id="instructor_own")
    def get(self, request: SignedInRequest) -> Response:
        """One's own standing; no right is needed."""
        own = own_record(request.user)
        row = people_by_ids([own.pk])[own.pk]
        return self.answer(OwnRecordOutput(row, context={"reader": request.user}).data, version=own.version)
