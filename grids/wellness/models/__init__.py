"""Tables of fitness tests and exercise cases, by noun.

What speaks of a person's body (values, points, grades, prescriptions, exertion) stands in sealed columns only.
"""

from grids.wellness.models.cases import CaseEvent, ExerciseCase, ExercisePrescription, ExerciseSession
from grids.wellness.models.fitness_tests import FitnessTest
from grids.wellness.models.people import AccessCode, Citizen, HealthShare, Invitation
from grids.wellness.models.standards import ScreeningForm, TestStandard
from grids.wellness.models.totals import FitnessTotals

__all__ = [
    "AccessCode",
    "CaseEvent",
    "Citizen",
    "ExerciseCase",
    "ExercisePrescription",
    "ExerciseSession",
    "FitnessTest",
    "FitnessTotals",
    "HealthShare",
    "Invitation",
    "ScreeningForm",
    "TestStandard",
]
