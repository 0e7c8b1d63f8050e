"""A right is a permission held for a unit, and it holds for that unit and everything below it.

Capabilities are granted, never tested by the name of a role: a role is only a bundle that is handed out
together.

Rule: S01
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tenants.bureau.rules.org_levels import LEVEL_NAMES_ZH, OrgLevel
from wangge.errors import RuleBroken

PATH_SEPARATOR = "/"
MANAGE, ADMINISTER = "user.manage", "user.administer"


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing a person may be allowed to do, with its meaning in both languages."""

    name: str
    zh: str
    en: str
    # Held at the root of the city only: granting it for a district would mean nothing or too much.
    city_wide: bool = False


@dataclass(frozen=True, slots=True)
class RoleTemplate:
    """A bundle of permissions offered when somebody is given work; `highest_level` is the level it is meant for.

    It may be granted for units of that level and below, never above: a district's work is not held for a city.
    """

    name: str
    zh: str
    en: str
    highest_level: OrgLevel
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class HeldRight:
    """A permission and the path of the unit it is held for, such as `/1/7/`."""

    permission: str
    unit_path: str


_CATALOGUE = (
    Permission("org.view", "查看组织机构", "see the organisation tree"),
    Permission("org.edit", "维护组织机构与区划代码", "edit units and load division codes", city_wide=True),
    Permission("policy.view", "查看政策参数", "see policy parameters"),
    Permission("policy.edit", "维护政策参数", "set policy parameters", city_wide=True),
    Permission("calendar.view", "查看工作日历", "see the working calendar"),
    Permission("calendar.edit", "录入放假安排", "enter holiday notices", city_wide=True),
    Permission("user.view", "查看用户", "see users of the own unit and below"),
    Permission(MANAGE, "管理用户与授权", "create users, pass on and revoke rights one holds"),
    Permission(
        ADMINISTER, "管理全市账号与权限", "grant every right and manage every account", city_wide=True
    ),
    Permission("audit.view", "查看审计日志", "read audit events"),
    Permission("outbox.manage", "查看并重发未送达的消息", "see and retry messages that were given up"),
    Permission("job.view", "查看后台任务", "see background jobs, their progress and errors"),
    Permission("job.cancel", "取消他人的后台任务", "stop background jobs of others"),
    Permission("layer.view", "查看地图图层", "see communities, buildings, streets, barriers and sites"),
    Permission("layer.import", "导入地图图层", "import map layers"),
    Permission("layer.export", "导出地图图层", "export map layers"),
    Permission("grid.view", "查看网格", "see base grids and their cards"),
    Permission("grid_plan.view", "查看网格方案", "see grid plans of every state"),
    Permission("grid_plan.draft", "编制网格方案", "draft, edit and validate grid plans"),
    Permission(
        "grid_plan.lock",
        "锁定网格",
        "lock grids of a plan under work, so that drawing leaves them as they are",
    ),
    Permission("grid_plan.submit", "提交网格方案", "submit validated grid plans"),
    Permission("grid_plan.comment", "对网格方案提出意见", "comment on grid plans"),
    Permission("grid_plan.review", "区县审核网格方案", "review submitted grid plans for the county"),
    Permission("grid_plan.approve", "批准网格方案", "approve reviewed grid plans"),
    Permission("grid_plan.publish", "发布网格方案", "publish approved grid plans with a date"),
    Permission("leader.view", "查看网格长", "see grid leaders"),
    Permission("leader.appoint", "任命网格长", "appoint and end grid leaders"),
    Permission("coverage.view", "查看覆盖率", "see 15-minute coverage"),
    Permission("coverage.run", "计算覆盖率", "compute 15-minute coverage"),
    Permission(
        "instructor.view", "查看社会体育指导员", "see the register of instructors, personal data masked"
    ),
    Permission(
        "instructor.edit", "维护社会体育指导员", "enter and change instructors, their grades and items"
    ),
    Permission("instructor.import", "批量导入社会体育指导员", "bring files of instructors into the register"),
    Permission("instructor.verify", "核实服务与从业查询", "verify services and record the check for minors"),
    Permission("site.view", "查看健身站点", "see fitness sites, what they offer and what they ask for"),
    Permission("site.edit", "维护健身站点", "change sites and what they ask for"),
    Permission("booking.view", "查看时间占用", "see when instructors and sites are taken"),
    Permission("booking.edit", "登记时间占用", "book instructors and sites, and take bookings back"),
    Permission("assignment.view", "查看站点指导员分配", "see which instructor serves which site, and why"),
    Permission(
        "assignment.run", "计算站点指导员分配", "compute assignments and pin people to sites", city_wide=True
    ),
    Permission(
        "assignment.adopt", "采用站点指导员分配", "put a computed assignment into force", city_wide=True
    ),
    Permission(
        "personal.full_value", "查看个人信息全值", "see one person's unmasked data, with a reason, logged"
    ),
)

PERMISSIONS: Mapping[str, Permission] = {permission.name: permission for permission in _CATALOGUE}

