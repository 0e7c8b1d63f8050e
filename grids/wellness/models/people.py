"""People who are invited, the codes with which they read their own record, and what was shared on their wish."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.wellness.rules.standard import Sex
from tenants.accounts.models import User


class Citizen(models.Model):
    """A person invited to a fitness test or an exercise case, with the least that is needed. Rules: J17, J18

    The phone is sealed under the city's data key, found by keyed digest and shown masked. `user`: the account the person
    linked with a code. After an erasure (`erased_at`) nothing of the person is left in the row.
    """

    name = models.CharField(max_length=30)
    sex = models.CharField(max_length=6, blank=True, choices=[(sex.value, sex.value) for sex in Sex])
    birth_year = models.PositiveSmallIntegerField(null=True)
    birth_month = models.PositiveSmallIntegerField(null=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="tested_citizens")
    user = models.OneToOneField(User, null=True, on_delete=models.SET_NULL, related_name="tested_citizen")
    phone_sealed = models.BinaryField(null=True)
    phone_digest = models.CharField(max_length=64, null=True)
    phone_masked = models.CharField(max_length=16, blank=True)
    version = models.PositiveIntegerField(default=1)
    erased_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["community", "phone_digest", "name"],
                condition=Q(phone_digest__isnull=False),
                name="citizen_once_a_community",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["community", "id"], name="citizen_community")]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this person are decided."""
        return self.community.unit_path

    @property
    def subject(self) -> str:
        """The person as consents name it."""
        return f"wellness.citizen:{self.pk}"


class Invitation(models.Model):
    """A person was invited; all that grid staff ever see of it is this and whether it is done. Rule: J17"""

    class Kind(models.TextChoices):
        """What to."""

        FITNESS_TEST = "fitness_test", "体质测试"
        EXERCISE_CASE = "exercise_case", "运动干预"

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="invitations")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    invited_on = models.DateField()
    done_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["citizen", "kind"], condition=Q(done_on=None), name="invitation_once_open"
            )
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this invitation are decided."""
        return self.citizen.unit_path


class AccessCode(models.Model):
    """A code handed to a person, good for one act on the own record; only its keyed digest is kept. Rule: J17"""

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="access_codes")
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class HealthShare(models.Model):
    """A copy of the own record went to a health centre, on the person's separate consent. Rule: J17"""

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="health_shares")
    institution = models.CharField(max_length=18, help_text="unified social credit code")
    shared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    shared_at = models.DateTimeField()
