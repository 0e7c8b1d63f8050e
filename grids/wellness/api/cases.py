"""Exercise cases, over HTTP: where they stand, screening, clearance, withdrawal and the end. Rule: J18"""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.wellness.api.fitness_tests import ReadInput
from grids.wellness.models import ExerciseCase
from grids.wellness.queries.cases import cases_to_retest, cases_visible_to
from grids.wellness.queries.policy import RetestWeeks, retest_weeks
from grids.wellness.rules.case_states import CaseState
from grids.wellness.rules.retest import RetestWindow, window_of
from grids.wellness.rules.screening import INSTITUTION, NOTE_REFERENCE, ClearanceBasis, DoctorsNote
from grids.wellness.services.cases import clear_case, close_case, refer_case, screen_case
from grids.wellness.services.consenting import withdraw_case
from grids.wellness.services.reading import read_case
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

BIGGEST_ID = 2**62
STATES = [state.value for state in CaseState]


class CasesQuery(serializers.Serializer[Any]):
    """Which cases."""

    state = serializers.ChoiceField(choices=STATES, required=False)
    retest_due = serializers.BooleanField(
        required=False, help_text="true: those whose re-test may be taken today or is overdue"
    )


class CaseOutput(serializers.ModelSerializer[ExerciseCase]):
    """Where a case stands; `retest_from` and `retest_to`: the days of its re-test, once the programme has begun."""

    name = serializers.SerializerMethodField(help_text="in full where one case is read, masked in lists")
    sex = serializers.CharField(source="citizen.sex")
    birth_year = serializers.IntegerField(source="citizen.birth_year")
    birth_month = serializers.IntegerField(source="citizen.birth_month")
    community_name = serializers.CharField(source="citizen.community.name")
    retest_from = serializers.SerializerMethodField()
    retest_to = serializers.SerializerMethodField()

    class Meta:
        model = ExerciseCase
        fields = (
            "id",
            "citizen_id",
            "name",
            "sex",
            "birth_year",
            "birth_month",
            "community_name",
            "state",
            "screened_on",
            "programme_from",
            "retest_from",
            "retest_to",
            "ended_on",
        )

    def get_name(self, row: ExerciseCase) -> str:
        """The person's name: in full of a case that is open (`in_full`), masked in lists."""
        return row.citizen.name if self.context.get("in_full") else mask_name(row.citizen.name)

    def get_retest_from(self, row: ExerciseCase) -> date | None:
        """The first day of the re-test."""
        window = self._window(row)
        return None if window is None else window.first_day

    def get_retest_to(self, row: ExerciseCase) -> date | None:
        """The last day of the re-test."""
        window = self._window(row)
        return None if window is None else window.last_day

    def _window(self, row: ExerciseCase) -> RetestWindow | None:
        weeks: RetestWeeks = self.context["weeks"]
        if row.programme_from is None:
            return None
        return window_of(row.programme_from, weeks.first, weeks.last)


def case_shown(case: ExerciseCase) -> dict[str, Any]:
    """A case, with the days of its re-test."""
    return dict(CaseOutput(case, context={"weeks": retest_weeks(today()), "in_full": True}).data)


class ScreeningInput(StrictInput):
    """A questionnaire's answers, which are weighed and forgotten."""

    form_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    answers = serializers.DictField(child=serializers.BooleanField())


class NoteInput(StrictInput):
    """Where a doctor's note is found; nothing of what it says."""

    reference = serializers.RegexField(rf"^{NOTE_REFERENCE.pattern}\Z")
    dated_on = DayField()
    institution = serializers.RegexField(rf"^{INSTITUTION.pattern}\Z")


class ClearInput(StrictInput):
    """On what the person is cleared."""

    basis = serializers.ChoiceField(choices=[basis.value for basis in ClearanceBasis])
    note = NoteInput(required=False, allow_null=True, default=None)


