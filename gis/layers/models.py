"""Tables of a city's map layers. Geometry is lon-lat in EPSG:4490, 7 decimals; the Mercator copy serves
tiles.

A feature belongs to the import that brought it. An import that replaces a layer retires the rows before it,
so that it can be undone. Communities keep their row over imports (grid plans hang on it) and are matched by
code.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.indexes import GistIndex
from django.db.models.functions import Now

from gis.layers.rules.import_states import status_with_job
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, OrgUnit, StoredFile

STORAGE_SRID = 4490
LONGEST_REF, LONGEST_NAME = 64, 120


class LayerKind(models.TextChoices):
    """The kinds of layer a city brings."""

    COMMUNITIES = "communities", "社区（行政村）"
    BUILDINGS = "buildings", "建筑"
    COMPOUNDS = "compounds", "小区"
    STREETS = "streets", "道路"
    BARRIERS = "barriers", "阻隔（水系、铁路、主干道）"
    FITNESS_SITES = "fitness_sites", "健身站点"


class ImportStatus(models.TextChoices):
    """Where an import stands."""

    CHECKING = "checking", "检查中"
    REFUSED = "refused", "未通过"
    CHECKED = "checked", "检查通过（未入库）"
    APPLIED = "applied", "已入库"
    UNDONE = "undone", "已撤销"
    CANCELLED = "cancelled", "已取消"
    FAILED = "failed", "执行出错"


class LayerImport(models.Model):
    """One file brought into one layer: where it came from, how it was read, what was found, what it
    changed.
    """

    kind = models.CharField(max_length=16, choices=LayerKind.choices)
    status = models.CharField(max_length=10, choices=ImportStatus.choices, default=ImportStatus.CHECKING)
    dry_run = models.BooleanField(default=False)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField(default=0)
    stored_file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT)
    job = models.ForeignKey(BackgroundJob, null=True, on_delete=models.PROTECT)
    options = models.JSONField(
        default=dict, help_text="as asked for: crs, repair, mode, control point, layer, columns"
    )
    provenance = models.JSONField(
        default=dict, help_text="as read: format, layer, encoding, CRS used, rows, repairs"
    )
    errors = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    undo_findings = models.JSONField(
        default=list, help_text="once taken back: what came back with it, and what did not"
    )
    counts = models.JSONField(default=dict, help_text="added, updated, retired, households …")
    undo = models.JSONField(null=True, help_text="what rows looked like that were changed in place")
    source_note = models.CharField(max_length=300, blank=True)
    data_label = models.CharField(max_length=200, blank=True, help_text="said wherever the data is shown")
    unit_path = models.CharField(max_length=120, default="/")
    imported_by = models.ForeignKey(User, on_delete=models.PROTECT)
    created_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "sha256"], condition=models.Q(status="applied"), name="layer_file_once"
            )
        ]

    @property
    def standing(self) -> str:
        """Its status; of an import that was never decided because its job has ended, how the job ended."""
        return status_with_job(self.status, self.job.state if self.job is not None else "")


def _mercator() -> Any:
    return models.GeneratedField(
        expression=Transform("geometry", 3857), output_field=models.GeometryField(srid=3857), db_persist=True
    )


class LayerFeature(models.Model):
    """What every feature has. `retired_by` is the import that replaced it; null while it is current."""

    ref = models.CharField(max_length=LONGEST_REF, blank=True, help_text="the source's own stable name of it")
    name = models.CharField(max_length=LONGEST_NAME, blank=True)
    geometry = models.GeometryField(srid=STORAGE_SRID)
    layer_import = models.ForeignKey(LayerImport, on_delete=models.PROTECT, related_name="+")
    retired_by = models.ForeignKey(LayerImport, null=True, on_delete=models.PROTECT, related_name="+")
    source_row = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class Community(models.Model):
    """A residents' community or administrative village with its official ring and its frame.

    `frame` is the ring noded with its neighbours' vertices and rounded once: grids tile it exactly. The row
    outlives imports; a community that vanishes is closed with `valid_to`.
    """

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=LONGEST_NAME)
    settlement = models.CharField(max_length=8, default="urban", help_text="urban or rural")
    households = models.PositiveIntegerField(
        null=True, help_text="the community's own total, where it is known"
    )
    population = models.PositiveIntegerField(null=True)
    geometry = models.GeometryField(srid=STORAGE_SRID, help_text="the official ring")
    frame = models.GeometryField(srid=STORAGE_SRID)
    frame_mercator = models.GeneratedField(
        expression=Transform("frame", 3857), output_field=models.GeometryField(srid=3857), db_persist=True
    )
    layer_import = models.ForeignKey(LayerImport, on_delete=models.PROTECT, related_name="+")
    source_row = models.PositiveIntegerField(default=0)
    valid_to = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(valid_to=None), name="community_code_current"
            )
        ]
        indexes: ClassVar = [GistIndex(fields=["frame_mercator"], name="community_frame_mercator")]

    @property
    def unit_path(self) -> str:
        """The path on which rights over this community are decided."""
        return str(self.unit.path)


class Building(LayerFeature):
    """A building (footprint or point) with its households and where that number came from.

    Where a compound has no dwelling mapped, one row stands for the whole of it (`stands_for`, on the compound's
    ground). Such rows are kept by the imports themselves: made, retired and taken up again with what is mapped.
    """

    community = models.ForeignKey(Community, null=True, on_delete=models.PROTECT, help_text="null: unplaced")
    households = models.PositiveIntegerField(default=0)
    household_source = models.CharField(
        max_length=10, default="none", help_text="given, estimated, spread, none"
    )
    given_households = models.PositiveIntegerField(null=True, help_text="as the file said it")
    use = models.CharField(max_length=12, blank=True, help_text="residential, mixed, other; empty: unknown")
    floors = models.PositiveSmallIntegerField(null=True)
    height_m = models.FloatField(null=True)
    compound_name = models.CharField(max_length=120, blank=True)
    villager_group = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=200, blank=True)
    stands_for = models.ForeignKey(
        "Compound",
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="the compound this row stands for; null: a real building",
    )
    geometry_mercator = _mercator()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stands_for"], name="compound_stood_for_once")
        ]
        indexes: ClassVar = [GistIndex(fields=["geometry_mercator"], name="building_mercator")]


class Compound(LayerFeature):
    """A residential compound (小区)."""

    community = models.ForeignKey(Community, null=True, on_delete=models.PROTECT)
    households = models.PositiveIntegerField(null=True)
    address = models.CharField(max_length=200, blank=True)
    geometry_mercator = _mercator()

    class Meta:
        indexes: ClassVar = [GistIndex(fields=["geometry_mercator"], name="compound_mercator")]


class Street(LayerFeature):
    """A street's centre line."""

    road_class = models.CharField(max_length=32, blank=True)
    is_bridge = models.BooleanField(default=False)
    is_tunnel = models.BooleanField(default=False)
    geometry_mercator = _mercator()

    class Meta:
        indexes: ClassVar = [GistIndex(fields=["geometry_mercator"], name="street_mercator")]


class Barrier(LayerFeature):
    """Water, a railway or a main road: what grids should not cross."""

    barrier_kind = models.CharField(max_length=12, help_text="water, rail, main_road, other")
    geometry_mercator = _mercator()

    class Meta:
        indexes: ClassVar = [GistIndex(fields=["geometry_mercator"], name="barrier_mercator")]


class FitnessSite(LayerFeature):
    """A fitness site (健身站点), as a point or its ground."""

    site_kind = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=200, blank=True)
    area_m2 = models.FloatField(null=True)
    capacity = models.PositiveIntegerField(null=True, help_text="people at a time")
    opening_hours = models.CharField(
        max_length=200, blank=True, help_text="in words, as gis.compute.intake.opening_hours reads them"
    )
    is_accessible = models.BooleanField(null=True, help_text="step-free, as the file says")
    geometry_mercator = _mercator()

    class Meta:
        indexes: ClassVar = [GistIndex(fields=["geometry_mercator"], name="site_mercator")]
