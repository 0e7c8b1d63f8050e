"""What one may do here, and what can be granted at all."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.city import city_profile
from tenants.bureau.queries.users import grants_of
from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView


class HeldRightOutput(serializers.Serializer[Any]):
    """A permission and the unit it is held for."""

    permission = serializers.CharField()
    unit_path = serializers.CharField(source="unit.path")
    unit_id = serializers.IntegerField()
    unit_name = serializers.CharField(source="unit.name")


class CityProfileOutput(serializers.Serializer[Any]):
    """What a page must know of its city."""

    name = serializers.CharField()
    division_code = serializers.CharField()
    data_label = serializers.CharField()
    gauss_kruger_epsg = serializers.IntegerField()
    centre = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="lon, lat in EPSG:4490"
    )


class MyRightsOutput(serializers.Serializer[Any]):
    """One's rights and one's city."""

    rights = HeldRightOutput(many=True)
    city = CityProfileOutput()


class PermissionOutput(serializers.Serializer[Any]):
    """One permission of the catalogue."""

    name = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    city_wide = serializers.BooleanField()


class RoleTemplateOutput(serializers.Serializer[Any]):
    """One bundle of permissions."""

    name = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    highest_level = serializers.CharField(help_text="granted for units of this level and below")
    permissions = serializers.ListField(child=serializers.CharField())


class RightsCatalogueOutput(serializers.Serializer[Any]):
    """All permissions and all bundles."""

    permissions = PermissionOutput(many=True)
    roles = RoleTemplateOutput(many=True)


class MyRightsView(ApiView):
    """Oneself in this city."""

    permission = SIGNED_IN

    @extend_schema(responses=MyRightsOutput, operation_id="my_rights_read")
    def get(self, request: SignedInRequest) -> Response:
        """One's rights, and the facts about the city that every page needs."""
        given = {"rights": grants_of(request.user.pk), "city": city_profile()}
        return self.answer(MyRightsOutput(given).data)


class RightsCatalogueView(ApiView):
    """What can be granted."""

    permission = "user.view"

    @extend_schema(responses=RightsCatalogueOutput, operation_id="rights_catalogue_read")
    def get(self, request: SignedInRequest) -> Response:
        """Permissions with their meaning, and the bundles they are handed out in."""
        roles = [
            {
                "name": role.name,
                "zh": role.zh,
                "en": role.en,
                "highest_level": role.highest_level.value,
                "permissions": sorted(role.permissions),
            }
            for role in ROLE_TEMPLATES.values()
        ]
        given = {"permissions": list(PERMISSIONS.values()), "roles": roles}
        return self.answer(RightsCatalogueOutput(given).data)
