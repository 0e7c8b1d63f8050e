"""Consents: separate for every purpose, and revocable."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tenants.bureau.models.jobs import StoredFile


class Consent(models.Model):
    """What a person agreed to, in which words, and when that was taken back. Rule: J17, S31

    `subject` names the person in the app that holds the data (`people.instructor:12`): no foreign key, because the
    bureau knows none of the apps above it. Rows are kept beyond the data they speak of.
    """

    class Purpose(models.TextChoices):
        """One purpose, one consent (PIPL Art. 14, 23, 29)."""

        PORTRAIT = "portrait", "照片与视频"
        FITNESS_TEST = "fitness_test", "体质测试数据"
        HOUSEHOLD_VISIT = "household_visit", "入户走访"
        CONTACT_SHARING = "contact_sharing", "共享联系方式"
        EXERCISE_CASE = "exercise_case", "运动干预"
        HEALTH_CENTRE = "share_with_health_centre", "与社区卫生服务机构共享体质数据"

    subject = models.CharField(max_length=80)
    purpose = models.CharField(max_length=24, choices=Purpose.choices)
    text_version = models.CharField(max_length=40, help_text="which wording was read")
    given_by_guardian = models.BooleanField(default=False)
    evidence = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "purpose"], condition=models.Q(withdrawn_at=None), name="consent_one_live"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(withdrawn_at__gte=models.F("given_at")),
                name="consent_withdrawn_after",
            ),
        ]
