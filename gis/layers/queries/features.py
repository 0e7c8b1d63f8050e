"""Rows of the layers that a user may see."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import Extent
from django.db.models import Case, Count, F, Max, Q, QuerySet, When
from django.utils import timezone

from gis.layers.models import (
    Barrier,
    Building,
    Community,
    Compound,
    FitnessSite,
    LayerImport,
    LayerKind,
    Street,
)
from tenants.accounts.models import User
from tenants.bureau.queries.policy import policy_number
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken
from wangge.kernel.permissions import holds

MODELS: dict[str, Any] = {
    LayerKind.COMMUNITIES: Community,
    LayerKind.BUILDINGS: Building,
    LayerKind.COMPOUNDS: Compound,
    LayerKind.STREETS: Street,
    LayerKind.BARRIERS: Barrier,
    LayerKind.FITNESS_SITES: FitnessSite,
}

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    LayerKind.COMMUNITIES: ("code", "name", "settlement", "households", "population"),
    LayerKind.BUILDINGS: (
        "ref",
        "name",
        "households",
        "household_source",
        "use",
        "floors",
        "height_m",
        "compound_name",
        "villager_group",
        "community_id",
        "stands_for_id",  # the compound that a row stands for; none: a real building
    ),
    LayerKind.COMPOUNDS: ("ref", "name", "households", "community_id"),
    LayerKind.STREETS: ("ref", "name", "road_class", "is_bridge", "is_tunnel"),
    LayerKind.BARRIERS: ("ref", "name", "barrier_kind"),
    LayerKind.FITNESS_SITES: (
        "ref",
        "name",
        "site_kind",
        "address",
        "area_m2",
        "capacity",
        "opening_hours",
        "is_accessible",
    ),
}

_SCOPED_BY_COMMUNITY = {LayerKind.BUILDINGS, LayerKind.COMPOUNDS}
# Who holds one of these works with single buildings; to others small numbers are not told.
_WORKING_RIGHTS = ("layer.import", "grid_plan.view")


def check_kind(kind: str) -> str:
    """The kind itself; 404 UNKNOWN_LAYER for any other word."""
    if kind in MODELS:
        return kind
    raise RuleBroken(
        "UNKNOWN_LAYER",
        zh=f"没有“{kind}”图层",
        en=f"there is no layer “{kind}”",
        status=404,
        facts={"layers": list(MODELS)},
    )


def current_features(kind: str) -> QuerySet[Any]:
    """Every current row of a layer, whoever asks; for services and jobs."""
    if kind == LayerKind.COMMUNITIES:
        return Community.objects.filter(valid_to=None)
    rows: QuerySet[Any] = MODELS[kind].objects.filter(retired_by=None)
    return rows


def real_buildings() -> QuerySet[Building]:
    """Current buildings that are drawn somewhere, without the rows that stand for whole compounds."""
    return Building.objects.filter(retired_by=None, stands_for=None)


def stand_ins() -> QuerySet[Building]:
    """Current rows that stand for compounds without buildings."""
    return Building.objects.filter(retired_by=None, stands_for__isnull=False)


def features_visible_to(user: User, kind: str) -> QuerySet[Any]:
    """The current rows of a layer under the units for which the user holds `layer.view`, by id.

    Streets, barriers and sites belong to the whole city; a building outside every community is seen by those
    who hold the right for the city.
    """
    paths = granted_paths(user, "layer.view")
    rows = current_features(kind).order_by("id")
    if not paths:
        return rows.none()
    if any(path.count("/") == 2 for path in paths):  # "/1/": the city itself
        return rows
    if kind == LayerKind.COMMUNITIES:
        return rows.filter(under_paths(paths, "unit__path"))
    if kind in _SCOPED_BY_COMMUNITY:
        return rows.filter(under_paths(paths, "community__unit__path"))
    return rows


def shown_attributes(user: User, kind: str) -> dict[str, Any]:
    """Attribute → expression of its value as the user may see it.

    The households of a building or compound below the policy's smallest cell are null for readers: one to four
    households are people one can name. Those who import layers or see grid plans work with them.
    """
    shown: dict[str, Any] = {name: F(name) for name in ATTRIBUTES[kind]}
    if kind not in _SCOPED_BY_COMMUNITY:
        return shown
    paths = [path for right in _WORKING_RIGHTS for path in granted_paths(user, right)]
    if any(path.count("/") == 2 for path in paths):
        return shown
    least = policy_number("privacy.minimum_cell", local_date(timezone.now()))
    tellable = Q(households=0) | Q(households__gte=least) | under_paths(paths, "community__unit__path")
    shown["households"] = Case(When(tellable, then=F("households")), default=None)
    return shown


def communities_visible_to(user: User) -> QuerySet[Community]:
    """The current communities the user may see, with their org unit."""
    rows: QuerySet[Community] = features_visible_to(user, LayerKind.COMMUNITIES)
    return rows.select_related("unit")


def current_communities() -> QuerySet[Community]:
    """All communities that are not closed, with their org unit, by id."""
    return Community.objects.filter(valid_to=None).select_related("unit").order_by("id")


def layer_imports_visible_to(user: User) -> QuerySet[LayerImport]:
    """The imports, newest last, for those who may import: files, names and findings are the staff's own."""
    rows = LayerImport.objects.defer("undo").order_by("id")
    return rows if holds(user, "layer.import") else rows.none()


def layer_overview(user: User) -> list[dict[str, Any]]:
    """Each layer with its number of features, bounds (west, south, east, north) and last applied import."""
    last_ids = LayerImport.objects.filter(status="applied").values("kind").annotate(last=Max("id"))
    imports = LayerImport.objects.in_bulk([row["last"] for row in last_ids])
    by_kind = {row.kind: row for row in imports.values()}
    overview = []
    for kind in LayerKind:
        facts = (
            features_visible_to(user, kind).order_by().aggregate(count=Count("id"), extent=Extent("geometry"))
        )
        overview.append(_overview_row(kind, facts, by_kind.get(kind)))
    return overview


def _overview_row(kind: LayerKind, facts: dict[str, Any], last: LayerImport | None) -> dict[str, Any]:
    return {
        "kind": str(kind),
        "label_zh": str(kind.label),
        "feature_count": facts["count"],
        "bounds": list(facts["extent"]) if facts["extent"] else None,
        "last_import": None
        if last is None
        else {
            "id": last.pk,
            "file_name": last.file_name,
            "imported_at": last.applied_at,
            "label": last.data_label,
        },
    }


def layers_label(kind: str | None = None) -> str:
    """What must be said wherever the city's layers (or one of them) are shown (generated, estimated …), each once."""
    labels = LayerImport.objects.filter(status="applied").exclude(data_label="").order_by("id")
    labels = labels if kind is None else labels.filter(kind=kind)
    return "；".join(dict.fromkeys(labels.values_list("data_label", flat=True)))


def unplaced_buildings() -> QuerySet[Building]:
    """Current buildings with households that lie in no community."""
    return Building.objects.filter(retired_by=None, community=None, households__gt=0)
