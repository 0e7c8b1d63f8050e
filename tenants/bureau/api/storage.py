"""How much of its storage the city has used."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.storage import storage_use
from tenants.bureau.rules.storage_quota import WARN_FROM, StorageState
from wangge.kernel.views import ApiView


class StorageOutput(serializers.Serializer[Any]):
    """Tables and files against the quota that the operator gave the city."""

    quota_bytes = serializers.IntegerField()
    used_bytes = serializers.IntegerField()
    table_bytes = serializers.IntegerField(help_text="tables with their indexes")
    file_bytes = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=[state.value for state in StorageState],
        help_text=f"warning from {WARN_FROM:.0%} of the quota on; over: nothing more can be stored",
    )


class StorageView(ApiView):
    """The city's storage, for those who watch its work."""

    permission = "job.view"

    @extend_schema(responses=StorageOutput, operation_id="storage_read")
    def get(self, request: SignedInRequest) -> Response:
        """Used bytes, quota, and whether it is time to do something."""
        return self.answer(StorageOutput(storage_use()).data)
