"""The org tree: reading it as of a day, adding, renaming and ending units."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import OrgLevel, OrgUnit
from tenants.bureau.queries.org_units import as_of, org_unit_for_update, org_units_visible_to, with_names
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.org_units import create_org_unit, update_org_unit
from wangge.kernel.fields import DayField, Namesake
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class OrgUnitOutput(serializers.ModelSerializer[OrgUnit]):
    """A unit with the name and code it had on the day that was asked about."""

    name = serializers.CharField(source="name_then")
    code = serializers.CharField(source="code_then", allow_null=True, help_text="统计用区划代码")
    parent: Namesake = serializers.IntegerField(source="parent_id", allow_null=True)

    class Meta:
        model = OrgUnit
        fields = (
            "id",
            "level",
            "name",
            "code",
            "kind",
            "parent",
            "path",
            "valid_from",
            "valid_to",
            "version",
        )


class OrgUnitsQuery(serializers.Serializer[Any]):
    """Filters of the list; `as_of` is today when left out."""

    level = serializers.ChoiceField(choices=OrgLevel.choices, required=False)
    parent: Namesake = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    q = serializers.CharField(
        required=False, max_length=60, help_text="part of the name, or the beginning of the code"
    )
    as_of = DayField(required=False)


class OrgUnitInput(StrictInput):
    """A new unit."""

    level = serializers.ChoiceField(choices=OrgLevel.choices)
    name = serializers.CharField(max_length=120)
    parent_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    kind = serializers.CharField(max_length=24, required=False, allow_blank=True, default="")
    code = serializers.CharField(max_length=12, required=False, allow_blank=True, default="")
    valid_from = DayField()


class OrgUnitChange(StrictInput):
    """What may change of a unit; the former name is kept with its last day."""

    name = serializers.CharField(max_length=120, required=False)
    kind = serializers.CharField(max_length=24, required=False, allow_blank=True)
    valid_to = DayField(required=False, help_text="its last day")


def _output(unit: OrgUnit) -> dict[str, Any]:
    found = with_names(OrgUnit.objects.filter(pk=unit.pk), local_date(timezone.now())).get()
    return dict(OrgUnitOutput(found).data)


class OrgUnitsView(ApiView):
    """Units of the tree."""

    permission = {"GET": "org.view", "POST": "org.edit"}

    @extend_schema(parameters=[OrgUnitsQuery], responses=paged(OrgUnitOutput), operation_id="org_unit_list")
    def get(self, request: SignedInRequest) -> Response:
        """Units that stand on a day."""
        wanted = self.query(OrgUnitsQuery)
        units = as_of(org_units_visible_to(request.user), wanted.get("as_of") or local_date(timezone.now()))
        if "level" in wanted:
            units = units.filter(level=wanted["level"])
        if "parent" in wanted:
            units = units.filter(parent_id=wanted["parent"])
        if "q" in wanted:
            units = units.filter(Q(name_then__contains=wanted["q"]) | Q(code_then__startswith=wanted["q"]))
        return self.page(units, OrgUnitOutput)

    @extend_schema(request=OrgUnitInput, responses={201: OrgUnitOutput}, operation_id="org_unit_create")
    def post(self, request: SignedInRequest) -> Response:
        """Add a unit one level below its parent."""
        unit = create_org_unit(**self.parsed(OrgUnitInput), acting_user=request.user)
        return self.answer(
            _output(unit), status=201, version=unit.version, location=f"/api/v1/org-units/{unit.pk}"
        )


class OrgUnitView(ApiView):
    """One unit, of any date."""

    permission = {"GET": "org.view", "PATCH": "org.edit"}
    scope = org_units_visible_to
    needs_if_match = True

    @extend_schema(responses=OrgUnitOutput, operation_id="org_unit_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """As it is today, or was at its end."""
        return self.answer(_output(self.object), version=self.object.version)

    @extend_schema(request=OrgUnitChange, responses=OrgUnitOutput, operation_id="org_unit_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Rename it from today, correct its kind, or end it."""
        changes = self.parsed(OrgUnitChange)
        with transaction.atomic():
            standing = org_unit_for_update(id)
            self.check_version(standing.version, _output(standing))
            today = local_date(timezone.now())
            unit = update_org_unit(unit_id=id, changes=changes, today=today, acting_user=request.user)
        return self.answer(_output(unit), version=unit.version)
