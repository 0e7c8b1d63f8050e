"""Which pages a person of a city may open, and which of them is the first screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from instructors.people.queries.instructors import is_instructor
from wangge.kernel.permissions import holds

OWN = "/me/instructor"
# A page is open to whoever holds one of its rights; the own screen to whoever stands in the register.
PAGES: dict[str, tuple[str, ...]] = {
    "/bureau": ("grid_plan.publish", "grid_plan.approve", "grid_plan.review"),
    "/gis": ("layer.import", "grid_plan.draft"),
    "/assignment": ("assignment.view",),
    "/map": ("grid.view", "layer.view"),
    "/sites": ("site.view",),
}
# The first of these whose right the person holds is the first screen; then the own screen, then the map.
_FIRST: dict[str, tuple[str, ...]] = {
    "/bureau": PAGES["/bureau"],
    "/gis": PAGES["/gis"],
    "/assignment": ("assignment.run",),
}
_NAMES = {
    "/bureau": ("总览", "Overview"),
    "/gis": ("图层与网格", "Layers and grids"),
    "/map": ("城市地图", "City map"),
    "/sites": ("健身站点", "Sites"),
    "/assignment": ("指导员分配", "Assignment"),
    OWN: ("我的安排", "My work"),
}
_OPERATOR_PAGES = {"/": ("城市", "Cities"), "/open-city": ("开通城市", "Open a city")}
_SHOWN_IN_ORDER = (OWN, "/map", "/sites", "/gis", "/assignment", "/bureau")


@dataclass(frozen=True)
class NavigationLink:
    """One link of the header."""

    url: str
    name: str
    is_current: bool


def may_open(user: Any, url: str) -> bool:
    """Whether the person holds one of the page's rights anywhere in the city, or the page is about the person."""
    if url == OWN:
        return is_instructor(user)
    return any(holds(user, right) for right in PAGES[url])


def first_screen(user: Any) -> str:
    """Where the person lands after signing in: bureau, GIS staff, dispatcher, instructor, then the map."""
    working = (url for url, rights in _FIRST.items() if any(holds(user, right) for right in rights))
    return next(working, None) or (OWN if is_instructor(user) else "/map")


def links_for(user: Any, path: str, *, english: bool) -> list[NavigationLink]:
    """The header's links for that person."""
    return [
        NavigationLink(url, _NAMES[url][1 if english else 0], url == path or path.startswith(f"{url}/"))
        for url in _SHOWN_IN_ORDER
        if may_open(user, url)
    ]


def operator_links(path: str, *, english: bool) -> list[NavigationLink]:
    """The header's links for an operator; a city's page belongs to the list of cities."""
    return [
        NavigationLink(url, names[1 if english else 0], url == path) for url, names in _OPERATOR_PAGES.items()
    ]
