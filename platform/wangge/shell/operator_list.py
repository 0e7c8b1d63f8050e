"""The operator's list of cities: filtered, in any order, a page at a time, with figures read for that page only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tenants.bureau.rules.local_time import local_date
from tenants.registry.models import City
from tenants.registry.rules.city_life import CityState
from wangge.errors import RuleBroken
from wangge.shell.operator_cards import (
    ORDERS_OF_CARD,
    ORDERS_OF_CITY,
    CityCard,
    Concern,
)
from wangge.shell.operator_figures import figures_of


@dataclass(frozen=True, slots=True)
class CityListOrder:
    """Which cities, in which order, and the slug after which the page begins."""

    state: CityState | None = None
    text: str = ""
    concern: Concern | None = None
    sort: str = "opened"
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class CityPage:
    """One page of cards, and the cursors of its neighbours."""

    cards: list[CityCard]
    next_after: str | None
    previous_after: str | None  # an empty text is the first page


def city_page(rows: QuerySet[City], order: CityListOrder, *, now: datetime) -> CityPage:
    """The page; 400 BAD_CURSOR when the city that the cursor names is no longer in the list."""
    found = list(_matching(rows, order))
    name, descending = order.sort.removeprefix("-"), order.sort.startswith("-")
    if name in ORDERS_OF_CITY and order.concern is None:
        window = _Window(sorted(found, key=ORDERS_OF_CITY[name], reverse=descending), order)
        cards = cards_of(window.cities, now=now)
        return CityPage(cards, window.next_after, window.previous_after)
    cards = [
        card for card in cards_of(found, now=now) if order.concern is None or order.concern in card.concerns
    ]
    if name in ORDERS_OF_CITY:
        cards = sorted(cards, key=lambda card: ORDERS_OF_CITY[name](card.city), reverse=descending)
    else:
        cards = sorted(cards, key=ORDERS_OF_CARD[name], reverse=descending)
    window = _Window([card.city for card in cards], order)
    shown = {city.pk for city in window.cities}
    return CityPage(
        [card for card in cards if card.city.pk in shown], window.next_after, window.previous_after
    )


def cards_of(cities: Sequence[City], *, now: datetime) -> list[CityCard]:
    """The cities with their figures as of now."""
    figures = figures_of(cities, today=local_date(now))
    return [CityCard(city, figures[city.pk], now) for city in cities]


def _matching(rows: QuerySet[City], order: CityListOrder) -> QuerySet[City]:
    if order.state is not None:
        is_dropping = Q(drop_after__isnull=False)
        rows = rows.filter(
            {
                CityState.TO_BE_DROPPED: is_dropping,
                CityState.SUSPENDED: ~is_dropping & Q(suspended_at__isnull=False),
                CityState.ACTIVE: ~is_dropping & Q(suspended_at=None),
            }[order.state]
        )
    for word in order.text.split():
        named = Q(slug__icontains=word) | Q(name__icontains=word) | Q(division_code__startswith=word)
        rows = rows.filter(named | Q(pk__in=City.objects.filter(domains__domain__icontains=word)))
    return rows


class _Window:
    """The part of a sorted list that one page shows."""

    def __init__(self, cities: Sequence[City], order: CityListOrder) -> None:
        slugs = [city.slug for city in cities]
        if order.after and order.after not in slugs:
            raise RuleBroken(
                "BAD_CURSOR",
                zh="cursor 所指的城市已不在列表中",
                en="the city that this cursor names is no longer in the list",
                status=400,
                field="cursor",
                how_to_fix_zh="请从第一页重新读取",
                how_to_fix_en="start again from the first page",
            )
        start = slugs.index(order.after) + 1 if order.after else 0
        end = start + order.limit
        self.cities = list(cities[start:end])
        self.next_after = slugs[end - 1] if end < len(slugs) else None
        before = start - order.limit
        self.previous_after = None if start == 0 else (slugs[before - 1] if before > 0 else "")
