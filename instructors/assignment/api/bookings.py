"""Taking time of instructors and places, over HTTP. Rule: S07"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.models import Booking, BookingKind
from instructors.assignment.queries.bookings import between, bookings_visible_to
from instructors.assignment.rules.booking_orders import BookingOrder, Change
from instructors.assignment.services.bookings import (
    Skipped,
    book,
    book_series,
    cancel_booking,
    move_booking,
)
from instructors.people.api.outputs import PersonBrief
from instructors.people.rules.grades import TeachingRole
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.kernel.fields import DayField, MomentField, Namesake
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.problems import english_wanted, problem_entry
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
MOST_WEEKS = 53


class IdField(serializers.IntegerField):
    """An id, left out or null where nothing is named."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"required": False, "allow_null": True, "default": None, **kwargs}
        super().__init__(min_value=1, max_value=BIGGEST_ID, **kwargs)


class NamedOutput(serializers.Serializer[Any]):
    """A row by id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class BookingOutput(serializers.ModelSerializer[Booking]):
    """Taken time. `padded_from` to `padded_to`: with its half of the way to and from another street or town."""

    starts_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    ends_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    padded_from = serializers.DateTimeField(source="padded.lower", default_timezone=SHANGHAI)
    padded_to = serializers.DateTimeField(source="padded.upper", default_timezone=SHANGHAI)
    instructor = PersonBrief(allow_null=True)
    site = NamedOutput(allow_null=True)
    town = NamedOutput()

    class Meta:
        model = Booking
        fields = (
            "id", "kind", "reference", "starts_at", "ends_at", "padded_from", "padded_to", "instructor", "site",
            "hall", "town", "is_exclusive", "is_active", "end_reason", "version",
        )  # fmt: skip


class BookingsQuery(serializers.Serializer[Any]):
    """Which bookings; days are local."""

    instructor = IdField()
    site = IdField()
    from_day = DayField(required=False)
    to_day = DayField(required=False)
    kind = serializers.ChoiceField(required=False, choices=BookingKind.choices)
    reference = serializers.CharField(required=False, max_length=80)
    cancelled = serializers.BooleanField(required=False, default=False, help_text="cancelled ones too")


class BookingInput(StrictInput):
    """What to take, and when. Without a site the street or town is named, because the way counts from there."""

    kind = serializers.ChoiceField(choices=BookingKind.choices)
    reference = serializers.CharField(
        max_length=80, help_text="the taker's own name of it, booked once a person"
    )
    starts_at = MomentField()
    ends_at = MomentField()
    instructor_id = IdField()
    site_id = IdField()
    town_id = IdField()
    hall = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    is_exclusive = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="null: as the site is used"
    )
    item_id = IdField(help_text="what is taught; null: a grade in force is enough")
    teaching_role = serializers.ChoiceField(
        required=False, choices=list(TeachingRole), default=TeachingRole.SKILL_COACH.value
    )
    override_reason = serializers.CharField(
        required=False, allow_blank=True, max_length=200, default="",
        help_text="books outside the person's free times",
    )  # fmt: skip


class SeriesInput(BookingInput):
    """The same every week: `starts_at` and `ends_at` are the first time, references get #1, #2, #3 …."""

    reference = serializers.CharField(max_length=70)
    weeks = serializers.IntegerField(min_value=1, max_value=MOST_WEEKS)
    without_days = serializers.ListField(
        child=DayField(), required=False, default=list, max_length=MOST_WEEKS
    )
    skip_conflicts = serializers.BooleanField(required=False, default=False)


class SkippedOutput(serializers.Serializer[Any]):
    """A time that was not booked, and why."""

    occurrence = serializers.IntegerField(help_text="1, 2, 3 … of those asked for")
    starts_at = serializers.DateTimeField()
    errors: Namesake = serializers.ListField(child=serializers.DictField())


class SeriesOutput(serializers.Serializer[Any]):
    """What became of a series."""

    bookings = BookingOutput(many=True)
    skipped = SkippedOutput(many=True)


class MoveInput(StrictInput):
    """Another time or place; what is left out stays. Another site begins with the whole of it."""

    starts_at = MomentField(required=False)
    ends_at = MomentField(required=False)
    site_id = IdField()
    town_id = IdField()
    hall = serializers.CharField(required=False, allow_blank=True, max_length=40)
    item_id = IdField(help_text="what is taught, to be looked at on the new day")
    override_reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class CancelInput(StrictInput):
    """Why the time is given back."""

    reason = serializers.CharField(max_length=200)


def _order(asked: dict[str, Any]) -> BookingOrder:
    known = {name: value for name, value in asked.items() if name != "teaching_role"}
    return BookingOrder(**known, role=TeachingRole(asked["teaching_role"]))


