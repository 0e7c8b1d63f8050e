"""Links between sports grids and the general governance grid. Rule: J02"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from grids.units.models import Grid
from grids.units.queries.grids import grid_for_update, linked_external_codes
from grids.units.queries.plans import organisation_of
from grids.units.rules.external_grid import ExternalLink, check_not_linked, external_code
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from wangge.kernel.etag import check_if_match

LINK = "grid_plan.draft"


@transaction.atomic
def link_external_grid(
    *,
    grid_id: int,
    external_grid_code: str | None,
    acting_user: User,
    if_match: str | None = None,
    reason: str = "",
) -> Grid:
    """Bind a governance grid's code, in capitals without spaces, to a sports grid, or undo the link with None.

    404, 403, 412 when `if_match` names another version, 409 GRID_ALREADY_LINKED.
    """
    grid = grid_for_update(acting_user, grid_id, LINK)
    code = external_code(external_grid_code or "") or None
    if if_match is not None:
        check_if_match(
            if_match, version=grid.version,
            current={"external_grid_code": grid.external_grid_code}, sent={"external_grid_code": code},
        )  # fmt: skip
    before = grid.external_grid_code
    if code == before:
        return grid
    if code is not None:
        check_not_linked(ExternalLink(code, grid.pk), linked_external_codes([code]))
    grid.external_grid_code = code
    grid.version += 1
    _save_link(grid, code)
    record_audit(
        acting_user=acting_user,
        action="grid.link_external",
        subject=grid,
        before={"external_grid_code": before},
        after={"external_grid_code": code},
        reason=reason,
        organisation=organisation_of(acting_user, LINK, grid.unit_path),
    )
    return grid


def _save_link(grid: Grid, code: str | None) -> None:
    """Save, and say who was faster when another request linked the same code in the meantime."""
    try:
        with transaction.atomic():
            grid.save(update_fields=["external_grid_code", "version"])
    except IntegrityError:
        if code is not None:
            check_not_linked(ExternalLink(code, grid.pk), linked_external_codes([code]))
        raise
