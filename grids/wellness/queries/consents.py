"""Which consents of people are in force. Rule: J17"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from grids.wellness.models import Citizen
from grids.wellness.rules.consent import ConsentPurpose
from tenants.bureau.models import Consent

_PURPOSES = [purpose.value for purpose in ConsentPurpose]
# Records whose very consent lives, and whose values were not deleted.
IN_SIGHT = Q(consent__withdrawn_at=None, sealed__isnull=False)


def live_consents(citizens: Iterable[Citizen]) -> dict[int, dict[str, Consent]]:
    """Citizen id → purpose → consent in force, in one statement."""
    found: dict[int, dict[str, Consent]] = {}
    subjects = {citizen.subject: citizen.pk for citizen in citizens}
    rows = Consent.objects.filter(subject__in=subjects, purpose__in=_PURPOSES, withdrawn_at=None)
    for row in rows:
        found.setdefault(subjects[row.subject], {})[row.purpose] = row
    return found


def consents_of(citizen: Citizen) -> dict[str, Consent]:
    """Purpose → consent in force."""
    return live_consents([citizen]).get(citizen.pk, {})


def consents_about(citizen: Citizen) -> QuerySet[Consent]:
    """The consents of the person to what happens here, also those taken back, by id."""
    return Consent.objects.filter(subject=citizen.subject, purpose__in=_PURPOSES).order_by("id")


def all_consents_of(citizen: Citizen) -> list[Consent]:
    """Every consent the person gave here, also those taken back, by id."""
    return list(Consent.objects.filter(subject=citizen.subject).order_by("id"))
