"""What a city must know of itself inside its own schema, where the registry cannot be read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class CityProfile(models.Model):
    """The one row that holds the city's name, code and map constants; written when the city is opened.

    The city's own role may insert and read it, not change it: its quota is the operator's."""

    name = models.CharField(max_length=60)
    division_code = models.CharField(max_length=6)
    gauss_kruger_epsg = models.PositiveIntegerField(help_text="CGCS2000 3-degree zone, 4534–4554")
    data_label = models.CharField(max_length=200, blank=True)
    centre_lon = models.FloatField(null=True, help_text="EPSG:4490")
    centre_lat = models.FloatField(null=True, help_text="EPSG:4490")
    storage_quota_bytes = models.PositiveBigIntegerField(
        default=20 * 1024**3, help_text="the operator's, copied here for the services that store"
    )

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_city_profile")]

    def __str__(self) -> str:
        return self.name

    @property
    def centre(self) -> tuple[float, float] | None:
        """Longitude and latitude of the middle of the first map, or None."""
        if self.centre_lon is None or self.centre_lat is None:
            return None
        return self.centre_lon, self.centre_lat
