"""Writes of the city's people and their rights."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import transaction

from tenants.accounts.models import User
from tenants.accounts.queries import user_for_update
from tenants.accounts.services import (
    change_password,
    create_user,
    end_access,
    end_access_before_second_factor,
    record_audit,
)
from tenants.bureau.models import Grant, OrgUnit
from tenants.bureau.queries.org_units import org_unit_for_update, root_unit
from tenants.bureau.queries.rights import held_rights, rights_of
from tenants.bureau.queries.users import grants_of
from tenants.bureau.rules.masking import mask_name
from tenants.bureau.rules.org_levels import OrgLevel
from tenants.bureau.rules.permission_catalogue import ADMINISTER
from tenants.bureau.rules.rights import (
    check_may_grant,
    check_may_manage,
    check_not_self,
    check_permissions_known,
)
from tenants.bureau.rules.role_templates import RoleTemplate, check_role_level, role_template
from tenants.bureau.services.contacts import keep_phone
from wangge.errors import not_found
from wangge.kernel.permissions import require


@transaction.atomic
def create_city_user(
    *,
    username: str,
    display_name: str,
    password: str,
    acting_user: User,
    role_name: str = "",
    unit_id: int | None = None,
    phone: str = "",
) -> User:
    """Create a person, with a first role at a unit; who manages one district only must name both.

    Raises 403 without the right to manage users there, 409 USERNAME_TAKEN, 422 USERNAME_FORMAT, PASSWORD_TOO_WEAK or
    PHONE_FORMAT, and what `grant_role` raises.
    """
    if not role_name or unit_id is None:
        require(acting_user, "user.manage", root_unit().path)
    user = create_user(
        username=username, display_name=display_name, password=password, acting_user=acting_user
    )
    if role_name and unit_id is not None:
        template = role_template(role_name)
        _hand_out(user, template.permissions, org_unit_for_update(unit_id), acting_user, template)
    if phone.strip():
        keep_phone(user=user, phone=phone, acting_user=acting_user)
    return user


@transaction.atomic
def update_city_user(
    *,
    user_id: int,
    acting_user: User,
    display_name: str | None = None,
    is_active: bool | None = None,
    password: str | None = None,
    phone: str | None = None,
) -> User:
    """Change a person's name or phone, let them in, or shut them out or give a new password, which end their access.

    Sessions and tokens that ended so do not come back when the person is let in again.

    Raises 403 USER_BEYOND_OWN or USER_HOLDS_MORE when the person holds a right one does not manage or hold there,
    403 SELF_APPROVAL for one's own access.
    """
    user = user_for_update(user_id)
    check_may_manage(held_rights(acting_user), rights_of(user_id))
    before = {"display_name": mask_name(user.display_name), "is_active": user.is_active}
    if is_active is not None:
        check_not_self(acting_user.pk, user_id)
        user.is_active = is_active
    if display_name is not None:
        user.display_name = display_name
    user.version += 1
    user.save(update_fields=["display_name", "is_active", "version"])
    after = {"display_name": mask_name(user.display_name), "is_active": user.is_active}
    record_audit(acting_user=acting_user, action="user.update", subject=user, before=before, after=after)
    if phone is not None:
        keep_phone(user=user, phone=phone, acting_user=acting_user)
    if is_active is False:
        end_access(user=user, acting_user=acting_user)
    if password is not None:
        user = change_password(user_id=user_id, password=password, acting_user=acting_user)
    return user


@transaction.atomic
def grant_role(*, user_id: int, role_name: str, unit_id: int, acting_user: User) -> list[Grant]:
    """Hand out the permissions of a role template for a unit and below; what is held already stays as it is.

    Raises what `grant_permissions` raises, and 422 ROLE_UNKNOWN or ROLE_ABOVE_LEVEL.
    """
    template = role_template(role_name)
    user, unit = user_for_update(user_id), org_unit_for_update(unit_id)
    check_may_manage(held_rights(acting_user), rights_of(user_id))
    return _hand_out(user, template.permissions, unit, acting_user, template)


@transaction.atomic
def grant_permissions(
    *, user_id: int, permissions: Collection[str], unit_id: int, acting_user: User
) -> list[Grant]:
    """Hand out single permissions for a unit and below.

    Raises 404 for an unknown person or unit, 403 without user.manage there, GRANT_BEYOND_OWN, USER_BEYOND_OWN,
    USER_HOLDS_MORE or SELF_APPROVAL, 422 PERMISSION_UNKNOWN or GRANT_CITY_WIDE.
    """
    user, unit = user_for_update(user_id), org_unit_for_update(unit_id)
    check_may_manage(held_rights(acting_user), rights_of(user_id))
    return _hand_out(user, permissions, unit, acting_user, None)


def _hand_out(
    user: User, permissions: Collection[str], unit: OrgUnit, acting_user: User, template: RoleTemplate | None
) -> list[Grant]:
    require(acting_user, "user.manage", unit.path)
    check_not_self(acting_user.pk, user.pk)
    check_permissions_known(permissions)
    check_may_grant(held_rights(acting_user), permissions, unit.path)
    if template is not None:
        check_role_level(template, OrgLevel(unit.level))
    return write_grants(
        user=user,
        permissions=permissions,
        unit=unit,
        role_name=template.name if template else "",
        acting_user=acting_user,
    )


def write_grants(
    *, user: User, permissions: Collection[str], unit: OrgUnit, role_name: str, acting_user: User | None
) -> list[Grant]:
    """Write rights without asking who hands them out: the caller has asked, or is opening the city.

    Who newly administers accounts, where that needs a second factor, loses the sessions and tokens that began without one.
    """
    begins_to_administer = ADMINISTER in permissions and not _administers(user)
    rows = [Grant(user=user, permission=name, unit=unit, role_name=role_name) for name in sorted(permissions)]
    Grant.objects.bulk_create(rows, ignore_conflicts=True)
    after = {"permissions": sorted(permissions), "unit": unit.path, "role": role_name}
    record_audit(acting_user=acting_user, action="grant.give", subject=user, after=after)
    if begins_to_administer and settings.WANGGE_REQUIRE_SECOND_FACTOR:
        end_access_before_second_factor(user=user, acting_user=acting_user)
    return list(grants_of(user.pk).filter(unit=unit, permission__in=list(permissions)))


def _administers(user: User) -> bool:
    return any(right.permission == ADMINISTER for right in rights_of(user.pk))


@transaction.atomic
def revoke_grant(*, grant_id: int, acting_user: User) -> None:
    """Take one right back; 404 for an unknown one.

    Raises 403 without user.manage at its unit, for one's own, and for a person who holds what one does not.
    """
    rows = Grant.objects.filter(pk=grant_id)
    holder = rows.values_list("user_id", flat=True).first()
    if holder is None:
        raise not_found("授权", "grant")
    user_for_update(
        holder
    )  # every change of a person's rights waits here, so that the check below stays true
    grant = rows.select_for_update(of=("self",)).select_related("unit").first()
    if grant is None:
        raise not_found("授权", "grant")
    require(acting_user, "user.manage", grant.unit.path)
    check_not_self(acting_user.pk, grant.user_id)
    check_may_manage(held_rights(acting_user), rights_of(grant.user_id))
    before = {"permission": grant.permission, "unit": grant.unit.path, "role": grant.role_name}
    subject = ("accounts.user", grant.user_id)
    grant.delete()
    record_audit(acting_user=acting_user, action="grant.take_back", subject=subject, before=before)
