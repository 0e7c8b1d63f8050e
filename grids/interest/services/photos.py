"""Photos of occurrences: taken in anew without what the camera wrote into them, and kept in the city's storage.

Rules: J09, S17
"""

from __future__ import annotations

import hashlib
import uuid
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageOps

from grids.interest.models import Occurrence, OccurrencePhoto
from grids.interest.queries.activities import lone_occurrence_for_update
from grids.interest.queries.activity_policy import PHOTO_MEGABYTES, PHOTOS, number_of
from grids.interest.queries.photos import photo_in_reach
from grids.interest.rules.activity_states import OccurrenceAction, OccurrenceState, check_occurrence_action
from grids.interest.rules.photos import (
    LONGEST_SIDE,
    check_photo_count,
    check_photo_size,
    unreadable_photo,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import StoredFile
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.quotas import check_storage
from wangge.kernel.uploads import Content, Purpose, check_upload

PURPOSE = "activity_photo"
PHOTO_FILES = Purpose(
    zh="活动照片",
    en="photos of activities",
    endings={
        ".jpg": frozenset({Content.JPEG}),
        ".jpeg": frozenset({Content.JPEG}),
        ".png": frozenset({Content.PNG}),
    },
)
# A picture is decoded whole: a small file that unfolds to a giant one is refused before that.
_MOST_PIXELS = 60_000_000
_QUALITY = 85


@transaction.atomic
def add_photo(
    *, occurrence_id: int, upload: Any, caption: str, consent_note: str, acting_user: User
) -> OccurrencePhoto:
    """Keep a photo of an occurrence. `consent_note`: who agreed to be shown.

    Raises 404, 403, 409 INVALID_TRANSITION for a cancelled one, 413 FILE_TOO_LARGE and STORAGE_QUOTA, 415 UPLOAD_TYPE,
    422 PHOTO_COUNT and PHOTO_UNREADABLE.
    """
    row = lone_occurrence_for_update(acting_user, occurrence_id)
    check_occurrence_action(OccurrenceState(row.state), OccurrenceAction.RECORD)
    today = local_date(timezone.now())
    check_photo_count(row.photos.count(), number_of(PHOTOS, today))
    check_photo_size(upload.size, number_of(PHOTO_MEGABYTES, today))
    check_upload(upload, PHOTO_FILES)
    stored = _stored(clean_picture(upload.read()), row, acting_user)
    photo = OccurrencePhoto.objects.create(
        occurrence=row, file=stored, caption=caption.strip(), consent_note=consent_note.strip(),
        taken_by=acting_user,
    )  # fmt: skip
    after = {"occurrence": row.pk, "consent_note": photo.consent_note}
    record_audit(acting_user=acting_user, action="photo.add", subject=photo, after=after)
    return photo


def clean_picture(given: bytes) -> bytes:
    """The picture as a JPEG with nothing but its pixels: upright, within measure, without EXIF, GPS or colour profile.

    422 PHOTO_UNREADABLE for what is no picture, or too large a one.
    """
    try:
        with Image.open(BytesIO(given), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise unreadable_photo()
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        raise unreadable_photo() from fault
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    kept = BytesIO()
    bare.save(kept, "JPEG", quality=_QUALITY, optimize=True)
    return kept.getvalue()


def _stored(body: bytes, row: Occurrence, acting_user: User) -> StoredFile:
    check_storage(added_bytes=len(body))
    key = default_storage.save(f"{PURPOSE}/{uuid.uuid4().hex}.jpg", ContentFile(body))
    return StoredFile.objects.create(
        name=f"{row.pk}.jpg", storage_key=key, sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body),
        content_type="image/jpeg", purpose=PURPOSE, unit_path=row.interest_grid.unit_path, stored_by=acting_user,
    )  # fmt: skip


@transaction.atomic
def remove_photo(*, photo_id: int, acting_user: User) -> None:
    """Delete a photo, its bytes when the transaction has committed. 404, 403."""
    photo = photo_in_reach(acting_user, photo_id)
    record_audit(
        acting_user=acting_user,
        action="photo.remove",
        subject=photo,
        before={"occurrence": photo.occurrence_id},
    )
    stored = photo.file
    photo.delete()
    stored.delete()

    def forget() -> None:
        with suppress(OSError):
            default_storage.delete(stored.storage_key)

    transaction.on_commit(forget)
