"""Fitness sites that a user may see, and what the layer says of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from gis.layers.queries.maps import in_bbox
from instructors.assignment.models import Site, SiteNeed
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found
from wangge.kernel.permissions import require

VIEW, EDIT = "site.view", "site.edit"

# The community is looked up by the frame's index; of frames that touch at the point the first counts.
_LAYER = """
SELECT site.ref, site.name, site.site_kind, site.address, ST_X(site.spot), ST_Y(site.spot), community.unit_id,
       unit.parent_id, site.capacity, site.opening_hours, site.is_accessible
FROM (SELECT *, ST_PointOnSurface(geometry) AS spot FROM citylayers_fitnesssite WHERE retired_by_id IS NULL) site
LEFT JOIN LATERAL (
    SELECT unit_id FROM citylayers_community c
    WHERE c.valid_to IS NULL AND ST_Covers(c.frame, site.spot) ORDER BY c.id LIMIT 1
) community ON true
LEFT JOIN bureau_orgunit unit ON unit.id = community.unit_id
ORDER BY site.id
"""


@dataclass(frozen=True, slots=True)
class LayerSite:
    """A site as the layer tells it; `unit_id`: its community's unit, `town_id` the one above; None outside them."""

    ref: str
    name: str
    layer_kind: str
    address: str
    lon: float
    lat: float
    unit_id: int | None
    town_id: int | None
    capacity: int | None
    opening_hours: str
    is_accessible: bool | None


def layer_sites() -> list[LayerSite]:
    """The current layer with the community of each site, in one statement, by id."""
    with connection.cursor() as cursor:
        cursor.execute(_LAYER)
        return [LayerSite(*row) for row in cursor.fetchall()]


def sites_visible_to(user: User) -> QuerySet[Site]:
    """Sites of the units for which the user holds `site.view`, those retired too, with unit, town and head, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "unit__path")
    return Site.objects.filter(allowed).select_related("unit", "town", "head__unit").order_by("id")


def site_for_update(user: User, site_id: int) -> Site:
    """The site, locked: 404 out of sight, 403 without `site.edit` there."""
    found = sites_visible_to(user).filter(pk=site_id).first()
    if found is None:
        raise not_found("站点", "site")
    require(user, EDIT, found.unit_path)
    locked = Site.objects.select_for_update(of=("self",), no_key=True).select_related(
        "unit", "town", "head__unit"
    )
    return locked.get(pk=site_id)


def sites_for_import(user: User, refs: Collection[str]) -> list[Site]:
    """Sites with these references where the user may edit, locked with their needs, needs first as every change does."""
    rows = Site.objects.filter(under_paths(granted_paths(user, EDIT), "unit__path"), ref__in=refs).order_by(
        "id"
    )
    needs = SiteNeed.objects.filter(site__in=rows.values("pk"), valid_to=None).order_by("id")
    list(needs.select_for_update(of=("self",), no_key=True).values_list("pk"))
    return list(rows.select_related("unit", "town").select_for_update(of=("self",), no_key=True))


def sites_narrowed(rows: QuerySet[Site], asked: dict[str, Any], on: date) -> QuerySet[Site]:
    """Only those asked for: `bbox` (parsed), `unit` (and below), `kind`, `item` (code) asked for on that day, `retired`."""
    rows = in_bbox(rows, asked.get("bbox"))
    if asked.get("unit"):
        path = OrgUnit.objects.filter(pk=asked["unit"]).values_list("path", flat=True).first()
        rows = rows.filter(unit__path__startswith=path) if path else rows.none()
    if asked.get("kind"):
        rows = rows.filter(site_kind=asked["kind"])
    if asked.get("item"):
        needs = SiteNeed.objects.filter(in_force(on), site=OuterRef("pk"), item__code=asked["item"])
        rows = rows.filter(Exists(needs))
    if not asked.get("retired"):
        rows = rows.filter(valid_to=None)
    return rows


def needs_count_of(site_ids: list[int], on: date) -> dict[int, int]:
    """How many needs each of these sites has on a day; those without are missing."""
    rows = SiteNeed.objects.filter(in_force(on), site_id__in=site_ids).order_by()
    return dict(rows.values_list("site_id").annotate(Count("id")))


def in_force(on: date) -> Q:
    """Needs that are asked for on that day."""
    return Q(valid_to=None) | Q(valid_to__gte=on)
