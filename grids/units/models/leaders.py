"""The office in charge of culture and sports, and who leads which grid."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.units.models.at_a_time import day_range, one_id
from grids.units.models.grids import Grid
from tenants.accounts.models import User


class CultureSportsOfficer(models.Model):
    """A person's post as official in charge of culture and sports (分管文体工作负责人) of one community. Rule: J06"""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="culture_sports_offices")
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="culture_sports_officers")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="officer_days_in_order"
            ),
            ExclusionConstraint(
                name="officer_once_at_a_time",
                expressions=[
                    (one_id("user"), "&&"),
                    (one_id("community"), "&&"),
                    (day_range("valid_from", "valid_to"), "&&"),
                ],
            ),
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this post are decided."""
        return self.community.unit_path


class GridLeader(models.Model):
    """One person leading one grid from a first to a last day; never two on one day. Rule: J06

    A nomination has no `confirmed_at`, and several may stand for one grid; what is not said to be a nomination is
    confirmed. `withdrawn_at`: when a nomination was declined, or a term was called off before it took effect. The
    state of a term follows from these and the day (`rules/leader_states.py`): no job has to move it.
    """

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="leaders")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="led_grids")
    is_acting = models.BooleanField(default=False)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    appointed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", help_text="who nominated, or appointed in one act"
    )
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)
    policy_version = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="leader_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(is_acting=False) | Q(ends_on__isnull=False), name="leader_acting_has_end"
            ),
            ExclusionConstraint(
                name="leader_one_active_per_grid",
                expressions=[(one_id("grid"), "&&"), (day_range("starts_on", "ends_on"), "&&")],
                condition=Q(confirmed_at__isnull=False, withdrawn_at=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["ends_on"], condition=Q(is_acting=True, withdrawn_at=None), name="leader_acting_end"
            )
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this post are decided."""
        return self.grid.unit_path
