"""Which pages a person of a city may open, and which of them is the first screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grids.interest.queries.standing import posts_held_by
from grids.units.queries.leaders import grids_led_by
from instructors.people.queries.instructors import is_instructor
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from wangge.kernel.permissions import holds

OWN = "/me/instructor"
GRID = "/me/grid"
POST = "/me/post"
ACTIVITIES = "/activities"
TESTS, CASES = "/wellness/tests", "/wellness/cases"
TOTALS, INVITATIONS = "/wellness/totals", "/wellness/invitations"
NETWORK = "/network"


def _leads(user: User) -> bool:
    return grids_led_by(user, today()).exists()


def _serves(user: User) -> bool:
    return posts_held_by(user, today()).exists()


def _only_looks_around(user: User) -> bool:
    """Whether the person may see the city and does no work in it: a citizen."""
    if not holds(user, "site.view") or any(holds(user, right) for right in _OF_WORK):
        return False
    return not any(is_mine(user) for is_mine in _MINE.values())


# Who holds one of these works here, and has screens of the work.
_OF_WORK = (
    "interest.view",
    "assignment.view",
    "instructor.view",
    "grid_plan.view",
    "wellness.test",
    "wellness.invite",
)
# Screens about the person: open to whoever stands in the register, leads a base grid, or holds a post, right or none.
_MINE: dict[str, Callable[[User], bool]] = {GRID: _leads, POST: _serves, OWN: is_instructor}
# Pages of the network that leaders and members open too, for what their posts let them see.
_OF_POSTS: dict[str, Callable[[User], bool]] = {
    "/network/members": _leads,
    INVITATIONS: _leads,
    "/network/hotline": lambda user: _leads(user) or _serves(user),
}
# A page is open to whoever holds one of its rights.
PAGES: dict[str, tuple[str, ...]] = {
    "/bureau": ("grid_plan.publish", "grid_plan.approve", "grid_plan.review"),
    "/gis": ("layer.import", "grid_plan.draft"),
    "/assignment": ("assignment.view",),
    "/map": ("grid.view", "layer.view"),
    "/sites": ("site.view",),
    ACTIVITIES: ("site.view",),
    TESTS: ("wellness.test",),
    CASES: ("wellness.prescribe", "wellness.test"),
    TOTALS: ("wellness.aggregate",),
    INVITATIONS: ("wellness.invite",),
    NETWORK: ("interest.view",),
    "/network/members": ("interest.view", "member.edit"),
    "/network/demands": ("demand.view",),
    "/network/hotline": ("hotline.view",),
    "/network/bodies": ("sports_body.edit", "indicator.view"),
    "/network/pilots": ("pilot.edit", "indicator.view"),
}
# The first of these whose right the person holds is the first screen; then one's own screens, then the map.
_FIRST: dict[str, tuple[str, ...]] = {
    "/bureau": PAGES["/bureau"],
    "/gis": PAGES["/gis"],
    "/assignment": ("assignment.run",),
    CASES: ("wellness.prescribe",),
    TESTS: ("wellness.test",),
}
_NAMES = {
    "/bureau": ("总览", "Overview"),
    "/gis": ("图层与网格", "Layers and grids"),
    "/map": ("城市地图", "City map"),
    "/sites": ("健身站点", "Sites"),
    "/assignment": ("指导员分配", "Assignment"),
    TESTS: ("体质测试", "Fitness tests"),
    CASES: ("运动干预", "Exercise cases"),
    TOTALS: ("体质统计", "Fitness totals"),
    INVITATIONS: ("体测邀请", "Invitations"),
    GRID: ("我的网格", "My grids"),
    POST: ("我的活动", "My activities"),
    ACTIVITIES: ("身边的活动", "Activities"),
    OWN: ("我的安排", "My work"),
    NETWORK: ("网格工作", "Network"),
}
_NETWORK_NAMES = {
    NETWORK: ("兴趣网格", "Interest grids"),
    "/network/members": ("网格员", "Members"),
    "/network/demands": ("群众需求", "Demands"),
    "/network/hotline": ("12345 事项", "Hotline"),
    "/network/bodies": ("体育组织", "Sports bodies"),
    "/network/pilots": ("试点", "Pilots"),
}
_SUBJECTS = (f"{NETWORK}/", "/interest-grids/")
_OPERATOR_PAGES = {"/": ("城市", "Cities"), "/open-city": ("开通城市", "Open a city")}
_SHOWN_IN_ORDER = (
    GRID,
    POST,
    OWN,
    ACTIVITIES,
    NETWORK,
    "/map",
    "/sites",
    "/gis",
    "/assignment",
    "/bureau",
    TESTS,
    CASES,
    INVITATIONS,
    TOTALS,
)


@dataclass(frozen=True)
class NavigationLink:
    """One link of the header."""

    url: str
    name: str
    is_current: bool


def may_open(user: User, url: str) -> bool:
    """Whether the person holds one of the page's rights anywhere in the city, or the page is about the person."""
    if url in _MINE:
        return _MINE[url](user)
    by_post = _OF_POSTS.get(url)
    return any(holds(user, right) for right in PAGES[url]) or (by_post is not None and by_post(user))


def first_screen(user: User) -> str:
    """Where the person lands: bureau, GIS staff, dispatcher, leader, member, instructor, street and town staff, what
    goes on near a citizen, the map.

    Who may open none of these lands on the account.
    """
    working = (url for url, rights in _FIRST.items() if any(holds(user, right) for right in rights))
    mine = (url for url, is_mine in _MINE.items() if is_mine(user))
    found = next(working, None) or next(mine, None)
    if found is None and holds(user, "interest.edit"):
        found = NETWORK
    if found is None and _only_looks_around(user):
        found = ACTIVITIES
    return found or ("/map" if may_open(user, "/map") else "/account")


def links_for(user: User, path: str, *, english: bool) -> list[NavigationLink]:
    """The header's links for that person."""
    shown = [url for url in _SHOWN_IN_ORDER if may_open(user, url)]
    if (
        not _only_looks_around(user) and ACTIVITIES in shown
    ):  # whoever works here has the same and more elsewhere
        shown.remove(ACTIVITIES)
    if path.startswith(_SUBJECTS):  # reached from the network's page, or else from the own screen
        path = next((url for url in (NETWORK, GRID, POST) if url in shown), path)
    return [
        NavigationLink(url, _NAMES[url][1 if english else 0], url == path or path.startswith(f"{url}/"))
        for url in shown
    ]


def network_links(user: User, path: str, *, english: bool) -> list[NavigationLink]:
    """The pages of the network that the person may open; before them the way back to the own screen."""
    shown = [] if may_open(user, NETWORK) else [url for url in (GRID, POST) if may_open(user, url)][:1]
    back = [NavigationLink(url, f"‹ {_NAMES[url][1 if english else 0]}", is_current=False) for url in shown]
    return back + [
        NavigationLink(url, names[1 if english else 0], url == path)
        for url, names in _NETWORK_NAMES.items()
        if may_open(user, url)
    ]


def operator_links(path: str, *, english: bool) -> list[NavigationLink]:
    """The header's links for an operator; a city's page belongs to the list of cities."""
    return [
        NavigationLink(url, names[1 if english else 0], url == path) for url, names in _OPERATOR_PAGES.items()
    ]
