"""A role is only a bundle of permissions that is handed out together, up to the level it is meant for.

Rule: S01
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tenants.bureau.rules.org_levels import LEVEL_NAMES_ZH, OrgLevel
from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from wangge.errors import RuleBroken


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
_NETWORK = frozenset({"interest.view", "demand.view", "worklog.view", "hotline.view", "indicator.view"})
_RUNNING = frozenset({"interest.edit", "member.edit", "activity.edit", "demand.edit", "wellness.invite"})

_TEMPLATES = (
    RoleTemplate(
        "bureau_admin",
        "市体育局管理员",
        "city bureau administrator",
        OrgLevel.CITY,
        frozenset(PERMISSIONS)
        - {
            "personal.full_value",
            "grid_plan.draft",
            "grid_plan.submit",
            "wellness.test",
            "wellness.prescribe",
        },
    ),
    RoleTemplate(
        "district_officer",
        "区县体育局审核员",
        "district officer",
        OrgLevel.COUNTY,
        _LOOKING
        | _STAFFING
        | _NETWORK
        | _RUNNING
        | {
            "interest.cross",
            "visit.view",
            "sports_body.edit",
            "wellness.aggregate",
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
            "leader.nominate",
            "leader.appoint",
            "coverage.run",
        },
    ),
    RoleTemplate(
        "town_staff",
        "街镇工作人员",
        "street or town staff",
        OrgLevel.TOWN,
        _LOOKING
        | _STAFFING
        | _NETWORK
        | _RUNNING
        | {
            "grid_plan.view",
            "grid_plan.comment",
            "leader.nominate",
            "leader.appoint",
            "site.edit",
            "sports_body.edit",
            "visit.view",
        },
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
        OrgLevel.COUNTY,  # looks around in the county; what a leader decides comes with the post, grid by grid
        _LOOKING | {"grid_plan.view", "grid_plan.comment"},
    ),
    RoleTemplate(
        "grid_member",
        "网格员",
        "grid member: the posts held say what may be seen and done, which needs no right",
        OrgLevel.COUNTY,
        _LOOKING,
    ),
    RoleTemplate(
        "fitness_tester",
        "体质测试员",
        "records fitness tests",
        OrgLevel.COUNTY,
        frozenset({"org.view", "wellness.invite", "wellness.test"}),
    ),
    RoleTemplate(
        "exercise_prescriber",
        "运动处方师",
        "clears people and prescribes exercise",
        OrgLevel.COUNTY,
        frozenset({"org.view", "wellness.invite", "wellness.test", "wellness.prescribe"}),
    ),
    RoleTemplate(
        "auditor",
        "监督审计员",
        "supervisor or auditor",
        OrgLevel.CITY,
        _LOOKING
        | _STAFFING
        | _NETWORK
        | {"user.view", "audit.view", "job.view", "grid_plan.view", "wellness.aggregate"},
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
