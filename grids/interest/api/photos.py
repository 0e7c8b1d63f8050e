"""Photos of occurrences over HTTP; their bytes only for whoever sees the occurrence. Rule: J09"""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from grids.interest.models import OccurrencePhoto
from grids.interest.queries.activities import occurrences_visible_to
from grids.interest.queries.photos import photos_visible_to
from grids.interest.services.photos import add_photo, remove_photo
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import not_found
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty


class PhotoOutput(serializers.ModelSerializer[OccurrencePhoto]):
    """A photo; its bytes are at `address`."""

    address = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(default_timezone=SHANGHAI)

    class Meta:
        model = OccurrencePhoto
        fields = ("id", "occurrence_id", "caption", "consent_note", "created_at", "address")

    def get_address(self, row: OccurrencePhoto) -> str:
        """Where the picture is."""
        return f"/api/v1/occurrence-photos/{row.pk}"


class PhotoInput(StrictInput):
    """A JPEG or PNG, and who agreed to be shown."""

    file = serializers.FileField()
    caption = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    consent_note = serializers.CharField(max_length=200, help_text="who agreed to be shown, in words")


class OccurrencePhotosView(ApiView):
    """The photos of an occurrence."""

    permission = SIGNED_IN
    scope = occurrences_visible_to
    parser_classes = (MultiPartParser,)

    @extend_schema(responses=paged(PhotoOutput), operation_id="occurrence_photo_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Its photos, by id."""
        return self.page(photos_visible_to(request.user).filter(occurrence_id=id), PhotoOutput)

    @extend_schema(
        request={"multipart/form-data": PhotoInput}, responses={201: PhotoOutput},
        operation_id="occurrence_photo_add",
    )  # fmt: skip
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Add one; it is kept without what the camera wrote into it."""
        sent = self.parsed(PhotoInput)
        photo = add_photo(occurrence_id=id, upload=sent.pop("file"), acting_user=request.user, **sent)
        return self.answer(
            PhotoOutput(photo).data, status=201, location=f"/api/v1/occurrence-photos/{photo.pk}"
        )


class OccurrencePhotoView(ApiView):
    """One photo."""

    permission = SIGNED_IN
    scope = photos_visible_to

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY}, operation_id="occurrence_photo_read")
    def get(self, request: SignedInRequest, id: int) -> FileResponse:
        """The picture."""
        try:
            body = default_storage.open(self.object.file.storage_key)
        except FileNotFoundError as gone:
            raise not_found("照片", "photo") from gone
        response = FileResponse(body, content_type="image/jpeg", filename=f"{id}.jpg")
        response["Cache-Control"] = "private, max-age=3600"
        return response

    @extend_schema(responses={204: None}, operation_id="occurrence_photo_remove")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Delete it."""
        remove_photo(photo_id=id, acting_user=request.user)
        return empty()


urlpatterns = [
    path("occurrences/<int:id>/photos", OccurrencePhotosView.as_view()),
    path("occurrence-photos/<int:id>", OccurrencePhotoView.as_view()),
]
