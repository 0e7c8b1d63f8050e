"""Background jobs with their progress, and files kept for the city."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from tenants.accounts.models import User


class JobState(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting", "等待"
    RUNNING = "running", "进行中"
    SUCCEEDED = "succeeded", "已完成"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "已取消"


class BackgroundJob(models.Model):
    """Long work with progress, result and errors that its starter can read while it runs and afterwards."""

    kind = models.CharField(max_length=48)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=120, blank=True)
    result = models.JSONField(null=True)
    problem = models.JSONField(null=True, help_text="the refusal, as a problem document")
    unit_path = models.CharField(max_length=120, default="/")
    started_by = models.ForeignKey(User, on_delete=models.PROTECT)
    cancel_requested = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="job_state")]


class StoredFile(models.Model):
    """A file in the city's storage, served only through an authorised view."""

    name = models.CharField(max_length=255)
    storage_key = models.CharField(max_length=255, unique=True)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=120, blank=True)
    purpose = models.CharField(max_length=48)
    unit_path = models.CharField(max_length=120, default="/")
    stored_by = models.ForeignKey(User, on_delete=models.PROTECT)
    created_at = models.DateTimeField(db_default=Now())
