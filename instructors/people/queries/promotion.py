"""What the register knows of a person's way to the next grade, and what the policy in force asks for. Rule: J12"""

from __future__ import annotations

from datetime import date

from instructors.people.models import Instructor
from instructors.people.queries.standing import grades_held, services_given
from instructors.people.rules.grades import InstructorGrade
from instructors.people.rules.promotion import (
    Career,
    Promotion,
    PromotionPolicy,
    ServiceGiven,
    promotion_of,
    years_later,
)
from tenants.bureau.queries.policy import policy_number, policy_value

_YEARS = {
    InstructorGrade.GRADE2: "instructor.grade2_years",
    InstructorGrade.GRADE1: "instructor.grade1_years",
    InstructorGrade.NATIONAL: "instructor.national_years",
}


def promotion_policy(today: date) -> PromotionPolicy:
    """The numbers of the day."""
    return PromotionPolicy(
        grade3_services=policy_number("instructor.grade3_services", today),
        years={grade: policy_number(key, today) for grade, key in _YEARS.items()},
        paid_counts=bool(policy_value("instructor.paid_counts", today)),
    )


def promotion_for(person: Instructor, as_of: date) -> Promotion:
    """The next grade of a person on a day, and what there was and what was missing; only services verified by then count.

    A registration counts from its day; one whose day nobody entered counts for its whole year.
    """
    given = services_given(person.pk, years_later(as_of, -1), as_of, verified_by_day=as_of)
    career = Career(
        awards=tuple(grades_held(person)),
        registered_years=[
            row.year
            for row in person.registrations.all()
            if row.registered_on is None or row.registered_on <= as_of
        ],
        services=tuple(ServiceGiven(each.served_on, each.kind) for each in given if each.is_verified),
        left_on=person.left_on,
    )
    return promotion_of(career, promotion_policy(as_of), as_of)
