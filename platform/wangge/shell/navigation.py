"""Which pages a person of a city may open, and which of them is the first screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wangge.kernel.permissions import holds

# A page is open to whoever holds one of its rights. The first open page in this order is the first screen.
PAGES: dict[str, tuple[str, ...]] = {
    "/bureau": ("grid_plan.publish", "grid_plan.approve", "grid_plan.review"),
    "/gis": ("layer.import", "grid_plan.draft"),
    "/map": ("grid.view", "layer.view"),
}
_NAMES = {
    "/bureau": ("总览", "Overview"),
    "/gis": ("图层与网格", "Layers and grids"),
    "/map": ("城市地图", "City map"),
}
_OPERATOR_PAGES = {"/": ("城市", "Cities"), "/open-city": ("开通城市", "Open a city")}
_SHOWN_IN_ORDER = ("/map", "/gis", "/bureau")


@dataclass(frozen=True)
class NavigationLink:
    """One link of the header."""

    url: str
    name: str
    is_current: bool


def may_open(user: Any, url: str) -> bool:
    """Whether the person holds one of the page's rights anywhere in the city."""
    return any(holds(user, right) for right in PAGES[url])


def first_screen(user: Any) -> str:
    """Where the person lands after signing in: bureau before GIS staff before the map."""
    return next((url for url in PAGES if may_open(user, url)), "/map")


def links_for(user: Any, path: str, *, english: bool) -> list[NavigationLink]:
    """The header's links for that person."""
    return [
        NavigationLink(url, _NAMES[url][1 if english else 0], url == path)
        for url in _SHOWN_IN_ORDER
        if may_open(user, url)
    ]


def operator_links(path: str, *, english: bool) -> list[NavigationLink]:
    """The header's links for an operator; a city's page belongs to the list of cities."""
    return [
        NavigationLink(url, names[1 if english else 0], url == path) for url, names in _OPERATOR_PAGES.items()
    ]
