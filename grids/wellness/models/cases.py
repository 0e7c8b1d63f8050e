"""Exercise cases, their moves, prescriptions and sessions. No column takes free text: no diagnosis can stand here."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grids.wellness.models.fitness_tests import FitnessTest
from grids.wellness.models.people import Citizen
from grids.wellness.models.standards import ScreeningForm
from grids.wellness.rules.case_states import OPEN_STATES, CaseAction, CaseState
from grids.wellness.rules.screening import ClearanceBasis
from tenants.accounts.models import User
from tenants.bureau.models import Consent


class ExerciseCase(models.Model):
    """One person's way from invitation to re-test. Rule: J18

    Of the screening only `asks_for_doctor` is kept, no answer. A doctor's note is a reference, a day and the keeper's
    code. `programme_from`: the day of the first session that counts for the weeks of the re-test. `baseline` and
    `retest`: the two tests that are compared.
    """

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="exercise_cases")
    consent = models.ForeignKey(Consent, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=12,
        choices=[(state.value, state.value) for state in CaseState],
        default=CaseState.INVITED.value,
    )
    form = models.ForeignKey(ScreeningForm, null=True, on_delete=models.PROTECT, related_name="+")
    screened_on = models.DateField(null=True)
    asks_for_doctor = models.BooleanField(null=True)
    clearance_basis = models.CharField(
        max_length=16, blank=True, choices=[(basis.value, basis.value) for basis in ClearanceBasis]
    )
    cleared_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    note_reference = models.CharField(max_length=40, blank=True)
    note_dated_on = models.DateField(null=True)
    note_institution = models.CharField(max_length=18, blank=True)
    programme_from = models.DateField(null=True)
    baseline = models.ForeignKey(FitnessTest, null=True, on_delete=models.PROTECT, related_name="+")
    retest = models.ForeignKey(FitnessTest, null=True, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True)
    policy_version = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["citizen"],
                condition=Q(state__in=[state.value for state in OPEN_STATES]),
                name="case_once_open",
            )
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this case are decided."""
        return self.citizen.unit_path


class CaseEvent(models.Model):
    """One move of a case. Kept here and not in the audit log, where auditors would learn who was referred. Rule: J18"""

    case = models.ForeignKey(ExerciseCase, on_delete=models.CASCADE, related_name="events")
    action = models.CharField(max_length=10, choices=[(action.value, action.value) for action in CaseAction])
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in CaseState])
    acting_user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())


class ExercisePrescription(models.Model):
    """A version of a case's prescription, in force from its first to its last day; the FITT-VP fields are sealed."""

    case = models.ForeignKey(ExerciseCase, on_delete=models.CASCADE, related_name="prescriptions")
    number = models.PositiveSmallIntegerField()
    prescribed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()
    seal = models.UUIDField(default=uuid.uuid4, unique=True)
    sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="prescription_version_once")
        ]


class ExerciseSession(models.Model):
    """A session under a prescription; attendance, exertion and whether it was stopped are sealed. Rule: J18"""

    case = models.ForeignKey(ExerciseCase, on_delete=models.CASCADE, related_name="sessions")
    prescription = models.ForeignKey(ExercisePrescription, on_delete=models.CASCADE, related_name="sessions")
    held_on = models.DateField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seal = models.UUIDField(default=uuid.uuid4, unique=True)
    sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "held_on"], name="session_once_a_day")
        ]
