"""Whence a member comes, held against the register of instructors, the sites and the files. Rule: J08"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from grids.interest.models import GridMember
from grids.interest.rules.member_source import SourceClaim, check_source
from grids.interest.rules.people_states import MemberSource
from instructors.assignment.models import Site
from instructors.people.models import Instructor
from instructors.people.queries.standing import grades_held
from instructors.people.rules.standing import grade_on
from tenants.accounts.models import User
from tenants.bureau.models import StoredFile
from wangge.errors import not_found


@dataclass(frozen=True, slots=True)
class SourceOrder:
    """Whence a person is said to come: `representative` is whom the association names, `certificate_number` finds the
    person in the register of instructors."""

    source: str = ""
    proof: str = ""
    proof_file_id: int | None = None
    association: str = ""
    representative: str = ""
    site_id: int | None = None
    certificate_number: str = ""


@dataclass(frozen=True, slots=True)
class SourceProved:
    """The rows that prove it."""

    instructor: Instructor | None
    site: Site | None
    proof_file: StoredFile | None
    proof: str


def prove_source(member: GridMember, order: SourceOrder, on: date, acting_user: User) -> SourceProved:
    """The rows that prove the source; 422 MEMBER_SOURCE, 404 for a site or a file that is not there."""
    instructor = _instructor(member, order)
    site = _site(order.site_id)
    proof_file = _file(order.proof_file_id, acting_user)
    check_source(
        SourceClaim(
            name=member.name,
            source=order.source,
            proof=order.proof,
            has_file=proof_file is not None,
            association=order.association,
            representative=order.representative,
            has_site=site is not None,
            heads_site=site is not None and instructor is not None and site.head_id == instructor.pk,
            is_in_register=instructor is not None and is_in_force(instructor, on),
        )
    )
    is_certificate = order.source == MemberSource.INSTRUCTOR and not order.proof
    return SourceProved(
        instructor, site, proof_file, order.certificate_number if is_certificate else order.proof
    )


def is_in_force(instructor: Instructor, on: date) -> bool:
    """Whether the person stands in the register that day, with a grade in force."""
    has_left = instructor.left_on is not None and instructor.left_on < on
    return not has_left and grade_on(grades_held(instructor), on) is not None


def _instructor(member: GridMember, order: SourceOrder) -> Instructor | None:
    """The person's record: the one linked already, or that of the certificate when it bears the person's name."""
    if member.instructor_id is not None:
        return Instructor.objects.prefetch_related("grades").get(pk=member.instructor_id)
    if not order.certificate_number.strip():
        return None
    bears = Q(grades__certificate_number=order.certificate_number.strip(), name=member.name)
    return Instructor.objects.filter(bears).prefetch_related("grades").first()


def _site(site_id: int | None) -> Site | None:
    if site_id is None:
        return None
    found = Site.objects.filter(pk=site_id, valid_to=None).first()
    if found is None:
        raise not_found("健身站点", "site")
    return found


def _file(file_id: int | None, acting_user: User) -> StoredFile | None:
    """A file the person who orders has stored; others' files are not there."""
    if file_id is None:
        return None
    found = StoredFile.objects.filter(pk=file_id, stored_by=acting_user.pk).first()
    if found is None:
        raise not_found("文件", "file")
    return found
