"""What the apps above put right in a city whose rows came from a file."""

from __future__ import annotations

from collections.abc import Callable

from tenants.registry.models import City

Settle = Callable[[City], None]


def _nothing(city: City) -> None:
    pass


_settle: Settle = _nothing


def register_settling(settle: Settle) -> None:
    """Install who settles an arrived city, standing in its schema as its owner; called once by the app above."""
    global _settle
    _settle = settle


def settle_city(city: City) -> None:
    """Let the city's own tables say what the registry says of it, and end what was left running elsewhere."""
    _settle(city)