def _narrowed(rows: QuerySet[Booking], asked: dict[str, Any]) -> QuerySet[Booking]:
    columns = {"instructor": "instructor_id", "site": "site_id", "kind": "kind", "reference": "reference"}
    given = {column: asked[name] for name, column in columns.items() if asked.get(name) is not None}
    if not asked["cancelled"]:
        given["is_active"] = True
    rows = rows.filter(**given)
    if "from_day" in asked or "to_day" in asked:
        rows = between(rows, asked.get("from_day", DayField.FIRST), asked.get("to_day", DayField.LAST))
    return rows


class BookingsView(ApiView):
    """Taken time in one's reach."""

    permission = {"GET": SIGNED_IN, "POST": "booking.edit"}

    @extend_schema(parameters=[BookingsQuery], responses=paged(BookingOutput), operation_id="booking_list")
    def get(self, request: SignedInRequest) -> Response:
        """Bookings of the units with `booking.view`, and one's own; by id."""
        rows = _narrowed(bookings_visible_to(request.user), self.query(BookingsQuery))
        return self.page(rows, BookingOutput, reader=request.user)

    @extend_schema(request=BookingInput, responses={201: BookingOutput}, operation_id="booking_book")
    def post(self, request: SignedInRequest) -> Response:
        """Take the time of an instructor, a place, or both; every clash is told with its facts."""
        asked = self.parsed(BookingInput)
        reason = asked.pop("override_reason")
        row = book(order=_order(asked), acting_user=request.user, override_reason=reason)
        return self.answer(
            BookingOutput(row, context={"reader": request.user}).data,
            status=201,
            version=row.version,
            location=f"/api/v1/bookings/{row.pk}",
        )


class BookingSeriesView(ApiView):
    """The same time every week."""

    permission = "booking.edit"

    @extend_schema(request=SeriesInput, responses={201: SeriesOutput}, operation_id="booking_series")
    def post(self, request: SignedInRequest) -> Response:
        """Book a time every week: all or none, or with `skip_conflicts` those that can be and the others with reasons."""
        asked = self.parsed(SeriesInput)
        reason, skip = asked.pop("override_reason"), asked.pop("skip_conflicts")
        orders = _every_week(asked)
        done = book_series(
            orders=orders, acting_user=request.user, skip_conflicts=skip, override_reason=reason
        )
        english = english_wanted(request)
        skipped = [_skipped(each, orders[each.occurrence - 1], english) for each in done.skipped]
        bookings = BookingOutput(done.bookings, many=True, context={"reader": request.user}).data
        shown = {"bookings": bookings, "skipped": skipped}
        return self.answer(shown, status=201)


def _every_week(asked: dict[str, Any]) -> list[BookingOrder]:
    weeks, without = asked.pop("weeks"), set(asked.pop("without_days"))
    first = _order(asked)
    orders = []
    for week in range(weeks):
        later = timedelta(weeks=week)
        times = {"starts_at": first.starts_at + later, "ends_at": first.ends_at + later}
        order = _order({**asked, **times, "reference": f"{first.reference}#{week + 1}"})
        if order.day not in without:
            orders.append(order)
    return orders


def _skipped(each: Skipped, order: BookingOrder, english: bool) -> dict[str, Any]:
    return {
        "occurrence": each.occurrence,
        "starts_at": order.starts_at.astimezone(SHANGHAI).isoformat(),
        "errors": [problem_entry(refusal, english=english) for refusal in each.refusals],
    }


class BookingView(ApiView):
    """One booking."""

    permission = {"GET": SIGNED_IN, "PATCH": "booking.edit"}
    scope = bookings_visible_to
    needs_if_match = True

    @extend_schema(responses=BookingOutput, operation_id="booking_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The booking."""
        return self.answer(
            BookingOutput(self.object, context={"reader": request.user}).data, version=self.object.version
        )

    @extend_schema(request=MoveInput, responses=BookingOutput, operation_id="booking_move")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Move it to another time or place."""
        asked = self.parsed(MoveInput)
        reason = asked.pop("override_reason")
        row = move_booking(
            booking_id=id, change=Change(**asked), acting_user=request.user, override_reason=reason,
            if_match=request.headers.get("If-Match"),
        )  # fmt: skip
        return self.answer(BookingOutput(row, context={"reader": request.user}).data, version=row.version)


class BookingCancelView(ApiView):
    """Giving time back."""

    permission = "booking.edit"
    scope = bookings_visible_to

    @extend_schema(request=CancelInput, responses=BookingOutput, operation_id="booking_cancel")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Cancel the booking; it stays and tells why. If-Match is looked at when it is sent."""
        reason = self.parsed(CancelInput)["reason"]
        if_match = request.headers.get("If-Match")
        row = cancel_booking(booking_id=id, reason=reason, acting_user=request.user, if_match=if_match)
        return self.answer(BookingOutput(row, context={"reader": request.user}).data, version=row.version)


urlpatterns = [
    path("bookings", BookingsView.as_view()),
    path("bookings/series", BookingSeriesView.as_view()),
    path("bookings/<int:id>", BookingView.as_view()),
    path("bookings/<int:id>/cancel", BookingCancelView.as_view()),
]
