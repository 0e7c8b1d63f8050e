"""What is lost to a rival is tried again, a few times; what is no rival's doing is not hidden."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, OperationalError
from psycopg import errors

from instructors.assignment.services.rivals import TRIES, settled
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db


class Deed:
    """Fails with the errors in their order, then succeeds; counts how often it was done."""

    def __init__(self, *failures):
        self.failures, self.done = list(failures), 0

    def __call__(self):
        self.done += 1
        if self.failures:
            kind, cause = self.failures.pop(0)
            raise kind("lost") from cause
        return "kept"


DEADLOCK = (OperationalError, errors.DeadlockDetected())
NOT_SERIAL = (OperationalError, errors.SerializationFailure())
EXCLUDED = (IntegrityError, errors.ExclusionViolation())
TWICE = (IntegrityError, errors.UniqueViolation())


def test_a_lost_race_is_run_again(in_alpha):
    deed = Deed(DEADLOCK, EXCLUDED, NOT_SERIAL)
    assert settled(deed) == "kept" and deed.done == 4


@pytest.mark.parametrize("failure", [DEADLOCK, NOT_SERIAL, EXCLUDED, TWICE])
def test_s07_rivals_who_win_always_are_told_as_a_refusal(in_alpha, failure):
    deed = Deed(*[failure] * 99)
    with pytest.raises(RuleBroken, match="BOOKING_BUSY") as refused:
        settled(deed)
    assert deed.done == TRIES and refused.value.status == 409


@pytest.mark.parametrize(
    "failure", [(IntegrityError, errors.CheckViolation()), (OperationalError, errors.AdminShutdown())]
)
def test_other_faults_are_raised_at_once(in_alpha, failure):
    deed = Deed(failure)
    with pytest.raises(failure[0]):
        settled(deed)
    assert deed.done == 1


def test_a_refusal_is_no_lost_race(in_alpha):
    def refuse():
        raise RuleBroken("X", zh="x", en="x")

    with pytest.raises(RuleBroken, match="X"):
        settled(refuse)
