"""The kinds of layer a city brings, with their fields, the names people give them, and the geometry they may
have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

AREA = frozenset({"Polygon", "MultiPolygon"})
LINE = frozenset({"LineString", "MultiLineString"})
POINT = frozenset({"Point"})


class ValueType(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    COUNT = "count"  # a whole number of things, never negative
    MEASURE = "measure"  # a number with a unit
    FLAG = "flag"  # yes or no
    CHOICE = "choice"  # one word of a fixed set, found by its synonyms


@dataclass(frozen=True)
class FieldSpec:
    """One field of a kind.

    `synonyms` are normalised column names in order of preference; `most` the largest believable value; a bad
    value is an error when `is_strict`, else it is dropped with a warning (open data are full of heights of
    zero). `choices` maps a stored word to the words that mean it; `pattern` a regular expression the text
    must match.
    """

    name: str
    zh: str
    type: ValueType
    synonyms: tuple[str, ...]
    is_required: bool = False
    is_strict: bool = True
    least: float = 0.0
    most: float = float("inf")
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pattern: str = ""


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer; `key` names the field that must not repeat, `layer_names` what its layer may be
    called.
    """

    name: str
    zh: str
    geometry: frozenset[str]
    fields: tuple[FieldSpec, ...]
    key: str
    layer_names: tuple[str, ...]


_NAME = ("name", "名称", "namezh", "mingcheng", "mc")


def _households(most: float) -> FieldSpec:
    names = ("households", "户数", "总户数", "常住户数", "hushu", "hs", "household", "buildingflats", "套数")
    return FieldSpec("households", "户数", ValueType.COUNT, names, most=most)


def _reference(*names: str) -> FieldSpec:
    common = ("ref", "编号", "编码", "代码", "code", "osmid", "bianhao", "bh", "objectid", "fid")
    return FieldSpec("ref", "编号", ValueType.TEXT, (*names, *common))


def _name(is_required: bool, *names: str) -> FieldSpec:
    return FieldSpec("name", "名称", ValueType.TEXT, (*names, *_NAME), is_required=is_required)


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
        _name(True, *_COMMUNITY_NAMES),
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
        _households(50_000),
        FieldSpec(
            "population", "人口", ValueType.COUNT, ("population", "人口", "总人口", "常住人口"), most=500_000
        ),
    ),
    key="code",
    layer_names=("communities", "community", "社区", "社区边界", "村社区", "shequ"),
)

BUILDINGS = LayerKind(
    "buildings",
    "建筑",
    AREA | POINT,
    (
        _reference("buildingref", "buildingid", "楼栋编号", "建筑编号", "楼号", "楼栋号", "幢号"),
        _name(False, "楼名", "建筑名称", "楼栋名称"),
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
        _households(5_000),
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
        _reference("小区编号", "compoundref", "compoundid"),
        _name(False, "小区名称", "小区名", "小区", "compoundname"),
        FieldSpec("address", "地址", ValueType.TEXT, ("address", "地址", "坐落")),
        _households(30_000),
    ),
    key="ref",
    layer_names=("compounds", "compound", "小区", "住宅小区", "residential"),
)

STREETS = LayerKind(
    "streets",
    "道路",
    LINE,
    (
        _reference("道路编号", "streetid"),
        _name(False, "路名", "道路名称", "街道名称"),
        FieldSpec(
            "road_class",
            "道路等级",
            ValueType.TEXT,
            (
                "roadclass",
                "streetclass",
                "道路等级",
                "等级",
                "类型",
                "highway",
                "kinddetail",
                "kind",
                "fclass",
            ),
        ),
        FieldSpec("is_bridge", "桥", ValueType.FLAG, ("isbridge", "桥", "桥梁", "bridge"), is_strict=False),
        FieldSpec("is_tunnel", "隧道", ValueType.FLAG, ("istunnel", "隧道", "tunnel"), is_strict=False),
    ),
    key="",
    layer_names=("streets", "street", "roads", "road", "道路", "路网", "街道"),
)

BARRIERS = LayerKind(
    "barriers",
    "阻隔（水系、铁路、主干道）",
    AREA | LINE,
    (
        _reference("阻隔编号", "barrierid"),
        _name(False, "河流名称", "河名", "路名"),
        FieldSpec(
            "barrier_kind",
            "阻隔类型",
            ValueType.CHOICE,
            (
                "barrierkind",
                "阻隔类型",
                "阻隔",
                "类型",
                "类别",
                "kind",
                "waterway",
                "natural",
                "water",
                "railway",
                "highway",
                "barrier",
            ),
            choices={
                "water": (
                    "water",
                    "水",
                    "水系",
                    "河",
                    "河流",
                    "湖",
                    "湖泊",
                    "水库",
                    "渠",
                    "river",
                    "riverbank",
                    "canal",
                    "stream",
                    "lake",
                    "reservoir",
                    "basin",
                    "dock",
                    "ocean",
                    "pond",
                    "moat",
                    "wetland",
                    "drain",
                    "ditch",
                ),
                "rail": (
                    "rail",
                    "railway",
                    "铁路",
                    "铁道",
                    "轨道",
                    "lightrail",
                    "subway",
                    "narrowgauge",
                    "monorail",
                ),
                "main_road": (
                    "mainroad",
                    "主干道",
                    "主干路",
                    "快速路",
                    "高速",
                    "高速公路",
                    "国道",
                    "省道",
                    "motorway",
                    "trunk",
                    "primary",
                    "highway",
                    "majorroad",
                    "expressway",
                ),
                "other": (
                    "other",
                    "其他",
                    "围墙",
                    "墙",
                    "wall",
                    "fence",
                    "citywall",
                    "retainingwall",
                    "山体",
                    "cliff",
                ),
            },
            is_required=True,
        ),
    ),
    key="",
    layer_names=("barriers", "barrier", "阻隔", "水系", "water", "rail", "铁路"),
)

FITNESS_SITES = LayerKind(
    "fitness_sites",
    "健身站点",
    AREA | POINT | {"MultiPoint"},
    (
        _reference("站点编号", "siteref", "siteid"),
        _name(True, "站点名称", "健身站点", "站点", "健身点", "场地名称", "设施名称", "晨晚练点", "sitename"),
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
    ),
    key="ref",
    layer_names=("fitness_sites", "fitness_site", "sites", "健身站点", "站点", "健身设施", "sport"),
)

KINDS: dict[str, LayerKind] = {
    kind.name: kind for kind in (COMMUNITIES, BUILDINGS, COMPOUNDS, STREETS, BARRIERS, FITNESS_SITES)
}
