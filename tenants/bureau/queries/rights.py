"""What a user may do where, read once a request."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models import Q

from tenants.accounts.models import User
from tenants.bureau.models import Grant, OrgUnit
from tenants.bureau.rules.rights import HeldRight, may, top_paths
from wangge.kernel.database.current import city_connection


def held_rights(user: User) -> list[HeldRight]:
    """All rights of the user; kept on the user object, which lives for one request or job."""
    kept: list[HeldRight] | None = getattr(user, "_held_rights", None)
    if kept is None:
        kept = rights_of(user.pk)
        user._held_rights = kept  # type: ignore[attr-defined]
    return kept


def rights_of(user_id: int) -> list[HeldRight]:
    """All rights of a person as they stand now."""
    rows = Grant.objects.filter(user_id=user_id).values_list("permission", "unit__path")
    return [HeldRight(permission, path) for permission, path in rows]


def granted_paths(user: User, permission: str) -> list[str]:
    """The org unit paths from which the user holds this right downwards."""
    return top_paths(held_rights(user), permission)


def under_paths(paths: list[str], field: str = "unit_path") -> Q:
    """A filter for rows whose path field lies under one of the paths; nothing matches an empty list."""
    wanted = Q(pk__in=[])
    for path in paths:
        wanted |= Q(**{f"{field}__startswith": path})
    return wanted


def organisations_of(user: User, permission: str, unit_paths: Collection[str]) -> dict[str, str]:
    """For each path the name of the unit for which the user holds the right over it: in whose name the user acts there.

    Empty where the user does not hold it; one statement for all paths.
    """
    granted = granted_paths(user, permission)
    holding = {
        path: max((g for g in granted if path.startswith(g)), key=len, default="") for path in unit_paths
    }
    names = dict(OrgUnit.objects.filter(path__in=set(holding.values())).values_list("path", "name"))
    return {path: names.get(unit, "") for path, unit in holding.items()}


def organisation_of(user: User, permission: str, unit_path: str) -> str:
    """In whose name the user acts over one path."""
    return organisations_of(user, permission, [unit_path])[unit_path]


class CityRights:
    """The kernel's rights port over this city's grants; in public an operator holds every right."""

    def holds(self, user: Any, permission: str, unit_path: str | None = None) -> bool:
        """Whether the user holds the right for that unit (or for any)."""
        if city_connection().schema_name == settings.PUBLIC_SCHEMA_NAME:
            return bool(user.is_active)
        held = held_rights(user)
        if unit_path is None:
            return any(right.permission == permission for right in held)
        return may(held, permission, unit_path)
