"""The product knows one catalogue of permissions, each with its meaning in both languages.

Rule: S01
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MANAGE, ADMINISTER = "user.manage", "user.administer"


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing a person may be allowed to do, with its meaning in both languages."""

    name: str
    zh: str
    en: str
    # Held at the root of the city only: granting it for a district would mean nothing or too much.
    city_wide: bool = False


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
    Permission("leader.nominate", "提名网格长", "nominate grid leaders, for others to confirm"),
    Permission("leader.appoint", "任命网格长", "appoint, confirm and end grid leaders"),
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
        "interest.view", "查看兴趣网格", "see interest grids, their members and activities, names masked"
    ),
    Permission("interest.edit", "维护兴趣网格", "propose, change, confirm and close interest grids"),
    Permission(
        "interest.cross", "批准跨社区兴趣网格", "approve an interest grid that serves other communities"
    ),
    Permission("member.edit", "维护网格员", "nominate, confirm, move, import and end grid members"),
    Permission("activity.edit", "维护健身活动", "plan, change and cancel activities, tick people present"),
    Permission("visit.view", "查看入户走访", "see household visits, without names"),
    Permission("demand.view", "查看群众需求", "see demands of grids"),
    Permission("demand.edit", "处理群众需求", "enter demands and hand them up"),
    Permission("worklog.view", "查看工作记录", "see work logs and the four-role profile"),
    Permission("hotline.view", "查看转交事项", "see issues handed to the city hotline"),
    Permission("indicator.view", "查看指标", "see the indicators of grids, communities and units"),
    Permission(
        "sports_body.edit", "维护体育组织", "enter federations and fitness organisations of every level"
    ),
    Permission("pilot.edit", "设置试点", "say which counties are pilots, and for what", city_wide=True),
    Permission("wellness.invite", "邀请体质测试", "invite people to a fitness test and see invited or done"),
    Permission("wellness.test", "记录体质测试", "record fitness tests and see their values"),
    Permission("wellness.prescribe", "开具运动处方", "clear people and prescribe exercise"),
    Permission(
        "wellness.aggregate",
        "查看体质汇总",
        "see totals of fitness tests, never of fewer people than policy allows",
    ),
    Permission("wellness.standard", "维护体质测试标准", "load versions of test standards", city_wide=True),
    Permission(
        "personal.full_value", "查看个人信息全值", "see one person's unmasked data, with a reason, logged"
    ),
)

PERMISSIONS: Mapping[str, Permission] = {permission.name: permission for permission in _CATALOGUE}