class CaseContentOutput(serializers.Serializer[Any]):
    """A case with what is kept in it."""

    id = serializers.IntegerField()
    state = serializers.CharField()
    screened_on = serializers.DateField(allow_null=True)
    asks_for_doctor = serializers.BooleanField(allow_null=True)
    clearance = serializers.CharField(allow_null=True)
    programme_from = serializers.DateField(allow_null=True)
    prescriptions = serializers.JSONField()
    sessions = serializers.JSONField()
    comparison = serializers.JSONField(allow_null=True)


class CasesView(ApiView):
    """Exercise cases."""

    permission = "wellness.test"

    @extend_schema(parameters=[CasesQuery], responses=paged(CaseOutput), operation_id="wellness_case_list")
    def get(self, request: SignedInRequest) -> Response:
        """Cases in one's units, by id; not those of people who withdrew."""
        asked, weeks = self.query(CasesQuery), retest_weeks(today())
        is_due = asked.get("retest_due", False)
        rows = (
            cases_to_retest(request.user, today(), weeks.first) if is_due else cases_visible_to(request.user)
        )
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return self.page(rows, CaseOutput, weeks=weeks)


class CaseView(ApiView):
    """One case."""

    permission = "wellness.test"
    scope = cases_visible_to

    @extend_schema(responses=CaseOutput, operation_id="wellness_case_show")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Where it stands."""
        return self.answer(case_shown(self.object))


class CaseReadView(ApiView):
    """Reading what is kept in a case."""

    permission = "wellness.test"
    scope = cases_visible_to
    shown_once = ("asks_for_doctor", "clearance", "prescriptions", "sessions", "comparison")

    @extend_schema(request=ReadInput, responses=CaseContentOutput, operation_id="wellness_case_read")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Prescriptions, sessions and the comparison, for a purpose; logged."""
        content = read_case(case_id=id, purpose=self.parsed(ReadInput)["purpose"], acting_user=request.user)
        return self.answer(CaseContentOutput(content).data)


class CaseScreeningView(ApiView):
    """Risk screening."""

    permission = "wellness.test"
    scope = cases_visible_to

    @extend_schema(request=ScreeningInput, responses=CaseOutput, operation_id="wellness_case_screen")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Weigh the answers of a questionnaire; they are not kept."""
        case = screen_case(case_id=id, **self.parsed(ScreeningInput), acting_user=request.user)
        return self.answer(case_shown(case))


class CaseReferralView(ApiView):
    """Sending a person to a doctor."""

    permission = "wellness.test"
    scope = cases_visible_to

    @extend_schema(request=None, responses=CaseOutput, operation_id="wellness_case_refer")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Send the person to a doctor, whose note clears."""
        return self.answer(case_shown(refer_case(case_id=id, acting_user=request.user)))


class CaseClearanceView(ApiView):
    """Clearance by a qualified person."""

    permission = "wellness.prescribe"
    scope = cases_visible_to

    @extend_schema(request=ClearInput, responses=CaseOutput, operation_id="wellness_case_clear")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Say that the person can exercise, on the questionnaire or a doctor's note."""
        asked = self.parsed(ClearInput)
        case = clear_case(
            case_id=id,
            basis=ClearanceBasis(asked["basis"]),
            note=DoctorsNote(**asked["note"]) if asked["note"] else None,
            acting_user=request.user,
        )
        return self.answer(case_shown(case))


class CaseWithdrawalView(ApiView):
    """Withdrawing from a case."""

    permission = "wellness.test"
    scope = cases_visible_to

    @extend_schema(request=None, responses={204: None}, operation_id="wellness_case_withdraw")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """End the case at the person's word, at any time; nothing of it is shown any more."""
        withdraw_case(case_id=id, acting_user=request.user)
        return empty()


class CaseCloseView(ApiView):
    """Closing a case."""

    permission = "wellness.prescribe"
    scope = cases_visible_to

    @extend_schema(request=None, responses=CaseOutput, operation_id="wellness_case_close")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Close the case after its re-test."""
        return self.answer(case_shown(close_case(case_id=id, acting_user=request.user)))
