"""Tables of the bureau, by noun."""

from tenants.bureau.models.jobs import BackgroundJob, JobState, StoredFile
from tenants.bureau.models.org_units import Grant, OrgCode, OrgLevel, OrgUnit

__all__ = ["BackgroundJob", "Grant", "JobState", "OrgCode", "OrgLevel", "OrgUnit", "StoredFile"]
