"""Versions of test standards and screening questionnaires: documents, never changed once loaded."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from tenants.accounts.models import User


class LoadedDocument(models.Model):
    """A document as it was loaded: its text, in JSON or TOML, is the truth; the other columns are read from it."""

    code = models.CharField(max_length=40)
    document_version = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    source = models.CharField(max_length=300)
    is_example = models.BooleanField(default=False)
    form = models.CharField(max_length=4, choices=[("json", "JSON"), ("toml", "TOML")])
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    loaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class TestStandard(LoadedDocument):
    """A version of a test standard, in force from a day until the next version of the same code. Rule: J17"""

    __test__ = False  # no class of tests

    valid_from = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "document_version"], name="standard_version_once"),
            models.UniqueConstraint(fields=["code", "valid_from"], name="standard_day_once"),
        ]


class ScreeningForm(LoadedDocument):
    """A version of a screening questionnaire. Rule: J18"""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "document_version"], name="screening_form_version_once")
        ]
