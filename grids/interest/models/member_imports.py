"""Files of grid members that were brought in."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, OrgUnit, StoredFile


class MemberImportStatus(models.TextChoices):
    """What became of a file."""

    CHECKING = "checking"
    CHECKED = "checked"  # a dry run that would go through
    APPLIED = "applied"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


class MemberImport(models.Model):
    """A file of grid members: what it was, what it would change or changed, and every row's errors. Rule: J08

    `unit`: where the importer's right was held, or the community whose base grids the importing leader leads.
    """

    status = models.CharField(
        max_length=10, choices=MemberImportStatus.choices, default=MemberImportStatus.CHECKING
    )
    dry_run = models.BooleanField(default=False)
    partial = models.BooleanField(default=False, help_text="good rows are taken beside bad ones")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField(default=0)
    stored_file = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    errors = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    counts = models.JSONField(default=dict, help_text="rows, members added, posts added, unchanged, errors")
    imported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(BackgroundJob, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True)

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this import are decided."""
        return self.unit.path
