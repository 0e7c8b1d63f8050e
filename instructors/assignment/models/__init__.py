"""Tables of sites, bookings and assignments, by noun."""

from instructors.assignment.models.bookings import Booking, BookingKind
from instructors.assignment.models.feeds import CalendarFeed
from instructors.assignment.models.retired import RetiredUse
from instructors.assignment.models.runs import AssignmentRun, RunState, SiteAssignment, UnservedNeed
from instructors.assignment.models.sites import AssignmentPin, Site, SiteNeed
from instructors.assignment.models.studies import GapStudy, StudyState

__all__ = [
    "AssignmentPin",
    "AssignmentRun",
    "Booking",
    "BookingKind",
    "CalendarFeed",
    "GapStudy",
    "RetiredUse",
    "RunState",
    "Site",
    "SiteAssignment",
    "SiteNeed",
    "StudyState",
    "UnservedNeed",
]
