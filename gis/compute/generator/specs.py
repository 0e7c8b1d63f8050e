"""What a generated city is to consist of: communities with real or invented codes, names, households."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gis.compute.households import spread_by_largest_remainder
from gis.compute.refusal import InputRefused

KINDS = ("urban", "village")


@dataclass(frozen=True)
class CommunitySpec:
    """One residents' community or village to be generated; `kind` is "urban" or "village"."""

    code: str
    name: str
    kind: str
    street_town_code: str
    street_town_name: str
    households: int | None = None

    @property
    def county_code(self) -> str:
        """First six digits of the code."""
        return self.code[:6]

    @property
    def short_name(self) -> str:
        """The name without 居民委员会, 居委会, 村民委员会 or 村委会: 郭村村民委员会 is 郭村."""
        for ending in ("居民委员会", "居委会", "民委员会", "委会"):
            if self.name.endswith(ending):
                rest = self.name.removesuffix(ending)
                return rest.removesuffix("村") if rest.endswith("村村") else rest
        return self.name


def read_community_specs(communities_csv: Path, street_towns_csv: Path, prefix: str) -> list[CommunitySpec]:
    """Communities of the official code tables whose code begins with `prefix`, without households.

    Columns read: code and name; the parent is the code's first nine digits. Sequence 001-199 is urban,
    200-399 a village; others (虚拟社区 of farms and works, …498, …598) stand for no
    residents and are left out.
    """
    with street_towns_csv.open(encoding="utf-8", newline="") as file:
        street_towns = {row["code"]: row["name"] for row in csv.DictReader(file)}
    specs = []
    with communities_csv.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code, sequence = row["code"], int(row["code"][9:])
            if not code.startswith(prefix) or sequence >= 400:
                continue
            kind = "urban" if sequence < 200 else "village"
            specs.append(
                CommunitySpec(code, row["name"], kind, code[:9], street_towns.get(code[:9], code[:9]))
            )
    return specs


def draw_households(specs: Sequence[CommunitySpec], total: int, *, seed: int) -> list[CommunitySpec]:
    """Give every community households that sum exactly to `total`: an urban one about six times a village."""
    rng = np.random.default_rng([seed, 1])
    size = np.array([6.0 if spec.kind == "urban" else 1.0 for spec in specs])
    weights = size * np.exp(np.clip(rng.normal(0.0, 0.3, len(specs)), -0.6, 0.6))
    households = spread_by_largest_remainder(total, weights)
    return [replace(spec, households=int(h)) for spec, h in zip(specs, households, strict=True)]


def check_specs(specs: Sequence[CommunitySpec]) -> None:
    """Refuse an empty list, a code used twice, an unknown kind, and missing or non-positive households."""
    if not specs:
        raise InputRefused("NO_COMMUNITIES", zh="没有社区可生成", en="there is no community to generate")
    seen: set[str] = set()
    for row, spec in enumerate(specs, start=1):
        facts: dict[str, object] = {"code": spec.code, "kind": spec.kind, "households": spec.households}
        if spec.code in seen:
            raise InputRefused(
                "CODE_TWICE",
                zh=f"代码 {spec.code} 重复",
                en=f"code {spec.code} is given twice",
                row=row,
                facts=facts,
            )
        if spec.kind not in KINDS or not (spec.households and spec.households > 0):
            raise InputRefused(
                "BAD_COMMUNITY_SPEC",
                zh=f"社区 {spec.code} 的类型或户数不可用",
                en=f"community {spec.code} needs kind urban or village and households above 0",
                remedy_zh="用 draw_households 分配户数",
                remedy_en="use draw_households to spread a total",
                row=row,
                facts=facts,
            )
        seen.add(spec.code)
