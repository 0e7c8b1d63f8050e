"""Tables of the installation: its cities, their domains, and the text new cities are stamped from."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from django.db import models
from django.db.models.functions import Now
from django_tenants.models import DomainMixin, TenantMixin


class City(TenantMixin):
    """A tenant: one city's schema, role, and the map constants that hold for all its layers."""

    slug = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=60)
    division_code = models.CharField(max_length=6)
    gauss_kruger_epsg = models.PositiveIntegerField(
        help_text="CGCS2000 3-degree zone without prefix, 4534–4554"
    )
    data_label = models.CharField(
        max_length=200,
        blank=True,
        help_text="Said wherever the data is shown, e.g. that geometry is generated",
    )
    suspended_at = models.DateTimeField(null=True)
    suspension_message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    drop_after = models.DateTimeField(null=True, help_text="end of the grace period of a city to be dropped")
    migrated_at = models.DateTimeField(db_default=Now())
    backed_up_at = models.DateTimeField(null=True)
    storage_quota_bytes = models.PositiveBigIntegerField(
        default=20 * 1024**3, help_text="tables and files together"
    )
    job_slots = models.PositiveSmallIntegerField(default=2, help_text="jobs that run at a time")
    job_quota = models.PositiveIntegerField(default=200, help_text="jobs that may wait")

    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.slug

    def __enter__(self) -> NoReturn:
        """Refused: django-tenants keeps the schema to return to in one list for all threads."""
        raise TypeError("a city is not entered: write `with schema_context(city.schema_name):`")


class Domain(DomainMixin):
    """A host name of a city, with a port where one address serves several cities."""


class CityStamp(models.Model):
    """The SQL text of an empty city, dumped from the template schema after each migration."""

    fingerprint = models.CharField(max_length=64)
    sql = models.TextField()
    dumped_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_city_stamp")]


class OperationState(models.TextChoices):
    """Where an operation stands."""

    WAITING = "waiting", "等待"
    RUNNING = "running", "进行中"
    SUCCEEDED = "succeeded", "已完成"
    FAILED = "failed", "失败"


class CityOperation(models.Model):
    """Long work of the operator on a city: backup, export, restore, final drop. It outlives the city it speaks of."""

    kind = models.CharField(max_length=24)
    city_slug = models.CharField(max_length=30)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=OperationState.choices, default=OperationState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=120, blank=True)
    result = models.JSONField(null=True)
    problem = models.JSONField(null=True, help_text="the refusal, as a problem document")
    started_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["city_slug", "-id"], name="operation_of_city")]


class AuditHead(models.Model):
    """The end of a schema's sealed chain, kept outside that schema: a chain that was cut short is found by it."""

    schema_name = models.CharField(max_length=63)
    sequence = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    kept_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schema_name", "sequence"], name="audit_head_once")
        ]
