"""Quotas of a city: set by its operator, kept by whatever stores something in the city."""

from __future__ import annotations

from django.db import connection, transaction
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import CityProfile
from tenants.bureau.queries.storage import storage_use
from tenants.bureau.rules.storage_quota import check_fits, check_quota_input
from tenants.registry.models import City
from tenants.registry.services import as_owner


@transaction.atomic
def check_storage(*, added_bytes: int = 0) -> None:
    """Refuse with 413 STORAGE_QUOTA when this city, with so much more, would pass its quota.

    Whoever stores calls it in the storing transaction. The lock lasts to the end of that transaction, so that of two
    who store at once the second is measured with what the first has stored. Readers of files do not wait. The lock is
    on the table of files, for the city's role may not lock the profile's row, which it may not change.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE bureau_storedfile IN SHARE ROW EXCLUSIVE MODE")
    check_fits(storage_use(), added_bytes)


@transaction.atomic
def set_city_quotas(
    *, city: City, storage_quota_bytes: int, job_slots: int, job_quota: int, acting_user: User | None
) -> City:
    """Set what the city may store and how many jobs it may run and queue; 422 QUOTA_RANGE for what is out of range.

    A quota below what is stored already deletes nothing: it closes the door to more. The storage quota is copied into
    the city, whose own role may read it there and not change it.
    """
    check_quota_input(storage_quota_bytes=storage_quota_bytes, job_slots=job_slots, job_quota=job_quota)
    standing = City.objects.select_for_update().get(pk=city.pk)
    after = {"storage_quota_bytes": storage_quota_bytes, "job_slots": job_slots, "job_quota": job_quota}
    before = {name: getattr(standing, name) for name in after}
    City.objects.filter(pk=city.pk).update(**after)
    with as_owner(), schema_context(city.schema_name):
        CityProfile.objects.update(storage_quota_bytes=storage_quota_bytes)
        record_audit(
            acting_user=acting_user, action="city.set_quotas", subject=city, before=before, after=after
        )
    record_audit(acting_user=acting_user, action="city.set_quotas", subject=city, before=before, after=after)
    city.refresh_from_db()
    return city


@transaction.atomic
def describe_city(*, city: City, name: str, data_label: str, acting_user: User | None) -> City:
    """Change the city's name and the label that is said wherever its data is shown, in public and in the city."""
    standing = City.objects.select_for_update().get(pk=city.pk)
    after = {"name": name, "data_label": data_label}
    before = {field: getattr(standing, field) for field in after}
    City.objects.filter(pk=city.pk).update(**after)
    with as_owner(), schema_context(city.schema_name):
        CityProfile.objects.update(**after)
        record_audit(
            acting_user=acting_user, action="city.describe", subject=city, before=before, after=after
        )
    record_audit(acting_user=acting_user, action="city.describe", subject=city, before=before, after=after)
    city.refresh_from_db()
    return city
