"""Grid plans of one community with their grids, the buildings in them and what was done to them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Q
from django.db.models.functions import Now

from gis.layers.models import Building, Community
from grids.units.models.grids import Grid, GridRelease
from grids.units.rules.plan_states import STATE_NAMES_ZH, PlanState
from tenants.accounts.models import User

IN_FORCE_STATES = (PlanState.PUBLISHED.value, PlanState.SUPERSEDED.value)
PlanStateChoices = [(state.value, STATE_NAMES_ZH[state]) for state in PlanState]


class GridPlan(models.Model):
    """One way to divide a community into grids. `version` is its ETag and grows with every change.

    `policy` holds the size limits the plan began under; it keeps them while it lives. `job_id` is the job that drew
    it, so that a job run again finds its own work. `effective_on`–`effective_to` are the days it is in force.
    """

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="grid_plans")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … inside the community")
    state = models.CharField(max_length=16, choices=PlanStateChoices, default=PlanState.DRAFT.value)
    version = models.PositiveIntegerField(default=1)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    preset = models.CharField(max_length=16, blank=True)
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    engine_version = models.CharField(max_length=40, blank=True)
    policy = models.JSONField(default=dict)
    policy_version = models.CharField(max_length=64, blank=True)
    quality = models.JSONField(default=dict)
    findings = models.JSONField(default=list, help_text="what the last validation said, refusals and hints")
    validated_at = models.DateTimeField(null=True)
    notes = models.TextField(blank=True)
    effective_on = models.DateField(null=True)
    effective_to = models.DateField(null=True)
    release = models.ForeignKey(GridRelease, null=True, on_delete=models.PROTECT, related_name="plans")
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["community", "number"], name="gridplan_number_once"),
            models.UniqueConstraint(
                fields=["community"], condition=Q(state="published"), name="gridplan_one_published"
            ),
            models.UniqueConstraint(fields=["job_id", "community"], name="gridplan_once_per_job"),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "superseded"]) | Q(effective_on__isnull=False),
                name="gridplan_in_force_has_date",
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_on") - timedelta(days=1)),
                name="gridplan_days_in_order",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="gridplan_state")]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this plan are decided."""
        return self.community.unit_path

    def is_in_force(self, on: date) -> bool:
        """True on the plan's days: also of a superseded one, until the day its successor begins."""
        if self.effective_on is None or self.state not in IN_FORCE_STATES:
            return False
        return self.effective_on <= on and (self.effective_to is None or on <= self.effective_to)


class PlanGrid(models.Model):
    """One grid as a plan draws it. `geometry` is canonical EPSG:4490 at 7 decimals, part of an exact tiling.

    `grid` is the identity it continues or has been given; a new grid of a draft has none until publication. A locked
    grid stays as it is when its plan is drawn anew.
    """

    plan = models.ForeignKey(GridPlan, on_delete=models.CASCADE, related_name="grids")
    grid = models.ForeignKey(Grid, null=True, on_delete=models.PROTECT, related_name="drawn_in")
    sequence = models.PositiveSmallIntegerField(help_text="place in the plan, west to east, north to south")
    code = models.CharField(max_length=15, blank=True)
    geometry = models.MultiPolygonField(srid=4490)
    # Stored, because a tile that transforms on the fly costs 2–3 times as much. Always the SRID form.
    geometry_3857 = models.GeneratedField(
        expression=Transform("geometry", 3857),
        output_field=models.MultiPolygonField(srid=3857),
        db_persist=True,
    )
    parts = models.PositiveSmallIntegerField(default=1, help_text="pieces of land that share no border line")
    households = models.PositiveIntegerField()
    buildings = models.PositiveIntegerField(default=0)
    area_m2 = models.FloatField()
    villager_groups = models.JSONField(default=list)
    quality = models.JSONField(default=dict)
    size_reason = models.TextField(blank=True)
    size_reason_approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    size_reason_approved_at = models.DateTimeField(null=True)
    contiguity_reason = models.TextField(blank=True)
    merge_reason = models.TextField(blank=True)
    is_locked = models.BooleanField(default=False)
    lock_reason = models.TextField(blank=True)
    locked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "sequence"], name="plangrid_sequence_once"),
            models.UniqueConstraint(
                fields=["plan", "grid"], condition=Q(grid__isnull=False), name="plangrid_identity_once"
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1) & Q(sequence__lte=999), name="plangrid_sequence_1_999"
            ),
            models.CheckConstraint(
                condition=Q(size_reason_approved_by=None) | ~Q(size_reason=""),
                name="plangrid_approved_reason_exists",
            ),
            models.CheckConstraint(
                condition=Q(is_locked=True, locked_by__isnull=False) | Q(is_locked=False, locked_by=None),
                name="plangrid_lock_has_owner",
            ),
        ]
        indexes: ClassVar = [GistIndex(fields=["geometry_3857"], name="plangrid_3857")]

    @property
    def label(self) -> str:
        """What people call it: its code, or its place in the plan."""
        return self.code or f"{self.sequence:03d}"


class BuildingAssignment(models.Model):
    """In which grid of a plan a building lies, with the households it had then.

    `building_ref` is the building's name in its own data set: a re-import may replace the row, a plan of last year
    still says who lived where. `is_manual` marks what a person decided against the polygons.
    """

    plan = models.ForeignKey(GridPlan, on_delete=models.CASCADE, related_name="assignments")
    plan_grid = models.ForeignKey(PlanGrid, on_delete=models.CASCADE, related_name="assignments")
    building = models.ForeignKey(Building, null=True, on_delete=models.SET_NULL, related_name="+")
    building_ref = models.CharField(max_length=120)
    households = models.PositiveIntegerField()
    is_manual = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "building_ref"], name="assignment_building_once"),
        ]


class PlanEvent(models.Model):
    """What was done to a plan: action, who for which organisation, why, under which policy."""

    plan = models.ForeignKey(GridPlan, on_delete=models.CASCADE, related_name="events")
    action = models.CharField(max_length=16)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    organisation = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    policy_version = models.CharField(max_length=64, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["plan", "id"], name="planevent_plan")]
