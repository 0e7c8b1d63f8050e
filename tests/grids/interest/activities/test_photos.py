"""J09: photos are kept without what the camera wrote into them, few and small, for those who see the occurrence."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from grids.interest.models import OccurrencePhoto
from grids.interest.services.photos import clean_picture, remove_photo
from tenants.bureau.models import StoredFile
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def _jpeg(width: int = 40, height: int = 20, orientation: int = 1, name: str = "IMG_1.JPG") -> BytesIO:
    """A picture, red on the left and blue on the right, as a phone takes it: with maker and place."""
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    exif = picture.getexif()
    exif[ORIENTATION], exif[MAKE] = orientation, "PhoneMaker"
    exif.get_ifd(GPS).update({1: "N", 2: (35.0, 12.0, 0.0), 3: "E", 4: (114.0, 12.0, 0.0)})
    made = BytesIO()
    picture.save(made, "JPEG", exif=exif, quality=95)
    made.seek(0)
    made.name = name
    return made


def _send(speak: Any, row: Any, body: BytesIO, by: str = "member", **changes: str) -> Any:
    return speak(by).post(
        f"occurrences/{row.pk}/photos", {"file": body, "consent_note": "在场人员均同意", **changes}
    )


def test_j09_a_photo_is_kept_without_place_and_maker(speak: Any, under_way: Any) -> None:
    row = under_way()
    given = _jpeg()
    assert b"PhoneMaker" in given.getvalue()
    answer = _send(speak, row, given, caption="晨练")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["caption"], body["consent_note"]) == ("晨练", "在场人员均同意")
    picture = speak("leader").get(body["address"])
    assert picture["Content-Type"] == "image/jpeg" and "private" in picture["Cache-Control"]
    kept = b"".join(picture.streaming_content)
    assert b"PhoneMaker" not in kept and b"Exif" not in kept
    with Image.open(BytesIO(kept)) as shown:
        assert not shown.getexif() and shown.size == (40, 20)


def test_a_photo_taken_sideways_stands_upright() -> None:
    with Image.open(BytesIO(clean_picture(_jpeg(orientation=6).getvalue()))) as shown:
        assert shown.size == (20, 40)
        assert shown.getpixel((10, 5))[0] > 200  # red is on top now


def test_a_large_photo_is_made_smaller() -> None:
    with Image.open(BytesIO(clean_picture(_jpeg(4000, 3000).getvalue()))) as shown:
        assert shown.size == (1920, 1440)


@pytest.mark.parametrize("body", [b"\xff\xd8\xff\xe0 no picture", b"\x89PNG\r\n\x1a\nxxxx", b""])
def test_j09_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(RuleBroken, match="PHOTO_UNREADABLE"):
        clean_picture(body)


def test_a_picture_that_unfolds_to_a_giant_is_refused() -> None:
    made = BytesIO()
    Image.new("1", (10_000, 10_000)).save(made, "PNG")
    assert len(made.getvalue()) < 100_000
    with pytest.raises(RuleBroken, match="PHOTO_UNREADABLE"):
        clean_picture(made.getvalue())


def test_what_is_not_a_photo_by_ending_or_content_is_refused(speak: Any, under_way: Any) -> None:
    row = under_way()
    page = BytesIO(b"<html>")
    page.name = "a.jpg"
    for wrong in (_jpeg(name="a.svg"), page):
        answer = _send(speak, row, wrong)
        assert (answer.status_code, answer.json()["code"]) == (415, "UPLOAD_TYPE")


def test_j09_the_fifth_photo_is_refused_until_one_is_deleted(
    speak: Any, under_way: Any, in_city: Any, neighbourhood: Any, django_capture_on_commit_callbacks: Any
) -> None:
    row = under_way()
    addresses = [_send(speak, row, _jpeg()).json()["address"] for _ in range(4)]
    fifth = _send(speak, row, _jpeg())
    assert (fifth.status_code, fifth.json()["code"]) == (422, "PHOTO_COUNT")
    with in_city():
        key = OccurrencePhoto.objects.earliest("pk").file.storage_key
        assert default_storage.exists(key)
    with in_city():
        first = OccurrencePhoto.objects.earliest("pk").pk
        assert addresses[0].endswith(f"/{first}")
        with django_capture_on_commit_callbacks(execute=True):
            remove_photo(photo_id=first, acting_user=neighbourhood.people["member"])
        assert not default_storage.exists(key)
        assert not StoredFile.objects.filter(storage_key=key).exists()
    assert _send(speak, row, _jpeg()).status_code == 201


def test_nobody_else_gets_the_bytes(speak: Any, under_way: Any) -> None:
    address = _send(speak, under_way(), _jpeg()).json()["address"]
    statuses = {
        name: speak(name).get(address).status_code for name in ("bureau", "second_leader", "citizen", None)
    }
    assert statuses == {"bureau": 200, "second_leader": 404, "citizen": 404, None: 401}
    assert speak("second_leader").delete(address).status_code == 404
    assert speak("bureau").delete(address).status_code == 204


def test_a_photo_without_a_note_on_consent_is_refused(speak: Any, under_way: Any) -> None:
    answer = speak("member").post(f"occurrences/{under_way().pk}/photos", {"file": _jpeg()})
    assert answer.status_code == 400
