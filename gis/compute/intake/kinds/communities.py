"""Communities: the ground that is divided."""

from __future__ import annotations

from gis.compute.intake.kinds.fields import (
    AREA,
    FieldSpec,
    LayerKind,
    ValueType,
    households_field,
    name_field,
)

_COMMUNITY_NAMES = (
    "社区名称",
    "社区名",
    "社区",
    "村社区",
    "居委会",
    "行政村",
    "村名",
    "communityname",
    "community",
)

COMMUNITIES = LayerKind(
    "communities",
    "社区（行政村）",
    AREA,
    (
        FieldSpec(
            "code",
            "统计用区划代码",
            ValueType.TEXT,
            (
                "code",
                "statcode",
                "统计用区划代码",
                "区划代码",
                "社区代码",
                "村代码",
                "代码",
                "编码",
                "qhdm",
                "divisioncode",
            ),
            pattern=r"\d{12}",
        ),
        name_field(True, *_COMMUNITY_NAMES),
        FieldSpec(
            "town_name",
            "街镇",
            ValueType.TEXT,
            ("townname", "街镇", "街道", "乡镇", "街道乡镇", "所属街道", "town"),
        ),
        FieldSpec(
            "settlement",
            "城乡",
            ValueType.CHOICE,
            ("settlement", "城乡", "城乡类型", "类型", "类别", "kind", "type"),
            choices={
                "urban": ("urban", "城市", "城镇", "社区", "居委会", "community"),
                "rural": ("rural", "农村", "乡村", "村", "行政村", "村委会", "adminvillage", "village"),
            },
            is_strict=False,
        ),
        households_field(50_000),
        FieldSpec(
            "population", "人口", ValueType.COUNT, ("population", "人口", "总人口", "常住人口"), most=500_000
        ),
    ),
    key="code",
    layer_names=("communities", "community", "社区", "社区边界", "村社区", "shequ"),
)
