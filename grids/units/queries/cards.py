"""The card of one grid: what a click on the map shows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON, PointOnSurface

from gis.layers.queries.features import layers_label
from grids.units.models import Grid, GridCoverage, GridLeader, PlanGrid
from grids.units.queries.account_names import leader_name
from grids.units.queries.coverage import latest_run, reached_told
from grids.units.queries.leaders import leaders_of
from grids.units.queries.maps import with_figures, with_outline
from grids.units.queries.plans import plans_in_force
from tenants.accounts.models import User
from tenants.bureau.queries.city import city_profile
from wangge.kernel.permissions import holds


def grid_card(user: User, grid: Grid, on: date) -> dict[str, Any]:
    """Everything the card shows, as the plan in force that day draws the grid, or the last plan that drew it."""
    drawn = _drawn(grid, on)
    coverage = _coverage(grid) if holds(user, "coverage.view", grid.unit_path) else None
    sites = [] if coverage is None else coverage.sites_in_reach
    return {
        "id": grid.pk,
        "code": grid.code,
        "name": f"{grid.community.name}第{grid.sequence}网格",
        "community": {"id": grid.community_id, "name": grid.community.name, "code": grid.community.code},
        "external_grid_code": grid.external_grid_code,
        "valid_from": grid.valid_from,
        "valid_to": grid.valid_to,
        "version": grid.version,
        **_figures(drawn),
        "leader": _leader(user, grid, on),
        "coverage": _told(coverage),
        "sites_in_reach": sites,
        "data_label": data_label(),
    }


def data_label() -> str:
    """What must be said wherever the city's grids are shown: its own label and its layers', each once."""
    return "；".join(dict.fromkeys(label for label in (city_profile().data_label, layers_label()) if label))


def _drawn(grid: Grid, on: date) -> PlanGrid | None:
    rows = with_outline(with_figures(PlanGrid.objects.filter(grid=grid))).select_related("plan")
    rows = rows.annotate(centre=AsGeoJSON(PointOnSurface("geometry"), precision=7))
    now = rows.filter(plan__in=plans_in_force(on)).first()
    return now or rows.filter(plan__state__in=("published", "superseded")).order_by("-plan__number").first()


def _figures(drawn: PlanGrid | None) -> dict[str, Any]:
    if drawn is None:
        return {}
    figures: Any = drawn
    return {
        "households": drawn.households,
        "buildings": drawn.buildings,
        "target": int(drawn.plan.policy["target"]),
        "deviation": round(figures.deviation, 4),
        "band": figures.band,
        "area_m2": round(drawn.area_m2, 1),
        "quality": drawn.quality,
        "size_reason": drawn.size_reason,
        "plan": {"id": drawn.plan_id, "number": drawn.plan.number, "state": drawn.plan.state,
                 "effective_on": drawn.plan.effective_on},
        "centre": json.loads(figures.centre)["coordinates"],
        "geometry": json.loads(figures.geojson),
    }  # fmt: skip


def leader_shown(leader: GridLeader, reader: User) -> dict[str, Any]:
    """A leader as the reader sees one: the name in full for who manages leaders there, masked for the others."""
    return {
        "id": leader.pk,
        "user_id": leader.user_id,
        "display_name": leader_name(leader, "user", reader),
        "acting": leader.is_acting,
        "starts_on": leader.starts_on,
        "ends_on": leader.ends_on,
    }


def _leader(user: User, grid: Grid, on: date) -> dict[str, Any] | None:
    if not holds(user, "leader.view", grid.unit_path):
        return None
    leader = leaders_of([grid.pk], on).get(grid.pk)
    return None if leader is None else leader_shown(leader, user)


def _coverage(grid: Grid) -> GridCoverage | None:
    run = latest_run()
    return None if run is None else GridCoverage.objects.filter(run=run, grid=grid).first()


def _told(coverage: GridCoverage | None) -> dict[str, Any] | None:
    if coverage is None:
        return None
    return {**reached_told(coverage), "method": coverage.method}
