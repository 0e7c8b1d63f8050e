"""The policy numbers that grid plans, leaders and coverage runs begin under."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from gis.compute.parameters import PartitionParameters
from grids.units.models import GridPlan
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.rules.grid_size import SizeLimits
from tenants.bureau.queries.policy import policy_label, policy_values

_SIZE = (
    "target_households",
    "soft_minimum",
    "soft_maximum",
    "hard_minimum",
    "hard_maximum",
    "small_community",
)


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """Values by key on a day, and which versions of the parameters these are, for plans and audit rows."""

    values: dict[str, Any]
    version: str


def policy_in_force(prefix: str, names: tuple[str, ...], on: date) -> PolicyInForce:
    """The values of `prefix.name` for these names on a day, under their short names.

    The version reads `grid 2026-03-02 v1.2.1`: the day and the version of each parameter in the order given, 0 where
    the city has set none and the product's default holds.
    """
    keys = {f"{prefix}.{name}": name for name in names}
    found = policy_values(list(keys), on)
    numbers = dict(version.split("@") for version in policy_label(list(keys), on).split())
    version = f"{prefix} {on.isoformat()} v{'.'.join(numbers.get(key, '0') for key in keys)}"
    return PolicyInForce({name: found[key] for key, name in keys.items()}, version)


def size_policy(on: date) -> PolicyInForce:
    """The size limits of row J03 under the names of `SizeLimits`, as a plan keeps them."""
    found = policy_in_force("grid", _SIZE, on)
    limits = SizeLimits(*(int(found.values[name]) for name in _SIZE))
    return PolicyInForce(asdict(limits), found.version)


def size_limits(policy: dict[str, Any]) -> SizeLimits:
    """The limits that a plan began under, from its `policy`."""
    return SizeLimits(**policy)


def engine_parameters_of(plan: GridPlan) -> PartitionParameters:
    """What the plan was drawn with: its order under the size limits it began under."""
    return DrawingOrder(**plan.parameters).parameters(size_limits(plan.policy))


def leader_policy(on: date) -> PolicyInForce:
    """The longest term of an acting leader (`acting_days`). Rule: J06"""
    return policy_in_force("leader", ("acting_days",), on)


def acting_alert_days(on: date) -> int:
    """How many days before its end an acting term is told of. Rule: J06"""
    return int(policy_in_force("leader", ("acting_alert_days",), on).values["acting_alert_days"])


def fitness_group_policy(on: date) -> PolicyInForce:
    """How many people a grid's fitness organisation has at least, its leader among them (`members`). Rule: J03"""
    return policy_in_force("fitness_group", ("members",), on)


def coverage_policy(on: date) -> PolicyInForce:
    """Walking time and speed, and the radius where there are no streets. Rule: J11"""
    return policy_in_force("coverage", ("walk_minutes", "walk_speed_m_per_min", "radius_m"), on)
