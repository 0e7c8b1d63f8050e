"""People as testers see them: their consents, codes, copies and erasure, over HTTP. Rule: J17"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.wellness.models import Citizen
from grids.wellness.queries.consents import consents_about
from grids.wellness.queries.people import (
    citizen_for_update,
    citizens_named,
    citizens_visible_to,
    citizens_with_standing,
)
from grids.wellness.rules.consent import ConsentPurpose
from grids.wellness.rules.screening import INSTITUTION
from grids.wellness.rules.standard import Sex
from grids.wellness.services.codes import issue_access_code
from grids.wellness.services.consenting import record_consent, record_withdrawal
from grids.wellness.services.erasing import erase_citizen
from grids.wellness.services.inviting import correct_citizen
from grids.wellness.services.reading import share_record
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import Consent
from tenants.bureau.rules.masking import mask_name
from wangge.errors import RuleBroken
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

PURPOSES = [purpose.value for purpose in ConsentPurpose]
RECORD = ("citizen", "consents", "tests", "cases", "shared")


class CitizenOutput(serializers.ModelSerializer[Citizen]):
    """A person, name and phone masked; `consents`: purposes in force; `open_case_id`: of those who consented."""

    name = serializers.SerializerMethodField()
    phone = serializers.CharField(source="phone_masked")
    consents = serializers.ListField(child=serializers.CharField())
    open_case_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Citizen
        fields = (
            "id",
            "name",
            "sex",
            "birth_year",
            "birth_month",
            "community_id",
            "phone",
            "consents",
            "open_case_id",
        )

    def get_name(self, row: Citizen) -> str:
        """The name: in full of a person whose record is open (`in_full`), masked in lists."""
        return row.name if self.context.get("in_full") else mask_name(row.name)


class CitizensQuery(serializers.Serializer[Any]):
    """Whom to find, by the whole name or phone."""

    name = serializers.CharField(required=False, max_length=60)
    phone = serializers.CharField(required=False, max_length=32)


class CorrectInput(StrictInput):
    """What is corrected; an empty phone is removed."""

    name = serializers.CharField(required=False, max_length=60)
    sex = serializers.ChoiceField(required=False, choices=[sex.value for sex in Sex])
    birth_year = serializers.IntegerField(required=False, min_value=1900, max_value=2100)
    birth_month = serializers.IntegerField(required=False, min_value=1, max_value=12)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=32)


class PurposeInput(StrictInput):
    """A consent's purpose."""

    purpose = serializers.ChoiceField(choices=PURPOSES)


class OwnConsentInput(PurposeInput):
    """A consent: to what, in which wording."""

    text_version = serializers.RegexField(r"^[0-9A-Za-z.\-]{1,40}\Z")


class ConsentInput(OwnConsentInput):
    """A consent given on paper."""

    given_by_guardian = serializers.BooleanField(required=False, default=False)


class ConsentOutput(serializers.ModelSerializer[Consent]):
    """A consent to one purpose."""

    class Meta:
        model = Consent
        fields = ("id", "purpose", "text_version", "given_by_guardian", "given_at", "withdrawn_at")


class AccessCodeOutput(serializers.Serializer[Any]):
    """A code, told this once."""

    code = serializers.CharField()
    expires_at = serializers.DateTimeField()


class ShareInput(StrictInput):
    """Which health centre gets a copy, by its unified social credit code."""

    institution = serializers.RegexField(rf"^{INSTITUTION.pattern}\Z")


class RecordOutput(serializers.Serializer[Any]):
    """All that is kept about a person and stands under a consent in force."""

    format = serializers.CharField()
    citizen = serializers.JSONField()
    consents = serializers.JSONField()
    tests = serializers.JSONField()
    cases = serializers.JSONField()
    shared = serializers.JSONField()


