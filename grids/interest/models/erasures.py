"""Requests of people to be erased that a leader could not carry out alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from grids.interest.models.interest_grids import InterestGrid
from grids.interest.models.members import Participant
from grids.interest.rules.erasure_request import ErasureState
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit


class ErasureRequest(models.Model):
    """A person whom other interest grids still have asked to be erased; an office answers by `due_on`. Rule: X07

    Of one person there is one that waits. `unit`: the lowest unit over all interest grids that still had the person;
    whoever manages people there or above may answer. `answered_by` None in an answered one: the time of keeping ended.
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="erasure_requests")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=8,
        choices=[(state.value, state.value) for state in ErasureState],
        default=ErasureState.WAITING.value,
    )
    asked_on = models.DateField()
    due_on = models.DateField()
    policy_version = models.CharField(max_length=64, blank=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True)
    answer_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["participant"], condition=Q(state="waiting"), name="erasure_request_once_waiting"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", answered_on=None)
                | ~Q(state="waiting") & Q(answered_on__isnull=False),
                name="erasure_request_answered_on_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer_reason=""),
                name="erasure_request_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("asked_on")), name="erasure_request_days_in_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "id"], condition=Q(state="waiting"), name="erasure_request_waiting")
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which the right to answer is decided."""
        return str(self.unit.path)


class ErasureAsk(models.Model):
    """Through which interest grid a person asked, and how; whoever runs it learns what came of the request. Rule: X07"""

    request = models.ForeignKey(ErasureRequest, on_delete=models.CASCADE, related_name="asks", db_index=False)
    interest_grid = models.ForeignKey(InterestGrid, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_on = models.DateField()
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "interest_grid"], name="erasure_ask_once")
        ]
