"""Policy parameters: what each means, where it comes from, what holds when; setting a value from a day on."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import PolicyParameterVersion
from tenants.bureau.queries.policy import policy_versions, versions_in_force
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.policy import ParameterDefinition, ValueType
from tenants.bureau.rules.policy_defaults import definitions
from tenants.bureau.services.policy import set_policy
from wangge.errors import not_found
from wangge.kernel.fields import DayField
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class PolicyVersionOutput(serializers.ModelSerializer[PolicyParameterVersion]):
    """One value and its days."""

    class Meta:
        model = PolicyParameterVersion
        fields = ("number", "value", "effective_from", "effective_to", "author_label", "reason", "created_at")


class PolicyParameterOutput(serializers.Serializer[Any]):
    """A parameter with its clause and the value in force; `version` 0 is the product's default."""

    key = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    value_type = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in ValueType])
    unit = serializers.CharField()
    rule = serializers.CharField(help_text="requirement row")
    document = serializers.CharField()
    clause = serializers.CharField()
    default = serializers.JSONField()
    minimum = serializers.CharField(allow_null=True)
    maximum = serializers.CharField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())
    columns = serializers.ListField(child=serializers.CharField())
    value = serializers.JSONField()
    version = serializers.IntegerField()
    effective_from = serializers.DateField(allow_null=True)


class PolicyParameterPage(serializers.Serializer[Any]):
    """All parameters on one page."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PolicyParameterOutput(many=True)


class PolicyParameterHistory(PolicyParameterOutput):
    """A parameter with all its versions."""

    versions = PolicyVersionOutput(many=True)


class PolicyQuery(serializers.Serializer[Any]):
    """The day asked about; today when left out."""

    on = DayField(required=False)


class PolicyVersionInput(StrictInput):
    """A new value: numbers as integers or strings, money as a string, times as HH:MM, days of the year as MM-DD."""

    value = serializers.JSONField()
    effective_from = DayField()
    effective_to = DayField(required=False, allow_null=True, default=None, help_text="its last day")
    ends_predecessor = serializers.BooleanField(
        required=False, default=False, help_text="end the open-ended version before it on the day before"
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


def _described(parameter: ParameterDefinition, row: PolicyParameterVersion | None) -> dict[str, Any]:
    return {
        "key": parameter.key,
        "zh": parameter.zh,
        "en": parameter.en,
        "value_type": parameter.value_type.value,
        "unit": parameter.unit,
        "rule": parameter.rule,
        "document": parameter.document,
        "clause": parameter.clause,
        "default": parameter.default,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "choices": list(parameter.choices),
        "columns": list(parameter.columns),
        "value": parameter.default if row is None else row.value,
        "version": 0 if row is None else row.number,
        "effective_from": None if row is None else row.effective_from,
    }


class PolicyParametersView(ApiView):
    """All parameters."""

    permission = "policy.view"

    @extend_schema(
        parameters=[PolicyQuery], responses=PolicyParameterPage, operation_id="policy_parameter_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """Every parameter with the value in force on a day; about 130, on one page."""
        on = self.query(PolicyQuery).get("on") or local_date(timezone.now())
        rows = {row.key: row for row in versions_in_force(on)}
        results = [_described(parameter, rows.get(key)) for key, parameter in definitions().items()]
        return self.answer(PolicyParameterPage({"next": None, "previous": None, "results": results}).data)


class PolicyParameterView(ApiView):
    """One parameter."""

    permission = "policy.view"

    @extend_schema(
        parameters=[PolicyQuery], responses=PolicyParameterHistory, operation_id="policy_parameter_read"
    )
    def get(self, request: SignedInRequest, key: str) -> Response:
        """Its meaning, clause, value in force and all versions."""
        parameter = definitions().get(key)
        if parameter is None:
            raise not_found("政策参数", "policy parameter")
        on = self.query(PolicyQuery).get("on") or local_date(timezone.now())
        row = versions_in_force(on, [key]).first()
        described = _described(parameter, row) | {"versions": policy_versions(key)}
        return self.answer(PolicyParameterHistory(described).data)


class PolicyVersionsView(ApiView):
    """Values of one parameter. Who may not set policy is told so by the service, with the clause (row S01)."""

    permission = "policy.view"

    @extend_schema(
        request=PolicyVersionInput, responses={201: PolicyVersionOutput}, operation_id="policy_version_create"
    )
    def post(self, request: SignedInRequest, key: str) -> Response:
        """Give the parameter a value from a day on."""
        given = self.parsed(PolicyVersionInput)
        if key not in definitions():
            raise not_found("政策参数", "policy parameter")
        row = set_policy(key=key, **given, acting_user=request.user)
        return self.answer(
            PolicyVersionOutput(row).data, status=201, location=f"/api/v1/policy-parameters/{key}"
        )