_LOOKING = frozenset(
    {
        "org.view",
        "policy.view",
        "calendar.view",
        "layer.view",
        "grid.view",
        "leader.view",
        "coverage.view",
        "site.view",
    }
)
_STAFFING = frozenset({"instructor.view", "booking.view", "assignment.view"})

_TEMPLATES = (
    RoleTemplate(
        "bureau_admin",
        "市体育局管理员",
        "city bureau administrator",
        OrgLevel.CITY,
        frozenset(PERMISSIONS) - {"personal.full_value", "grid_plan.draft", "grid_plan.submit"},
    ),
    RoleTemplate(
        "district_officer",
        "区县体育局审核员",
        "district officer",
        OrgLevel.COUNTY,
        _LOOKING
        | _STAFFING
        | {
            "user.view",
            "user.manage",
            "audit.view",
            "job.view",
            "instructor.edit",
            "instructor.verify",
            "site.edit",
            "booking.edit",
            "grid_plan.view",
            "grid_plan.comment",
            "grid_plan.lock",
            "grid_plan.review",
            "grid_plan.approve",
            "leader.appoint",
            "coverage.run",
        },
    ),
    RoleTemplate(
        "town_staff",
        "街镇工作人员",
        "street or town staff",
        OrgLevel.TOWN,
        _LOOKING | _STAFFING | {"grid_plan.view", "grid_plan.comment", "leader.appoint", "site.edit"},
    ),
    RoleTemplate(
        "dispatcher",
        "协会调度员",
        "dispatcher of the association",
        OrgLevel.CITY,
        _LOOKING
        | _STAFFING
        | {
            "job.view",
            "instructor.edit",
            "instructor.import",
            "instructor.verify",
            "site.edit",
            "booking.edit",
            "assignment.run",
            "assignment.adopt",
        },
    ),
    RoleTemplate(
        "instructor",
        "社会体育指导员",
        "instructor: own times, bookings and record only, which need no right",
        OrgLevel.CITY,
        _LOOKING,
    ),
    RoleTemplate(
        "gis_staff",
        "地理信息人员",
        "GIS staff",
        OrgLevel.CITY,
        _LOOKING
        | {
            "job.view",
            "layer.import",
            "layer.export",
            "grid_plan.view",
            "grid_plan.draft",
            "grid_plan.lock",
            "grid_plan.submit",
            "grid_plan.comment",
            "coverage.run",
        },
    ),
    RoleTemplate(
        "grid_leader",
        "网格长",
        "grid leader",
        OrgLevel.COUNTY,  # looks around in the county of the grid, decides nothing
        _LOOKING | {"grid_plan.view", "grid_plan.comment"},
    ),
    RoleTemplate(
        "auditor",
        "监督审计员",
        "supervisor or auditor",
        OrgLevel.CITY,
        _LOOKING | _STAFFING | {"user.view", "audit.view", "job.view", "grid_plan.view"},
    ),
    RoleTemplate(
        "citizen",
        "市民（只读）",
        "citizen, read only",
        OrgLevel.CITY,
        frozenset({"grid.view", "layer.view", "coverage.view", "site.view"}),
    ),
)

ROLE_TEMPLATES: Mapping[str, RoleTemplate] = {template.name: template for template in _TEMPLATES}


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


def role_template(name: str) -> RoleTemplate:
    """The bundle of that name; 422 ROLE_UNKNOWN for a name the product does not know."""
    template = ROLE_TEMPLATES.get(name)
    if template is None:
        raise RuleBroken(
            "ROLE_UNKNOWN",
            zh=f"未知角色：{name}",
            en=f"unknown role: {name}",
            rule="S01",
            facts={"role": name, "known": sorted(ROLE_TEMPLATES)},
            how_to_fix_zh="请从角色目录中选择",
            how_to_fix_en="choose from the catalogue of roles",
            field="role",
        )
    return template


def check_role_level(template: RoleTemplate, unit_level: OrgLevel) -> None:
    """Refuse a bundle for a unit above the level it is meant for with 422 ROLE_ABOVE_LEVEL.

    Rule: S01
    """
    high_to_low = list(OrgLevel)
    if high_to_low.index(unit_level) >= high_to_low.index(template.highest_level):
        return
    highest_zh = LEVEL_NAMES_ZH[template.highest_level]
    raise RuleBroken(
        "ROLE_ABOVE_LEVEL",
        zh=f"角色“{template.zh}”最高授予到{highest_zh}一级，不能授予到{LEVEL_NAMES_ZH[unit_level]}一级",
        en=f"the role “{template.en}” is granted for a {template.highest_level} or below, not for a {unit_level}",
        rule="S01",
        facts={
            "role": template.name,
            "highest_level": template.highest_level.value,
            "unit_level": unit_level.value,
        },
        how_to_fix_zh=f"请选择{highest_zh}或其下级单位，或改用适合该层级的角色",
        how_to_fix_en=f"choose a {template.highest_level} or a unit below one, or a role meant for this level",
        field="unit_id",
    )


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
