"""What grid leaders and members did, and what was published."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.interest.models.activities import Occurrence
from grids.interest.models.interest_grids import InterestGrid
from grids.interest.rules.activity_states import AssistTheme
from grids.interest.rules.channel_post import Channel
from grids.interest.rules.duty_role import DutyRole, WorkKind
from grids.units.models import Grid
from tenants.accounts.models import User


class WorkLog(models.Model):
    """One piece of work of one person; its role was derived from what was done. Rule: J14

    Written in the transaction of the act it tells of (`reference`, such as `occurrence:7`), or by one tap
    (`is_typed`). It outlives what it refers to: a visit is erased after its time, the work was done all the same.
    `done_on`: the day in Shanghai.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="work_logs", db_index=False)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in WorkKind])
    duty_role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in DutyRole])
    themes = ArrayField(
        models.CharField(max_length=12, choices=[(each.value, each.value) for each in AssistTheme]),
        default=list,
    )
    community = models.ForeignKey(
        Community, on_delete=models.PROTECT, related_name="work_logs", db_index=False
    )
    interest_grid = models.ForeignKey(
        InterestGrid, null=True, on_delete=models.PROTECT, related_name="work_logs"
    )
    grid = models.ForeignKey(Grid, null=True, on_delete=models.PROTECT, related_name="work_logs")
    done_at = models.DateTimeField()
    done_on = models.DateField()
    reference = models.CharField(max_length=40, blank=True)
    is_typed = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "kind", "reference"], condition=~Q(reference=""), name="work_log_once"
            ),
            models.CheckConstraint(condition=~Q(reference="") | Q(is_typed=True), name="work_log_of_an_act"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "done_on"], name="work_log_person"),
            models.Index(fields=["community", "done_on"], name="work_log_community"),
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this log are decided."""
        return self.community.unit_path


class ChannelPost(models.Model):
    """Something published about an interest grid or one of its activities. Rule: J13"""

    interest_grid = models.ForeignKey(InterestGrid, on_delete=models.PROTECT, related_name="channel_posts")
    occurrence = models.ForeignKey(
        Occurrence, null=True, on_delete=models.PROTECT, related_name="channel_posts"
    )
    channel = models.CharField(max_length=12, choices=[(channel.value, channel.value) for channel in Channel])
    title = models.CharField(max_length=80)
    url = models.CharField(max_length=400, blank=True)
    posted_on = models.DateField()
    posted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["interest_grid", "channel", "url"], condition=~Q(url=""), name="channel_post_once"
            )
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this post are decided."""
        return self.interest_grid.unit_path
