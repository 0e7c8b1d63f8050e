"""What a drawing may be ordered with, in words for whoever orders it."""

from __future__ import annotations

from typing import Any

from gis.compute.parameters import PRESET_NAMES, PartitionParameters
from gis.compute.search.effort import PRESETS
from grids.units.rules.drawing_order import ORDER_LIMITS, DrawingOrder

MOST_SEED = 2**31 - 1

# name → name in English, what it does (zh, en), unit (zh, en).
_WORDS: dict[str, tuple[str, str, str, str, str]] = {
    "band": (
        "how far households may be off",
        "网格户数偏离目标不超过这个比例即为达标；0.1 即 ±10%",
        "a grid this far from the target is still in band; 0.1 is ±10 %",
        "占目标户数的比例",
        "share of the target",
    ),
    "alpha": (
        "balance or compactness",
        "越大越看重户数均衡，越小越看重形状紧凑",
        "more: even numbers of households; less: compact shapes",
        "无单位",
        "no unit",
    ),
    "stability": (
        "weight of the plan before",
        "400 户换到别的网格的代价；0 为不考虑原方案，越大变动越少",
        "price of moving 400 households; 0 forgets the plan before, more moves fewer homes",
        "每 400 户",
        "per 400 households",
    ),
    "barrier_per_m": (
        "price of crossing a barrier",
        "网格内部留有河流、铁路或主路时，每米的代价；0 为不考虑",
        "price of each metre of river, railway or main road inside a grid; 0 for none",
        "每米",
        "per metre",
    ),
    "compound": (
        "price of splitting a compound",
        "把一个小区分到两个网格的代价；0 为不考虑",
        "price of a compound that lies in two grids; 0 for none",
        "每个小区",
        "per compound",
    ),
}


def drawing_options() -> dict[str, Any]:
    """Presets and options as the API shows them; `default` is what an order without the number is drawn with."""
    usual = DrawingOrder()
    options = [_option(name, words, _default(name, usual)) for name, words in _WORDS.items()]
    return {"presets": list(PRESET_NAMES), "preset": usual.preset, "options": [*options, _seed(usual.seed)]}


def _default(name: str, usual: DrawingOrder) -> float:
    chosen = getattr(usual, name)
    if chosen is None:
        chosen = getattr(PartitionParameters(), name)
    return float(PRESETS[usual.preset].alpha if chosen is None else chosen)


def _option(name: str, words: tuple[str, str, str, str, str], default: float) -> dict[str, Any]:
    limit = ORDER_LIMITS[name]
    en, help_zh, help_en, unit_zh, unit_en = words
    return {
        "name": name, "zh": limit.zh, "en": en, "help_zh": help_zh, "help_en": help_en, "unit_zh": unit_zh,
        "unit_en": unit_en, "default": default, "least": limit.least, "most": limit.most, "whole": False,
    }  # fmt: skip


def _seed(usual: int) -> dict[str, Any]:
    return {
        "name": "seed", "zh": "随机种子", "en": "seed",
        "help_zh": "同样的数据、参数与种子得到同样的网格；换一个种子可得到另一种划分",
        "help_en": "the same data, order and seed give the same grids; another seed gives another division",
        "unit_zh": "整数", "unit_en": "whole number", "default": usual, "least": 0, "most": MOST_SEED, "whole": True,
    }  # fmt: skip
