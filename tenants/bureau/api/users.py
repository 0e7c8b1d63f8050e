"""The city's people and their rights."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import User
from tenants.accounts.queries import user_for_update
from tenants.bureau.api.names import AccountNameField
from tenants.bureau.models import Grant
from tenants.bureau.queries.users import grants_of, grants_visible_to, users_visible_to
from tenants.bureau.services.users import (
    create_city_user,
    grant_permissions,
    grant_role,
    revoke_grant,
    update_city_user,
)
from wangge.errors import RuleBroken
from wangge.kernel.fields import Bounds
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

ID: Bounds = {"min_value": 1, "max_value": 2**63 - 1}


class CityUserOutput(serializers.ModelSerializer[User]):
    """A person of this city; the name in full for who manages the account, the phone masked, in full only by `reveal`."""

    phone = serializers.CharField(
        source="contact_phone.masked", default=None, allow_null=True, read_only=True
    )
    display_name = AccountNameField(source="*")

    class Meta:
        model = User
        fields = (
            "id", "username", "display_name", "phone", "is_active", "last_login", "created_at", "version",
        )  # fmt: skip


class CityUserInput(StrictInput):
    """A new person; who manages one district only names a first role and its unit."""

    username = serializers.CharField(max_length=64)
    display_name = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=256, trim_whitespace=False, write_only=True)
    phone = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default="", write_only=True
    )
    role = serializers.CharField(max_length=48, required=False, allow_blank=True, default="")
    unit_id = serializers.IntegerField(required=False, allow_null=True, default=None, **ID)


class CityUserChange(StrictInput):
    """What may change of a person; a new password ends the tokens issued before."""

    display_name = serializers.CharField(max_length=64, required=False)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True, write_only=True)
    is_active = serializers.BooleanField(required=False)
    password = serializers.CharField(max_length=256, required=False, trim_whitespace=False, write_only=True)


class GrantOutput(serializers.ModelSerializer[Grant]):
    """One right of one person."""

    unit_id = serializers.IntegerField()
    unit_name = serializers.CharField(source="unit.name")
    unit_path = serializers.CharField(source="unit.path")

    class Meta:
        model = Grant
        fields = ("id", "permission", "unit_id", "unit_name", "unit_path", "role_name")


class GrantInput(StrictInput):
    """A role, or single permissions, for a unit and below."""

    role = serializers.CharField(max_length=48, required=False, allow_blank=True, default="")
    permissions = serializers.ListField(
        child=serializers.CharField(max_length=48), required=False, max_length=100, default=list
    )
    unit_id = serializers.IntegerField(**ID)


class GrantsGiven(serializers.Serializer[Any]):
    """The rights the person now holds by this act."""

    grants = GrantOutput(many=True)


class UsersView(ApiView):
    """People."""

    permission = {"GET": "user.view", "POST": "user.manage"}

    @extend_schema(responses=paged(CityUserOutput), operation_id="user_list")
    def get(self, request: SignedInRequest) -> Response:
        """Those one may see."""
        return self.page(users_visible_to(request.user), CityUserOutput, reader=request.user)

    @extend_schema(request=CityUserInput, responses={201: CityUserOutput}, operation_id="user_create")
    def post(self, request: SignedInRequest) -> Response:
        """Create a person, with a first role."""
        given = self.parsed(CityUserInput)
        given["role_name"] = given.pop("role")
        user = create_city_user(**given, acting_user=request.user)
        return self.answer(
            CityUserOutput(user, context={"reader": request.user}).data,
            status=201,
            version=user.version,
            location=f"/api/v1/users/{user.pk}",
        )


class UserView(ApiView):
    """One person."""

    permission = {"GET": "user.view", "PATCH": "user.manage"}
    scope = users_visible_to
    needs_if_match = True

    @extend_schema(responses=CityUserOutput, operation_id="user_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Name and state."""
        return self.answer(
            CityUserOutput(self.object, context={"reader": request.user}).data, version=self.object.version
        )

    @extend_schema(request=CityUserChange, responses=CityUserOutput, operation_id="user_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Rename, let in, shut out, or give a new password."""
        changes = self.parsed(CityUserChange)
        with transaction.atomic():
            standing = user_for_update(id)
            self.check_version_without_secrets(standing)
            user = update_city_user(user_id=id, **changes, acting_user=request.user)
        return self.answer(CityUserOutput(user, context={"reader": request.user}).data, version=user.version)

    def check_version_without_secrets(self, standing: User) -> None:
        """Compare If-Match; a stale edit must not see its password or phone come back in the answer."""
        try:
            self.check_version(
                standing.version, dict(CityUserOutput(standing, context={"reader": self.request.user}).data)
            )
        except RuleBroken as stale:
            sent = stale.facts.get("sent")
            if isinstance(sent, dict):
                for secret in ("password", "phone"):
                    sent.pop(secret, None)
            raise


class UserGrantsView(ApiView):
    """The rights of one person."""

    permission = {"GET": "user.view", "POST": "user.manage"}
    scope = users_visible_to

    @extend_schema(responses=paged(GrantOutput), operation_id="grant_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Those one may see: of one's own units."""
        visible = grants_visible_to(request.user)
        return self.page(grants_of(id).filter(pk__in=visible.values("pk")), GrantOutput)

    @extend_schema(request=GrantInput, responses={201: GrantsGiven}, operation_id="grant_create")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Hand out a role or single permissions."""
        given = self.parsed(GrantInput)
        if bool(given["role"]) == bool(given["permissions"]):
            raise _role_or_permissions()
        if given["role"]:
            grants = grant_role(
                user_id=id, role_name=given["role"], unit_id=given["unit_id"], acting_user=request.user
            )
        else:
            grants = grant_permissions(
                user_id=id,
                permissions=given["permissions"],
                unit_id=given["unit_id"],
                acting_user=request.user,
            )
        return self.answer(GrantsGiven({"grants": grants}).data, status=201)


class GrantView(ApiView):
    """One right."""

    permission = "user.manage"
    scope = grants_visible_to

    def unit_path_of(self, found: Grant) -> str:
        """The unit the right is held for."""
        return found.unit.path

    @extend_schema(responses={204: None}, operation_id="grant_revoke")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Take it back."""
        revoke_grant(grant_id=id, acting_user=request.user)
        return empty()


def _role_or_permissions() -> RuleBroken:
    return RuleBroken(
        "ROLE_OR_PERMISSIONS",
        zh="请指定角色或权限之一，且只能指定一种",
        en="name either a role or single permissions",
        status=400,
        how_to_fix_zh="填写 role 或 permissions",
        how_to_fix_en="send role or permissions, not both",
        field="role",
    )
