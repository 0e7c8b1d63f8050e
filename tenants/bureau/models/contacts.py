"""How people of the city are reached; full values are sealed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from tenants.accounts.models import User


class ContactPhone(models.Model):
    """A person's phone number: sealed under the city's data key, found by a keyed digest, shown masked.

    A table of its own, so that no request reads sealed bytes along with its user.
    """

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="contact_phone"
    )
    sealed = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="two people may share a number")
    masked = models.CharField(max_length=16, help_text="what every answer shows, such as 138****0000")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["digest"], name="contact_phone_digest")]
