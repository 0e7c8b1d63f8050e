"""A right is a permission held for a unit, and it holds for that unit and everything below it.

Capabilities are granted, never tested by the name of a role: a role is only a bundle that is handed out
together.

Rule: S01
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tenants.bureau.rules.permission_catalogue import ADMINISTER, MANAGE, PERMISSIONS
from wangge.errors import RuleBroken

PATH_SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class HeldRight:
    """A permission and the path of the unit it is held for, such as `/1/7/`."""

    permission: str
    unit_path: str


def covers(grant_path: str, unit_path: str) -> bool:
    """True when a right for the first unit holds for the second: the same unit or one below it.

    Paths are unit ids between slashes from the root, `/1/7/`; the slashes keep unit 1 from covering unit 17.
    """
    _check_path(grant_path)
    _check_path(unit_path)
    return unit_path.startswith(grant_path)


def root_path(unit_path: str) -> str:
    """The path of the city at the top of a unit's path."""
    _check_path(unit_path)
    return PATH_SEPARATOR + unit_path.split(PATH_SEPARATOR)[1] + PATH_SEPARATOR


def may(held: Iterable[HeldRight], permission: str, unit_path: str) -> bool:
    """True when one of the held rights is this permission for this unit or a unit above it."""
    return any(right.permission == permission and covers(right.unit_path, unit_path) for right in held)


def top_paths(held: Iterable[HeldRight], permission: str) -> list[str]:
    """The units from which a permission holds downwards, without those already below another one, sorted."""
    paths = sorted({right.unit_path for right in held if right.permission == permission})
    return [path for path in paths if not any(other != path and covers(other, path) for other in paths)]


def check_permissions_known(names: Collection[str]) -> None:
    """Refuse permission names the product does not know with 422 PERMISSION_UNKNOWN."""
    unknown = sorted(set(names) - set(PERMISSIONS))
    if unknown:
        raise RuleBroken(
            "PERMISSION_UNKNOWN",
            zh=f"未知权限：{'、'.join(unknown)}",
            en=f"unknown permissions: {', '.join(unknown)}",
            rule="S01",
            facts={"unknown": unknown},
            how_to_fix_zh="请从权限目录中选择",
            how_to_fix_en="choose from the catalogue of permissions",
            field="permissions",
        )


def check_may_grant(granter: Iterable[HeldRight], permissions: Collection[str], unit_path: str) -> None:
    """Refuse to hand out what the granter does not hold for that unit with 403 GRANT_BEYOND_OWN.

    The right to manage users lets a person pass on rights, not create them, at the root of the city as anywhere.
    Only who administers the city's accounts may grant everything, also what must stay separate from the own work.
    City-wide permissions are granted at the root only: 422 GRANT_CITY_WIDE.

    Rule: S01
    """
    held = list(granter)
    missing = (
        [] if _administers(held) else sorted(name for name in permissions if not may(held, name, unit_path))
    )
    if missing:
        raise RuleBroken(
            "GRANT_BEYOND_OWN",
            zh=f"不能授予您在该单位没有的权限：{'、'.join(missing)}",
            en=f"you cannot grant what you do not hold for this unit: {', '.join(missing)}",
            status=403,
            rule="S01",
            facts={"missing": missing},
            how_to_fix_zh="请由市级账号管理员授权",
            how_to_fix_en="ask who administers the city's accounts to grant it",
            field="permissions",
        )
    check_city_wide(permissions, unit_path)


def check_may_manage(manager: Iterable[HeldRight], theirs: Iterable[HeldRight]) -> None:
    """Refuse to change the access of a person who holds what the manager does not.

    Raises 403 USER_BEYOND_OWN when the person holds a right outside the units the manager manages, or holds none
    and the manager does not manage the whole city's users; 403 USER_HOLDS_MORE when the manager lacks one of the
    person's rights for its unit. Otherwise a new password would be a way to rights nobody granted. Who
    administers the city's accounts may change everybody.

    Rule: S01
    """
    held, their_rights = list(manager), list(theirs)
    if _administers(held):
        return
    if not _manages_where(held, their_rights):
        raise _user_beyond_own()
    more = sorted(
        {right.permission for right in their_rights if not may(held, right.permission, right.unit_path)}
    )
    if more:
        raise _user_holds_more(more)


def _administers(held: Collection[HeldRight]) -> bool:
    return any(
        right.permission == ADMINISTER and right.unit_path == root_path(right.unit_path) for right in held
    )


def _manages_where(held: Collection[HeldRight], theirs: Collection[HeldRight]) -> bool:
    managed = top_paths(held, MANAGE)
    if not theirs:
        return any(path == root_path(path) for path in managed)
    return all(may(held, MANAGE, right.unit_path) for right in theirs)


def _user_beyond_own() -> RuleBroken:
    return RuleBroken(
        "USER_BEYOND_OWN",
        zh="该用户在您管理范围之外还有权限，或尚无任何权限，不能由您修改",
        en="this person holds rights outside the units you manage, or none yet",
        status=403,
        rule="S01",
        how_to_fix_zh="请由上级单位管理员办理",
        how_to_fix_en="ask the administrator of a higher unit to do it",
    )


def _user_holds_more(more: list[str]) -> RuleBroken:
    return RuleBroken(
        "USER_HOLDS_MORE",
        zh=f"该用户持有您没有的权限，不能由您修改：{'、'.join(more)}",
        en=f"this person holds rights that you do not hold: {', '.join(more)}",
        status=403,
        rule="S01",
        facts={"more": more},
        how_to_fix_zh="请由市级账号管理员办理",
        how_to_fix_en="ask who administers the city's accounts to do it",
    )


def check_not_self(granter_id: int, receiver_id: int) -> None:
    """Refuse to change one's own rights with 403 SELF_APPROVAL: nobody approves own work.

    Rule: S36
    """
    if granter_id != receiver_id:
        return
    raise RuleBroken(
        "SELF_APPROVAL",
        zh="不得为本人授权或撤销本人的授权",
        en="nobody grants or revokes own rights",
        status=403,
        rule="S36",
        how_to_fix_zh="请由另一位管理员办理",
        how_to_fix_en="ask another administrator to do it",
    )


def check_city_wide(permissions: Collection[str], unit_path: str) -> None:
    """Refuse to grant city-wide permissions anywhere but at the root with 422 GRANT_CITY_WIDE."""
    city_wide = sorted(name for name in permissions if PERMISSIONS[name].city_wide)
    if not city_wide or unit_path == root_path(unit_path):
        return
    raise RuleBroken(
        "GRANT_CITY_WIDE",
        zh=f"以下权限只能在市级授予：{'、'.join(city_wide)}",
        en=f"these rights are granted at city level only: {', '.join(city_wide)}",
        rule="S01",
        facts={"city_wide": city_wide},
        how_to_fix_zh="请将授权单位改为市级，或去掉这些权限",
        how_to_fix_en="grant them at the city itself, or leave them out",
        field="org_unit",
    )


def _check_path(path: str) -> None:
    if not path.startswith(PATH_SEPARATOR) or not path.endswith(PATH_SEPARATOR) or len(path) < 3:
        raise ValueError(f"{path!r} is no unit path such as /1/7/")
