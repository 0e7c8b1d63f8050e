"""The same key for other content is another request, also when file name and size are the same."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from wangge.kernel.idempotency import body_fingerprint


def _fingerprint(content: bytes, note: str = "n") -> str:
    upload = SimpleUploadedFile("a.gpkg", content)
    plain = APIRequestFactory().post(
        "/api/v1/layer-imports", {"file": upload, "note": note}, format="multipart"
    )
    request = Request(plain, parsers=[MultiPartParser()])
    found = body_fingerprint(request)
    assert request.FILES["file"].read() == content, "the upload can still be read"
    return found


def test_content_and_fields_of_an_upload_count():
    assert _fingerprint(b"same") == _fingerprint(b"same")
    assert len({_fingerprint(b"same"), _fingerprint(b"sam2"), _fingerprint(b"same", "other")}) == 3
