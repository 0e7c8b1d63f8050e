"""The own record: through the linked account, or with a one-time code and no account. Rule: J17"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.wellness.api.citizens import (
    PURPOSES,
    RECORD,
    CitizenOutput,
    ConsentOutput,
    OwnConsentInput,
    PurposeInput,
    RecordOutput,
)
from grids.wellness.queries.people import own_standing
from grids.wellness.rules.consent import ConsentPurpose
from grids.wellness.services.codes import link_account
from grids.wellness.services.consenting import (
    give_own_consent,
    withdraw_by_code,
    withdraw_own_case,
    withdraw_own_consent,
)
from grids.wellness.services.erasing import erase_by_code, erase_oneself
from grids.wellness.services.reading import own_record, record_by_code
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.permissions import PUBLIC, SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty


class AccessCodeInput(StrictInput):
    """A one-time code."""

    code = serializers.CharField(max_length=20)


class AccessCodePurposeInput(AccessCodeInput):
    """A one-time code, and the consent that is taken back."""

    purpose = serializers.ChoiceField(choices=PURPOSES)


class OwnView(ApiView):
    """Where one stands oneself."""

    permission = SIGNED_IN

    @extend_schema(responses=CitizenOutput, operation_id="wellness_me")
    def get(self, request: SignedInRequest) -> Response:
        """The own consents and case, without values; 404 before the account is linked."""
        return self.answer(CitizenOutput(own_standing(request.user)).data)


class OwnLinkView(ApiView):
    """Linking the account."""

    permission = SIGNED_IN

    @extend_schema(request=AccessCodeInput, responses={204: None}, operation_id="wellness_me_link")
    def post(self, request: SignedInRequest) -> Response:
        """Link the account with the record whose code it is."""
        link_account(code=self.parsed(AccessCodeInput)["code"], acting_user=request.user)
        return empty()


class OwnConsentsView(ApiView):
    """The own consents."""

    permission = SIGNED_IN

    @extend_schema(
        request=OwnConsentInput, responses={201: ConsentOutput}, operation_id="wellness_me_consent"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Consent to one purpose."""
        asked = self.parsed(OwnConsentInput)
        consent = give_own_consent(
            purpose=ConsentPurpose(asked["purpose"]),
            text_version=asked["text_version"],
            acting_user=request.user,
        )
        return self.answer(ConsentOutput(consent).data, status=201)


class OwnWithdrawalView(ApiView):
    """Taking back the own consents."""

    permission = SIGNED_IN

    @extend_schema(request=PurposeInput, responses=ConsentOutput, operation_id="wellness_me_withdraw")
    def post(self, request: SignedInRequest) -> Response:
        """Take a consent back; what was entered under it is shown no more."""
        purpose = ConsentPurpose(self.parsed(PurposeInput)["purpose"])
        return self.answer(
            ConsentOutput(withdraw_own_consent(purpose=purpose, acting_user=request.user)).data
        )


class OwnCaseWithdrawalView(ApiView):
    """Withdrawing from the own case."""

    permission = SIGNED_IN

    @extend_schema(request=None, responses={204: None}, operation_id="wellness_me_case_withdraw")
    def post(self, request: SignedInRequest) -> Response:
        """End the own case at any time, also before any consent; nothing of it is shown any more."""
        withdraw_own_case(acting_user=request.user)
        return empty()


class OwnRecordView(ApiView):
    """The own record."""

    permission = SIGNED_IN
    shown_once = RECORD

    @extend_schema(request=None, responses=RecordOutput, operation_id="wellness_me_record")
    def post(self, request: SignedInRequest) -> Response:
        """All that is kept about oneself, as an export; logged."""
        return self.answer(RecordOutput(own_record(acting_user=request.user)).data)


class OwnErasureView(ApiView):
    """Erasing the own record."""

    permission = SIGNED_IN

    @extend_schema(request=None, responses={204: None}, operation_id="wellness_me_erase")
    def post(self, request: SignedInRequest) -> Response:
        """Erase the own record; the consents stay."""
        erase_oneself(acting_user=request.user)
        return empty()


class CodeView(ApiView):
    """What a one-time code opens to a person without an account; only codes prove who asks."""

    permission = PUBLIC
    authentication_classes: tuple[Any, ...] = ()


class CodeRecordView(CodeView):
    """The own record."""

    @extend_schema(request=AccessCodeInput, responses=RecordOutput, operation_id="wellness_code_record")
    def post(self, request: Request) -> Response:
        """All that is kept about oneself, as an export; the code is used up, the reading logged."""
        return self.answer(RecordOutput(record_by_code(code=self.parsed(AccessCodeInput)["code"])).data)


class CodeWithdrawalView(CodeView):
    """Taking back the own consents."""

    @extend_schema(
        request=AccessCodePurposeInput, responses=ConsentOutput, operation_id="wellness_code_withdraw"
    )
    def post(self, request: Request) -> Response:
        """Take a consent back; the code is used up."""
        asked = self.parsed(AccessCodePurposeInput)
        consent = withdraw_by_code(code=asked["code"], purpose=ConsentPurpose(asked["purpose"]))
        return self.answer(ConsentOutput(consent).data)


class CodeErasureView(CodeView):
    """Erasing the own record."""

    @extend_schema(request=AccessCodeInput, responses={204: None}, operation_id="wellness_code_erase")
    def post(self, request: Request) -> Response:
        """Erase the own record; the consents stay."""
        erase_by_code(code=self.parsed(AccessCodeInput)["code"])
        return empty()
