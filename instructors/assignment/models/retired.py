"""What an import of the site layer let go of, kept so that undoing the import brings it back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from gis.layers.models import LayerImport
from instructors.assignment.models.bookings import Booking
from instructors.assignment.models.sites import SiteNeed


class RetiredUse(models.Model):
    """A need that ended, or a duty that was given back, with a site that an import retired. Rules: J12, J13

    `ended_on`: the last day that the retiring gave the need, `valid_to` the one it had before (None: none). `pins`: who
    was pinned to it, as `{"instructor", "pinned_by", "reason"}`. The rows go when the import is undone.
    """

    layer_import = models.ForeignKey(LayerImport, on_delete=models.CASCADE, related_name="+")
    need = models.ForeignKey(SiteNeed, null=True, on_delete=models.CASCADE, related_name="+")
    duty = models.ForeignKey(Booking, null=True, on_delete=models.CASCADE, related_name="+")
    ended_on = models.DateField()
    valid_to = models.DateField(null=True)
    pins = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(need__isnull=False, duty=None) | Q(need=None, duty__isnull=False),
                name="retired_use_of_one_thing",
            ),
            models.UniqueConstraint(fields=["layer_import", "need"], name="retired_need_once"),
            models.UniqueConstraint(fields=["layer_import", "duty"], name="retired_duty_once"),
        ]
