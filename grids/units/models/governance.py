"""People of the general governance grid, each mapped to one account."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tenants.accounts.models import User


class GovernancePerson(models.Model):
    """A person of the general governance grid (综治网格员) and the one account that is the same person. Rule: J02"""

    external_person_code = models.CharField(max_length=40, unique=True)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="governance_person")
    linked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
