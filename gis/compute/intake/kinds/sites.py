"""Places to exercise."""

from __future__ import annotations

from gis.compute.intake.kinds.fields import (
    AREA,
    POINT,
    FieldSpec,
    LayerKind,
    ValueType,
    name_field,
    reference_field,
)

FITNESS_SITES = LayerKind(
    "fitness_sites",
    "健身站点",
    AREA | POINT | {"MultiPoint"},
    (
        reference_field("站点编号", "siteref", "siteid"),
        name_field(
            True, "站点名称", "健身站点", "站点", "健身点", "场地名称", "设施名称", "晨晚练点", "sitename"
        ),
        FieldSpec("address", "地址", ValueType.TEXT, ("address", "地址", "详细地址", "位置", "坐落")),
        FieldSpec(
            "site_kind",
            "站点类型",
            ValueType.TEXT,
            ("sitekind", "站点类型", "类型", "类别", "项目", "sport", "leisure", "kind"),
        ),
        FieldSpec(
            "area_m2",
            "面积",
            ValueType.MEASURE,
            ("aream2", "面积", "场地面积", "占地面积"),
            is_strict=False,
            most=10_000_000,
        ),
        FieldSpec(
            "capacity",
            "容纳人数",
            ValueType.COUNT,
            ("capacity", "容纳人数", "容量", "可容纳人数", "活动人数", "rongliang"),
            least=1,
            most=100_000,
        ),
        FieldSpec(
            "opening_hours",
            "开放时间",
            ValueType.HOURS,
            ("openinghours", "开放时间", "开放时段", "活动时间", "锻炼时间", "hours"),
        ),
        FieldSpec(
            "is_accessible",
            "无障碍",
            ValueType.FLAG,
            (
                "isaccessible",
                "无障碍",
                "无障碍设施",
                "无障碍通行",
                "wheelchair",
                "accessible",
                "accessibility",
            ),
            is_strict=False,
        ),
    ),
    key="ref",
    layer_names=("fitness_sites", "fitness_site", "sites", "健身站点", "站点", "健身设施", "sport"),
)