class CitizensView(ApiView):
    """People who were invited."""

    permission = "wellness.test"

    @extend_schema(
        parameters=[CitizensQuery], responses=paged(CitizenOutput), operation_id="wellness_citizen_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """People of one's units, by id; found by their whole name or phone."""
        return self.page(citizens_named(request.user, **self.query(CitizensQuery)), CitizenOutput)


class CitizenView(ApiView):
    """One person."""

    permission = "wellness.test"
    scope = citizens_with_standing
    needs_if_match = True

    @extend_schema(responses=CitizenOutput, operation_id="wellness_citizen_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The person, with the consents in force."""
        return self.answer(
            CitizenOutput(self.object, context={"in_full": True}).data, version=self.object.version
        )

    @extend_schema(request=CorrectInput, responses=CitizenOutput, operation_id="wellness_citizen_correct")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Correct what was entered about the person; tests stay as they were scored."""
        changes = self.parsed(CorrectInput)
        with transaction.atomic():
            citizen_for_update(request.user, id)
            self._check_version(citizens_with_standing(request.user).get(pk=id))
            correct_citizen(citizen_id=id, changes=changes, acting_user=request.user)
        shown = citizens_with_standing(request.user).get(pk=id)
        return self.answer(CitizenOutput(shown, context={"in_full": True}).data, version=shown.version)

    def _check_version(self, standing: Citizen) -> None:
        """Compare If-Match; a stale edit does not see the phone it sent come back in the answer."""
        try:
            self.check_version(standing.version, dict(CitizenOutput(standing).data))
        except RuleBroken as stale:
            sent = stale.facts.get("sent")
            if isinstance(sent, dict):
                sent.pop("phone", None)
            raise


class CitizenConsentsView(ApiView):
    """Consents given on paper."""

    permission = "wellness.test"
    scope = citizens_visible_to

    @extend_schema(responses=paged(ConsentOutput), operation_id="wellness_consent_list")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """What the person consented to and took back, when and in which wording, by id."""
        return self.page(consents_about(self.object), ConsentOutput)

    @extend_schema(
        request=ConsentInput, responses={201: ConsentOutput}, operation_id="wellness_consent_record"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record that the person, or a guardian, consented to one purpose."""
        asked = self.parsed(ConsentInput)
        asked["purpose"] = ConsentPurpose(asked["purpose"])
        consent = record_consent(citizen_id=id, **asked, acting_user=request.user)
        return self.answer(ConsentOutput(consent).data, status=201)


class CitizenWithdrawalView(ApiView):
    """Consents taken back at the person's word."""

    permission = "wellness.test"
    scope = citizens_visible_to

    @extend_schema(request=PurposeInput, responses=ConsentOutput, operation_id="wellness_consent_withdraw")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Take a consent back; what was entered under it is shown no more."""
        purpose = ConsentPurpose(self.parsed(PurposeInput)["purpose"])
        consent = record_withdrawal(citizen_id=id, purpose=purpose, acting_user=request.user)
        return self.answer(ConsentOutput(consent).data)


class CitizenCodeView(ApiView):
    """One-time codes."""

    permission = "wellness.test"
    scope = citizens_visible_to
    shown_once = ("code",)

    @extend_schema(request=None, responses={201: AccessCodeOutput}, operation_id="wellness_code_issue")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """A code to hand to the person, good for one act within a week; earlier ones end."""
        row, code = issue_access_code(citizen_id=id, acting_user=request.user)
        return self.answer(AccessCodeOutput({"code": code, "expires_at": row.expires_at}).data, status=201)


class CitizenShareView(ApiView):
    """The copy for a health centre."""

    permission = "wellness.test"
    scope = citizens_visible_to
    shown_once = RECORD

    @extend_schema(request=ShareInput, responses=RecordOutput, operation_id="wellness_record_share")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """The record for a health centre, on the person's separate consent; logged."""
        institution = self.parsed(ShareInput)["institution"]
        record = share_record(citizen_id=id, institution=institution, acting_user=request.user)
        return self.answer(RecordOutput(record).data)


class CitizenErasureView(ApiView):
    """Erasure at the person's word."""

    permission = "wellness.test"
    scope = citizens_visible_to

    @extend_schema(request=None, responses={204: None}, operation_id="wellness_citizen_erase")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Erase the person; the consents stay."""
        erase_citizen(citizen_id=id, acting_user=request.user)
        return empty()
