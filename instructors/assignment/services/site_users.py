"""Apps above that let people meet at sites: what they have there, and how they hear that a site is gone or back.

An app calls `register_site_user` once, at its start. Each function takes all sites at once, inside the transaction that
changes the layer, and uses a fixed number of statements, however many sites there are. Rule: J13
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from instructors.assignment.models import Site
from instructors.assignment.rules.retiring import SiteUse


@dataclass(frozen=True, slots=True)
class SiteUser:
    """What an app above answers for.

    `uses`: who meets at these sites, with the meetings that begin at the moment or later. `gone`, `back`: tell them that
    the sites were retired, or stand again; the number is the import's, which makes a message one.
    """

    uses: Callable[[Collection[int], datetime], Sequence[SiteUse]]
    gone: Callable[[Sequence[Site], int], None]
    back: Callable[[Sequence[Site], int], None]


_users: list[SiteUser] = []


def register_site_user(user: SiteUser) -> None:
    """Let an app above be asked and told; called once, at its start."""
    _users.append(user)


def uses_of(site_ids: Collection[int], first: datetime) -> list[SiteUse]:
    """Who meets at these sites, by site."""
    found = [use for user in _users for use in user.uses(site_ids, first)]
    return sorted(found, key=lambda use: (use.site, use.zh))


def tell_users_gone(sites: Sequence[Site], import_id: int) -> None:
    """The sites were retired."""
    for user in _users:
        user.gone(sites, import_id)


def tell_users_back(sites: Sequence[Site], import_id: int) -> None:
    """The sites stand again."""
    for user in _users:
        user.back(sites, import_id)
