"""Sports federations and fitness organisations of the org tree over HTTP. Rule: J19"""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from grids.units.models import SportsBody
from grids.units.queries.sports_bodies import (
    EDIT,
    VIEW,
    sports_bodies_visible_to,
    sports_body_coverage,
    standing_on,
    with_standing,
)
from grids.units.queries.vacancies import unit_path_in_reach
from grids.units.rules.as_of import check_as_of
from grids.units.rules.sports_bodies import SportsBodyKind
from grids.units.services.sports_bodies import change_sports_body, dissolve_sports_body, found_sports_body
from grids.units.services.sports_body_imports import import_sports_bodies
from grids.units.services.tables import table_files
from instructors.people.api.imports import RegisterFindingOutput
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.uploads import check_upload
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
KINDS = [kind.value for kind in SportsBodyKind]
BODY_FILES = table_files("体育组织导入", "imports of sports bodies")


class FoundingDayField(DayField):
    """A day since 1900: federations are older than the platform."""

    FIRST = date(1900, 1, 1)


class BodyUnit(serializers.Serializer[Any]):
    """The unit of a body, with its name as of the day asked for."""

    id = serializers.IntegerField(source="unit_id")
    name = serializers.CharField(source="unit_then")
    level = serializers.CharField(source="unit.level")


class SportsBodyOutput(serializers.ModelSerializer[SportsBody]):
    """A sports body of a unit."""

    unit = BodyUnit(source="*")
    parent_id = serializers.IntegerField(
        source="parent_body",
        allow_null=True,
        help_text="the body of this kind of the unit above, as of the day",
    )

    class Meta:
        model = SportsBody
        fields = (
            "id", "kind", "name", "unit", "parent_id", "founded_on", "dissolved_on", "dissolve_reason", "version",
        )  # fmt: skip


class SportsBodyQuery(serializers.Serializer[Any]):
    """Which bodies."""

    unit = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGGEST_ID, help_text="this unit and below"
    )
    kind = serializers.ChoiceField(choices=KINDS, required=False)
    level = serializers.ChoiceField(choices=["city", "county", "town", "village"], required=False)
    as_of = DayField(
        required=False, help_text="only those that stood on this day, none to come; of all days by default"
    )


class CoverageQuery(serializers.Serializer[Any]):
    """Of which unit, as of which day."""

    unit = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    as_of = DayField(required=False, help_text="today by default; no day to come")


class SportsBodyLevelOutput(serializers.Serializer[Any]):
    """How many units of a level have a body of that kind."""

    level = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    units = serializers.IntegerField()
    covered = serializers.IntegerField()
    percent = serializers.CharField(allow_null=True, help_text="one decimal, rounded down")


class SportsBodyCoverageOutput(serializers.Serializer[Any]):
    """Coverage of the levels as of a day."""

    as_of = serializers.DateField()
    levels = SportsBodyLevelOutput(many=True)


class FoundBodyInput(StrictInput):
    """A body of a unit."""

    unit_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    kind = serializers.ChoiceField(choices=KINDS)
    name = serializers.CharField(max_length=120)
    founded_on = FoundingDayField()


class ChangeBodyInput(StrictInput):
    """What is corrected."""

    name = serializers.CharField(required=False, max_length=120)
    founded_on = FoundingDayField(required=False)


class DissolveBodyInput(StrictInput):
    """The last day, and why."""

    dissolved_on = FoundingDayField()
    reason = serializers.CharField(max_length=300)


class BodyImportInput(StrictInput):
    """A list of bodies: 区划代码, 组织类型, 组织名称, 成立日期, and 撤销日期 where one was dissolved."""

    file = serializers.FileField(max_length=255, help_text="XLSX or CSV (UTF-8 or GB18030)")
    dry_run = serializers.BooleanField(required=False, default=False)


class BodyImportOutput(serializers.Serializer[Any]):
    """What an import did, or would do."""

    dry_run = serializers.BooleanField()
    rows = serializers.IntegerField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    warnings = RegisterFindingOutput(many=True, help_text="what to look at in the file")


