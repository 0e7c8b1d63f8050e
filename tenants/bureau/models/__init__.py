"""Tables of the bureau, by noun."""

from tenants.bureau.models.calendar import CalendarDay, CalendarNotice
from tenants.bureau.models.city import CityProfile
from tenants.bureau.models.consents import Consent
from tenants.bureau.models.contacts import ContactPhone
from tenants.bureau.models.jobs import BackgroundJob, JobState, StoredFile
from tenants.bureau.models.org_units import FormerName, Grant, OrgCode, OrgLevel, OrgUnit
from tenants.bureau.models.outbox import OutboxMessage
from tenants.bureau.models.policy import PolicyParameterVersion
from tenants.bureau.models.population import Population

__all__ = [
    "BackgroundJob",
    "CalendarDay",
    "CalendarNotice",
    "CityProfile",
    "Consent",
    "ContactPhone",
    "FormerName",
    "Grant",
    "JobState",
    "OrgCode",
    "OrgLevel",
    "OrgUnit",
    "OutboxMessage",
    "PolicyParameterVersion",
    "Population",
    "StoredFile",
]
