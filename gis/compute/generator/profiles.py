"""Five kinds of city to tune, test and measure the drawing of grids on, each from a name, a seed and a size.

slab_town   walk-up estates with some old rows and towers; 5,000 to 40,000 m² blocks
tower_city  towers of 60 to 400 homes, single buildings of up to about 900, podiums, in large walled blocks
old_town    houses wall to wall, courtyards, houses inside courtyards, crooked lanes, some slabs
villages    villages with farmhouses and villager groups around a small town with urban villages
mixed       all of these by distance from the middle, with rivers, railways and main roads
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.compute.generator import GeneratedCity, Style, generate_city
from gis.compute.generator.specs import CommunitySpec
from gis.compute.households import spread_by_largest_remainder
from gis.compute.refusal import InputRefused

VILLAGE_HOUSEHOLDS = 420
COMMUNITY_SPREAD = 0.42


@dataclass(frozen=True)
class Profile:
    """A kind of city: its style, how many households a community has, the share of households in villages, place.

    `prefix` is the county code of its invented communities.
    """

    style: Style
    community_households: int
    in_villages: float
    prefix: str
    centre_lonlat: tuple[float, float]


PROFILES = {
    "slab_town": Profile(
        Style(
            inner={"slab": 0.72, "old_town": 0.12, "tower": 0.1, "warren": 0.06},
            rim={"slab": 0.8, "tower": 0.17, "urban_village": 0.03},
            filler="slab",
            block_m2=(9_000.0, 42_000.0),
            land_m2=(95.0, 150.0),
        ),
        community_households=2300,
        in_villages=0.0,
        prefix="990101",
        centre_lonlat=(114.48, 37.05),
    ),
    "tower_city": Profile(
        Style(
            inner={"slab": 0.36, "tower": 0.16, "great_tower": 0.2, "podium": 0.12, "giant": 0.16},
            rim={"slab": 0.34, "tower": 0.3, "great_tower": 0.18, "podium": 0.06, "giant": 0.12},
            filler="tower",
            block_m2=(12_000.0, 80_000.0),
            land_m2=(60.0, 100.0),
            reserved=0.12,
        ),
        community_households=2900,
        in_villages=0.0,
        prefix="990102",
        centre_lonlat=(113.95, 22.55),
    ),
    "old_town": Profile(
        Style(
            inner={"warren": 0.75, "old_town": 0.13, "slab": 0.12},
            rim={"warren": 0.35, "slab": 0.4, "urban_village": 0.15, "tower": 0.1},
            filler="slab",
            block_m2=(5_000.0, 26_000.0),
            land_m2=(125.0, 200.0),
            crookedness=3.0,
            least_share=0.25,
            reserved=0.08,
        ),
        community_households=1900,
        in_villages=0.0,
        prefix="990103",
        centre_lonlat=(120.62, 31.31),
    ),
    "villages": Profile(
        Style(
            inner={"slab": 0.4, "urban_village": 0.25, "old_town": 0.2, "warren": 0.15},
            rim={"slab": 0.35, "urban_village": 0.45, "tower": 0.1, "old_town": 0.1},
            filler="slab",
            block_m2=(8_000.0, 50_000.0),
            land_m2=(95.0, 170.0),
            barrier_every_m=16_000.0,
        ),
        community_households=2000,
        in_villages=0.35,
        prefix="990104",
        centre_lonlat=(115.3, 33.1),
    ),
    "mixed": Profile(
        Style(
            inner={
                "slab": 0.28, "tower": 0.12, "great_tower": 0.12, "warren": 0.2, "old_town": 0.1,
                "podium": 0.06, "urban_village": 0.09, "giant": 0.03,
            },
            rim={"slab": 0.42, "tower": 0.26, "great_tower": 0.16, "urban_village": 0.11, "giant": 0.02, "podium": 0.03},
            filler="tower",
            block_m2=(8_000.0, 70_000.0),
            land_m2=(75.0, 145.0),
        ),
        community_households=2500,
        in_villages=0.04,
        prefix="990105",
        centre_lonlat=(117.0, 36.6),
    ),
}  # fmt: skip


def profile_city(name: str, seed: int, households: int) -> GeneratedCity:
    """Generate a city of a kind with so many households, all of them on its buildings.

    Raises InputRefused("UNKNOWN_PROFILE") and what `generate_city` raises.
    """
    if name not in PROFILES:
        raise InputRefused(
            "UNKNOWN_PROFILE",
            zh=f"没有名为 {name} 的城市类型",
            en=f"there is no kind of city named {name}",
            remedy_zh=f"可选：{'、'.join(PROFILES)}",
            remedy_en=f"choose one of {', '.join(PROFILES)}",
            facts={"name": name},
        )
    profile = PROFILES[name]
    return generate_city(
        _invented_communities(profile, seed, households),
        seed=seed,
        centre_lonlat=profile.centre_lonlat,
        with_households=True,
        style=profile.style,
    )


def _invented_communities(profile: Profile, seed: int, households: int) -> list[CommunitySpec]:
    """Communities of very different sizes, 8 to 12 to a street/town, adding up to the households."""
    rng = np.random.default_rng([seed, 1])
    rural = round(profile.in_villages * households)
    specs: list[CommunitySpec] = []
    for kind, total, usual, first in (
        ("urban", households - rural, profile.community_households, 1),
        ("village", rural, VILLAGE_HOUSEHOLDS, 200),
    ):
        count = max(1, round(total / usual)) if total else 0
        weights = np.exp(np.clip(rng.normal(0.0, COMMUNITY_SPREAD, count), -1.3, 1.1))
        sizes = spread_by_largest_remainder(total, weights) if count else np.zeros(0, np.int64)
        per_town = 11 if kind == "urban" else 14
        for i, size in enumerate(sizes.tolist()):
            specs.append(_invented(profile.prefix, kind, (i // per_town, first + i % per_town), size))
    return specs


def _invented(prefix: str, kind: str, place: tuple[int, int], households: int) -> CommunitySpec:
    """Communities beyond the 999th street/town get the county after."""
    town, sequence = place
    county = int(prefix) + town // 900 * 10
    code = f"{county}{town % 900 + 1:03d}{sequence:03d}"
    ending = "居委会" if kind == "urban" else "村委会"
    name = (
        f"生成{'社区' if kind == 'urban' else '村'}{town + 1}-{sequence % 200 + (kind == 'village')}{ending}"
    )
    return CommunitySpec(code, name, kind, code[:9], f"生成街道{town + 1}", max(1, households))