class _BodyView(ApiView):
    """What views of one body share."""

    request: SignedInRequest

    def shown(self, body_id: int, *, status: int = 200, location: str | None = None) -> Response:
        """The body as it stands now."""
        body = with_standing(sports_bodies_visible_to(self.request.user), today()).get(pk=body_id)
        return self.answer(
            SportsBodyOutput(body).data, status=status, version=body.version, location=location
        )


class SportsBodiesView(_BodyView):
    """Sports bodies."""

    permission = {"GET": VIEW, "POST": EDIT}

    @extend_schema(
        parameters=[SportsBodyQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=paged(SportsBodyOutput),
        operation_id="sports_body_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Bodies of one's units, by id; units bear the names they had on the day asked for."""
        asked = self.query(SportsBodyQuery)
        check_as_of(asked.get("as_of") or today(), today())
        rows = sports_bodies_visible_to(request.user)
        if "unit" in asked:
            rows = rows.filter(unit__path__startswith=unit_path_in_reach(request.user, asked["unit"], VIEW))
        if "as_of" in asked:
            rows = rows.filter(standing_on(asked["as_of"]))
        named = {"kind": "kind", "level": "unit__level"}
        rows = rows.filter(**{field: asked[name] for name, field in named.items() if name in asked})
        return self.page(with_standing(rows, asked.get("as_of") or today()), SportsBodyOutput)

    @extend_schema(
        request=FoundBodyInput, responses={201: SportsBodyOutput}, operation_id="sports_body_found"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Enter a body of a unit."""
        asked = self.parsed(FoundBodyInput)
        kind = SportsBodyKind(asked.pop("kind"))
        body = found_sports_body(**asked, kind=kind, acting_user=request.user)
        return self.shown(body.pk, status=201, location=f"/api/v1/sports-bodies/{body.pk}")


class SportsBodyView(_BodyView):
    """One sports body."""

    permission = {"GET": VIEW, "PATCH": EDIT}
    scope = sports_bodies_visible_to

    @extend_schema(responses=SportsBodyOutput, operation_id="sports_body_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The body."""
        return self.shown(id)

    @extend_schema(
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True)],
        request=ChangeBodyInput,
        responses=SportsBodyOutput,
        operation_id="sports_body_change",
    )
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Correct its name or its founding day."""
        asked = self.parsed(ChangeBodyInput)
        if_match = request.headers.get("If-Match")
        change_sports_body(body_id=id, **asked, acting_user=request.user, if_match=if_match)
        return self.shown(id)


class SportsBodyDissolveView(_BodyView):
    """Dissolving a body."""

    permission = EDIT
    scope = sports_bodies_visible_to

    @extend_schema(request=DissolveBodyInput, responses=SportsBodyOutput, operation_id="sports_body_dissolve")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Dissolve the body on a day, its last."""
        dissolve_sports_body(body_id=id, **self.parsed(DissolveBodyInput), acting_user=request.user)
        return self.shown(id)


class SportsBodyCoverageView(ApiView):
    """How much of each level has its bodies."""

    permission = VIEW

    @extend_schema(
        parameters=[CoverageQuery], responses=SportsBodyCoverageOutput, operation_id="sports_body_coverage"
    )
    def get(self, request: SignedInRequest) -> Response:
        """Federations on three levels and fitness organisations on four, in percent as of a day."""
        asked = self.query(CoverageQuery)
        on = asked.get("as_of") or today()
        check_as_of(on, today())
        levels = sports_body_coverage(request.user, on, asked.get("unit"))
        return self.answer(SportsBodyCoverageOutput({"as_of": on, "levels": levels}).data)


class SportsBodyImportView(ApiView):
    """Bringing in a list of bodies."""

    permission = EDIT
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": BodyImportInput},
        responses=BodyImportOutput,
        operation_id="sports_body_import",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Enter the bodies of a file, whole or not at all; the same file again changes nothing."""
        asked = self.parsed(BodyImportInput)
        check_upload(asked["file"], BODY_FILES)
        done = import_sports_bodies(upload=asked["file"], dry_run=asked["dry_run"], acting_user=request.user)
        return self.answer(BodyImportOutput(done).data)
