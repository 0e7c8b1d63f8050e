"""A file that replaces a layer holds something, and it is said when most of what stands would go with it.

Rule: X06
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gis.compute.intake import Finding

# What stands on communities and buildings in the floors above, for Chinese readers.
_NAMES_ZH = {
    "grid plan": "网格方案",
    "grid": "网格",
    "culture sports officer": "社区分管文体负责人",
    "building assignment": "网格方案中的楼栋",
    "building": "建筑",
    "compound": "小区",
}


def kinds_zh(kinds: list[str]) -> str:
    """Kinds of rows as a Chinese reader calls them; one that has no name here goes by its own."""
    return "、".join(_NAMES_ZH.get(kind, kind) for kind in kinds)


@dataclass(frozen=True)
class Loss:
    """How many present features of a layer would go without anything in their place, and what stands on them:
    kind of row → how many of those features bear some."""

    layer_zh: str
    present: int
    gone: int
    borne: Mapping[str, int] = field(default_factory=dict)


def check_usable(rows: int, usable: int) -> list[Finding]:
    """The error for a file of which nothing is left to import; none otherwise."""
    if usable:
        return []
    return [
        Finding(
            "NO_USABLE_ROWS",
            zh=f"文件的{rows}行全部被跳过，没有可导入的内容；未改动现有图层",
            en=f"all {rows} rows of the file are left out: nothing is there to import and the layer stays as it is",
            remedy_zh="请核对坐标系和所选图层",
            remedy_en="check the coordinate system and the layer chosen",
            facts={"rows": rows},
        )
    ]


def warn_of_loss(loss: Loss) -> list[Finding]:
    """A warning when more than half of the features would go, and one when something stands on any that would."""
    found = []
    if loss.gone * 2 > loss.present:
        found.append(
            Finding(
                "REPLACES_MUCH",
                zh=f"替换整层：现有{loss.present}个{loss.layer_zh}要素中有{loss.gone}个在本文件中没有对应，将被停用",
                en=f"of {loss.present} features of the layer {loss.gone} have no counterpart in the file and go",
                remedy_zh="如果本文件只是补充，请改用“追加”；确要替换则无需处理，导入后可以撤销",
                remedy_en="to bring more features choose the mode add; a replacement that is meant can be undone",
                facts={"present": loss.present, "gone": loss.gone},
            )
        )
    if loss.borne:
        most = max(loss.borne.values())
        kinds = sorted(loss.borne)
        found.append(
            Finding(
                "REPLACES_BORNE",
                zh=f"将停用的要素中，至少{most}个已有{kinds_zh(kinds)}建立在其上",
                en=f"at least {most} of the features that go bear other data ({', '.join(kinds)})",
                remedy_zh="请核对是否漏了这些要素；方案和人员任期不会随之删除",
                remedy_en="check that they are not missing by mistake; plans and posts stay as they are",
                facts={"kinds": kinds, "features": most},
            )
        )
    return found
