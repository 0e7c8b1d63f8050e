"""Where people live: buildings, and compounds that stand for buildings."""

from __future__ import annotations

from gis.compute.intake.kinds.fields import (
    AREA,
    POINT,
    FieldSpec,
    LayerKind,
    ValueType,
    households_field,
    name_field,
    reference_field,
)

BUILDINGS = LayerKind(
    "buildings",
    "建筑",
    AREA | POINT,
    (
        reference_field("buildingref", "buildingid", "楼栋编号", "建筑编号", "楼号", "楼栋号", "幢号"),
        name_field(False, "楼名", "建筑名称", "楼栋名称"),
        FieldSpec(
            "address", "地址", ValueType.TEXT, ("address", "地址", "门牌", "门牌号", "坐落", "addrfull")
        ),
        FieldSpec(
            "compound_name",
            "小区",
            ValueType.TEXT,
            ("compoundname", "小区", "小区名称", "小区名", "住宅小区", "compoundid"),
        ),
        FieldSpec(
            "community_code",
            "社区代码",
            ValueType.TEXT,
            ("communitycode", "社区代码", "所属社区代码"),
            pattern=r"\d{12}",
        ),
        FieldSpec(
            "villager_group", "村民小组", ValueType.TEXT, ("villagergroup", "村民小组", "小组", "村组")
        ),
        FieldSpec(
            "use",
            "用途",
            ValueType.CHOICE,
            (
                "use",
                "用途",
                "建筑用途",
                "使用性质",
                "房屋用途",
                "性质",
                "building",
                "landusekind",
                "kinddetail",
            ),
            choices={
                "residential": (
                    "residential",
                    "住宅",
                    "居住",
                    "居民楼",
                    "民房",
                    "apartments",
                    "apartment",
                    "house",
                    "houses",
                    "dormitory",
                    "terrace",
                    "detached",
                    "semidetachedhouse",
                    "villa",
                    "宿舍",
                    "公寓",
                ),
                "mixed": ("mixed", "商住", "商住两用", "综合", "底商"),
                "other": (
                    "other",
                    "商业",
                    "办公",
                    "工业",
                    "公共",
                    "学校",
                    "医院",
                    "commercial",
                    "retail",
                    "office",
                    "industrial",
                    "school",
                    "hospital",
                    "public",
                    "hotel",
                    "warehouse",
                    "garage",
                    "非住宅",
                    "其他",
                ),
            },
            is_strict=False,
        ),
        FieldSpec(
            "floors",
            "层数",
            ValueType.COUNT,
            ("floors", "层数", "楼层", "地上层数", "总层数", "buildinglevels", "levels", "cs"),
            is_strict=False,
            least=1,
            most=150,
        ),
        FieldSpec(
            "height_m",
            "高度",
            ValueType.MEASURE,
            ("heightm", "高度", "建筑高度", "楼高", "height", "gd"),
            is_strict=False,
            least=0.1,
            most=700,
        ),
        households_field(5_000),
        # Where the number came from, as the platform's export says it: only what was given is a count.
        FieldSpec(
            "household_source",
            "户数来源",
            ValueType.CHOICE,
            ("householdsource", "户数来源"),
            choices={
                "given": ("given", "填报", "登记", "实有", "普查"),
                "estimated": ("estimated", "估算", "推算"),
                "spread": ("spread", "分摊"),
                "none": ("none", "非住宅"),
            },
            is_strict=False,
        ),
        # Only the platform's own export says this: the row stood for a compound without buildings.
        FieldSpec("stands_for_id", "代替小区", ValueType.COUNT, ("standsforid",), is_strict=False),
    ),
    key="ref",
    layer_names=("buildings", "building", "建筑", "楼栋", "房屋", "建筑物"),
)

COMPOUNDS = LayerKind(
    "compounds",
    "小区",
    AREA,
    (
        reference_field("小区编号", "compoundref", "compoundid"),
        name_field(False, "小区名称", "小区名", "小区", "compoundname"),
        FieldSpec("address", "地址", ValueType.TEXT, ("address", "地址", "坐落")),
        households_field(30_000),
    ),
    key="ref",
    layer_names=("compounds", "compound", "小区", "住宅小区", "residential"),
)
