"""Tables of interest grids, by noun."""

from grids.interest.models.activities import Activity, CalendarFeed, Occurrence, OccurrencePhoto
from grids.interest.models.attendance import Attendance, CheckInMade, FailedCheckIn, OccurrenceRating
from grids.interest.models.demand import Demand, DemandAsk
from grids.interest.models.erasures import ErasureAsk, ErasureRequest
from grids.interest.models.interest_grids import InterestGrid, InterestGridSpan
from grids.interest.models.member_imports import MemberImport
from grids.interest.models.members import GridMember, MemberPost, Participant, Participation
from grids.interest.models.visits import HotlineIssue, HouseholdVisit
from grids.interest.models.work import ChannelPost, WorkLog

__all__ = [
    "Activity",
    "Attendance",
    "CalendarFeed",
    "ChannelPost",
    "CheckInMade",
    "Demand",
    "DemandAsk",
    "ErasureAsk",
    "ErasureRequest",
    "FailedCheckIn",
    "GridMember",
    "HotlineIssue",
    "HouseholdVisit",
    "InterestGrid",
    "InterestGridSpan",
    "MemberImport",
    "MemberPost",
    "Occurrence",
    "OccurrencePhoto",
    "OccurrenceRating",
    "Participant",
    "Participation",
    "WorkLog",
]
