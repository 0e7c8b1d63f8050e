"""One photo of an issue: taken in anew without what the camera wrote into it, and kept in the city's storage.

Rule: J15
"""

from __future__ import annotations

import hashlib
import uuid
from contextlib import suppress
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from grids.interest.models import HotlineIssue
from grids.interest.queries.activity_policy import PHOTO_MEGABYTES, number_of
from grids.interest.queries.hotline import own_issue_for_update
from grids.interest.rules.hotline_issue import IssueState, check_issue_waits
from grids.interest.rules.photos import check_photo_size
from grids.interest.services.photos import PHOTO_FILES, clean_picture
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import StoredFile
from tenants.bureau.queries.days import today
from tenants.bureau.services.quotas import check_storage
from wangge.kernel.uploads import check_upload

PURPOSE = "issue_photo"


@transaction.atomic
def set_issue_photo(*, issue_id: int, upload: Any, acting_user: User) -> HotlineIssue:
    """Keep the photo of an issue that was not handed over yet; one that was there before is deleted.

    Raises 404, 403 POST_REQUIRED, 409 ISSUE_STATE, 413 FILE_TOO_LARGE and STORAGE_QUOTA, 415 UPLOAD_TYPE,
    422 PHOTO_UNREADABLE.
    """
    issue = own_issue_for_update(acting_user, issue_id)
    check_issue_waits(IssueState(issue.state))
    check_photo_size(upload.size, number_of(PHOTO_MEGABYTES, today()))
    check_upload(upload, PHOTO_FILES)
    body = clean_picture(upload.read())
    check_storage(added_bytes=len(body))
    key = default_storage.save(f"{PURPOSE}/{uuid.uuid4().hex}.jpg", ContentFile(body))
    former = issue.photo
    issue.photo = StoredFile.objects.create(
        name=f"{issue.pk}.jpg", storage_key=key, sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body),
        content_type="image/jpeg", purpose=PURPOSE, unit_path=issue.unit_path, stored_by=acting_user,
    )  # fmt: skip
    issue.version += 1
    issue.save(update_fields=["photo", "version"])
    record_audit(
        acting_user=acting_user, action="hotline_issue.photo", subject=issue, after={"photo": issue.photo.pk}
    )
    if former is not None and former.purpose == PURPOSE:
        _forget(former)
    return issue


def _forget(stored: StoredFile) -> None:
    """Delete a photo that was replaced, its bytes when the transaction has committed."""
    key = stored.storage_key
    stored.delete()

    def delete_bytes() -> None:
        with suppress(OSError):
            default_storage.delete(key)

    transaction.on_commit(delete_bytes)
