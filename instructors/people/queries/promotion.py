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


def promotion_for(person: Instructor, today: date) -> Promotion:
    """The next grade of a person, and what there is and what is missing; only verified services count."""
    given = services_given(person.pk, years_later(today, -1), today)
    career = Career(
        awards=tuple(grades_held(person)),
        registered_years=[row.year for row in person.registrations.all()],
        services=tuple(ServiceGiven(each.served_on, each.kind) for each in given if each.is_verified),
        left_on=person.left_on,
    )
    return promotion_of(career, promotion_policy(today), today)
