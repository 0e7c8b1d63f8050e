"""Photos that a person sees, and may remove. Rule: J09"""

from __future__ import annotations

from django.db.models import QuerySet

from grids.interest.models import OccurrencePhoto
from grids.interest.queries.activities import occurrence_in_reach, occurrences_visible_to
from grids.interest.rules.standing import Act
from tenants.accounts.models import User
from wangge.errors import not_found


def photos_visible_to(user: User) -> QuerySet[OccurrencePhoto]:
    """Photos of the occurrences the person sees, with their files, by id."""
    seen = occurrences_visible_to(user).select_related(None).order_by()
    return OccurrencePhoto.objects.filter(occurrence__in=seen).select_related("file").order_by("id")


def photo_in_reach(user: User, photo_id: int) -> OccurrencePhoto:
    """The photo, locked, for whoever runs the activities: 404 outside sight, 403 POST_REQUIRED."""
    found = photos_visible_to(user).filter(pk=photo_id).select_for_update(of=("self",)).first()
    if found is None:
        raise not_found("照片", "photo")
    occurrence_in_reach(user, found.occurrence_id, Act.RUN)
    return found
