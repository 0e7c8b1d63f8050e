"""Taking back the last import of a layer: what it brought goes, what it replaced returns."""

from __future__ import annotations

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from gis.layers.models import Building, Community, Compound, ImportStatus, LayerImport, LayerKind
from gis.layers.queries.bearing import borne_by_import
from gis.layers.queries.features import MODELS
from gis.layers.rules.findings import refusal, report_rows
from gis.layers.rules.import_states import check_is_last, check_transition
from gis.layers.rules.replacing import kinds_zh
from gis.layers.services.applying_communities import place_compounds, restore_communities
from gis.layers.services.counting import COUNTED_KINDS, recount
from gis.layers.services.following import LayerChange, tell_followers
from gis.layers.services.imports import lock_layers
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.city import city_profile
from wangge.errors import RuleBroken, refuse_all
from wangge.kernel.permissions import require


@transaction.atomic
def undo_import(*, layer_import_id: int, acting_user: User) -> LayerImport:
    """Take back an applied import, if it is the last of its layer and nothing stands on what it brought.

    What it let go of comes back where it still can; `undo_findings` says what did and, one by one, what did not.
    Raises 409 INVALID_TRANSITION, IMPORT_NOT_LAST or UNDO_BLOCKED, 422 SITES_IN_USE.
    """
    lock_layers()
    layer_import = LayerImport.objects.select_for_update().get(pk=layer_import_id)
    require(acting_user, "layer.import", layer_import.unit_path)
    check_transition(layer_import.standing, ImportStatus.UNDONE)
    applied = LayerImport.objects.filter(kind=layer_import.kind, status=ImportStatus.APPLIED)
    check_is_last(layer_import.pk, applied.order_by("-applied_at").values_list("id", flat=True).first())
    borne = borne_by_import(layer_import.pk)
    if borne:
        raise _blocked(set(borne))
    try:
        with transaction.atomic():
            _take_back(layer_import)
    except ProtectedError as error:
        raise _blocked({str(row._meta.verbose_name) for row in error.protected_objects}) from error
    if layer_import.kind in COUNTED_KINDS:
        counted = recount(layer_import, f"EPSG:{city_profile().gauss_kruger_epsg}")
        refuse_all(refusal(finding) for finding in counted.errors)
    followed = tell_followers(LayerChange(layer_import, acting_user, is_undone=True))
    refuse_all(refusal(finding) for finding in followed.refusals)
    layer_import.undo_findings = report_rows(followed.told)
    layer_import.status, layer_import.undone_at = ImportStatus.UNDONE, timezone.now()
    layer_import.save(update_fields=["status", "undone_at", "undo_findings"])
    record_audit(
        acting_user=acting_user,
        action="layer_import.undone",
        subject=layer_import,
        before={"status": "applied"},
        after={"status": "undone", "kind": layer_import.kind, "file_name": layer_import.file_name},
    )
    return layer_import


def _take_back(layer_import: LayerImport) -> None:
    if layer_import.kind == LayerKind.COMMUNITIES:
        _take_back_communities(layer_import)
        return
    model = MODELS[layer_import.kind]
    model.objects.filter(layer_import=layer_import).delete()
    model.objects.filter(retired_by=layer_import).update(retired_by=None)


def _take_back_communities(layer_import: LayerImport) -> None:
    restore_communities(layer_import)
    brought = Community.objects.filter(layer_import=layer_import)
    for model in (Building, Compound):  # counting places the current ones again
        model.objects.filter(community__in=brought).update(community=None)
    brought.delete()
    place_compounds()


def _blocked(names: set[str]) -> RuleBroken:
    kinds = sorted(names)
    return RuleBroken(
        "UNDO_BLOCKED",
        zh=f"已有数据建立在这次导入之上（{kinds_zh(kinds)}），不能撤销",
        en=f"other data stand on this import ({', '.join(kinds)}); it cannot be undone",
        status=409,
        facts={"kinds": kinds},
        how_to_fix_zh="请改为导入更正后的文件",
        how_to_fix_en="import a corrected file instead",
    )
