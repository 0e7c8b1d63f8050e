"""Tables of the installation: its cities, their domains, and the text new cities are stamped from."""

from __future__ import annotations

from typing import ClassVar

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

    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.slug


class Domain(DomainMixin):
    """A host name of a city, with a port where one address serves several cities."""


class CityStamp(models.Model):
    """The SQL text of an empty city, dumped from the template schema after each migration."""

    fingerprint = models.CharField(max_length=64)
    sql = models.TextField()
    dumped_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_city_stamp")]
