"""Tables of the register, by noun."""

from instructors.people.models.free_times import FreeTime, TimeException
from instructors.people.models.imports import RegisterImport
from instructors.people.models.instructors import Instructor, InstructorIdentity
from instructors.people.models.items import ActivityItem
from instructors.people.models.standing import (
    GradeAward,
    MinorsCheck,
    ServiceRecord,
    TeachingItem,
    WorkRegistration,
)

__all__ = [
    "ActivityItem",
    "FreeTime",
    "GradeAward",
    "Instructor",
    "InstructorIdentity",
    "MinorsCheck",
    "RegisterImport",
    "ServiceRecord",
    "TeachingItem",
    "TimeException",
    "WorkRegistration",
]
