"""A file of grid members held against the city: interest grids, members, posts, sites and certificates it names.

Rule: J08
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import Q

from gis.compute.intake.findings import Finding
from grids.interest.models import GridMember, MemberPost
from grids.interest.queries.members import MEMBER_PHONE
from grids.interest.queries.standing import interest_grids_run_by
from grids.interest.rules.member_rows import MemberRow, finding_at
from grids.interest.rules.member_source import CLAUSE, SourceClaim, check_source
from grids.interest.rules.people_states import InterestGridState, PostState
from grids.interest.services.member_import_reading import MembersRead
from grids.interest.services.sources import is_in_force
from grids.units.queries.pilots import counties_trying
from grids.units.rules.pilots import PilotFeature, check_open
from instructors.assignment.models import Site
from instructors.people.models import Instructor
from instructors.people.rules.import_cells import is_same_name
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from wangge.errors import RuleBroken

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class RowPlaced:
    """A good row with the rows of the city it means; `member_id` None: a new person, `is_kept`: the post is there."""

    read: MemberRow
    digest: str
    interest_grid_id: int
    community_id: int
    member_id: int | None
    instructor_id: int | None
    site_id: int | None
    is_kept: bool


def place_members(read: MembersRead, importer: User, on: date) -> tuple[list[RowPlaced], list[Finding]]:
    """The good rows against the city, in a bounded number of statements, and what it does not let in of any row."""
    city = _City([*read.rows, *(row for row, _ in read.spoilt)], importer, on)
    placed, errors = [], []
    for row in read.rows:
        found, refused = city.place(row)
        errors += [finding_at(row.row, each.field, each.broken) for each in refused]
        if found is not None:
            placed.append(found)
    for row, fields in read.spoilt:
        errors += [finding_at(row.row, each.field, each.broken) for each in city.refusals(row, fields)]
    return placed, errors


class _AtField(Exception):
    """A refusal and the field it speaks of."""

    def __init__(self, name: str, broken: RuleBroken) -> None:
        super().__init__(broken.code)
        self.field, self.broken = name, broken


class _City:
    """What the city holds of the words of a file."""

    def __init__(self, rows: Sequence[MemberRow], importer: User, on: date) -> None:
        self.on, keys = on, sealer()
        phones = {row.phone for row in rows if row.phone}
        self.digests = {phone: keys.digest(phone, purpose=MEMBER_PHONE) for phone in phones}
        self.interest_grids, self.paths = _interest_grids({row.interest_grid for row in rows}, importer, on)
        self.trying = counties_trying(PilotFeature.MEMBER_POSTS, on)
        members = GridMember.objects.filter(phone_digest__in=set(self.digests.values()))
        members = members.order_by("id").select_for_update(no_key=True)
        self.members = {row.phone_digest: row for row in members.defer("phone_sealed")}
        self.posts = _posts(row.pk for row in self.members.values())
        self.sites = _sites({row.site for row in rows if row.site})
        self.instructors = _instructors(rows, self.members.values())
        self.by_id = {person.pk: person for people in self.instructors.values() for person in people}
        self.linked: dict[int, str] = _linked(self.by_id)

    def place(self, row: MemberRow) -> tuple[RowPlaced | None, list[_AtField]]:
        """The rows that the row means, or None with all that stands against it."""
        refused: list[_AtField] = []
        digest = self.digests[row.phone]
        member = self.members.get(digest)
        if member is not None and not is_same_name(member.name, row.name):
            refused.append(_AtField("phone", _name_differs()))
        found = self._tried(lambda: self._interest_grid(row), refused)
        instructor = self._instructor(row, member)
        site = self._tried(lambda: self._site(row, instructor), refused)
        is_kept = member is not None and found is not None and self._is_kept(row, member.pk, found[0])
        if not is_kept:
            self._tried(lambda: self._check_source(row, instructor, site), refused)
            self._tried(lambda: self._check_days(row, member, found), refused)
            self._tried(lambda: self._check_open(found), refused)
        if instructor is not None and self.linked.setdefault(instructor.pk, digest) != digest:
            refused.append(_AtField("certificate", _instructor_is_member()))
        if refused or found is None or site is None:
            return None, refused
        return RowPlaced(
            row, digest, *found, None if member is None else member.pk,
            None if instructor is None else instructor.pk, site[0], is_kept,
        ), []  # fmt: skip

    def refusals(self, row: MemberRow, spoilt: Collection[str]) -> list[_AtField]:
        """What stands against a row of which these fields could not be read, as far as the others tell."""
        refused: list[_AtField] = []
        if "interest_grid" not in spoilt:
            self._tried(lambda: self._interest_grid(row), refused)
        if "site" not in spoilt:
            self._tried(lambda: self._site(row, None), refused)
        return refused

    @staticmethod
    def _tried(check: Callable[[], Told], refused: list[_AtField]) -> Told | None:
        try:
            return check()
        except _AtField as found:
            refused.append(found)
            return None

    def _interest_grid(self, row: MemberRow) -> tuple[int, int]:
        found = self.interest_grids.get(row.interest_grid, [])
        if len(found) != 1:
            raise _AtField("interest_grid", _interest_grid_unknown(len(found)))
        return found[0]

    def _is_kept(self, row: MemberRow, member_id: int, interest_grid_id: int) -> bool:
        posts = self.posts.get((member_id, interest_grid_id), [])
        return any(post.state != PostState.ENDED for post in posts)

    def _instructor(self, row: MemberRow, member: GridMember | None) -> Instructor | None:
        if member is not None and member.instructor_id is not None:
            return self.by_id.get(member.instructor_id)
        named = self.instructors.get(row.certificate, []) if row.certificate else []
        return next((person for person in named if is_same_name(person.name, row.name)), None)

    def _site(self, row: MemberRow, instructor: Instructor | None) -> tuple[int | None, bool]:
        if not row.site:
            return None, False
        found = self.sites.get(row.site, [])
        if len(found) != 1:
            raise _AtField("site", _site_unknown(len(found)))
        site_id, head_id = found[0]
        return site_id, instructor is not None and head_id == instructor.pk

    def _check_source(
        self, row: MemberRow, instructor: Instructor | None, site: tuple[int | None, bool] | None
    ) -> None:
        # A site that is not known was told of already; for the source it is one that was named.
        has_site, heads = (True, False) if site is None else (site[0] is not None, site[1])
        on = max(row.starts_on or self.on, self.on)
        claim = SourceClaim(
            name=row.name, source=row.source, proof=row.proof, association=row.association,
            representative=row.representative, has_site=has_site, heads_site=heads,
            is_in_register=instructor is not None and is_in_force(instructor, on),
        )  # fmt: skip
        try:
            check_source(claim)
        except RuleBroken as refused:
            raise _AtField("source", refused) from refused

    def _check_open(self, found: tuple[int, int] | None) -> None:
        try:
            if found is not None:
                check_open(PilotFeature.MEMBER_POSTS, self.paths[found[0]], self.on, self.trying)
        except RuleBroken as refused:
            raise _AtField("interest_grid", refused) from refused

    def _check_days(self, row: MemberRow, member: GridMember | None, found: tuple[int, int] | None) -> None:
        begins = row.starts_on or self.on
        if row.ends_on is not None and row.ends_on < begins:
            raise _AtField("ends_on", _days_out_of_order())
        posts = [] if member is None or found is None else self.posts.get((member.pk, found[0]), [])
        for post in posts:
            is_filled = post.confirmed_by_id is not None
            ends = row.ends_on or date.max
            if is_filled and post.starts_on <= ends and begins <= (post.ends_on or date.max):
                raise _AtField("starts_on", _overlaps())


def _interest_grids(
    words: set[str], importer: User, on: date
) -> tuple[dict[str, list[tuple[int, int]]], dict[int, str]]:
    """By code and by name: interest grid and community; and each one's unit path."""
    rows = interest_grids_run_by(importer, on).exclude(state=InterestGridState.CLOSED.value)
    found: dict[str, list[tuple[int, int]]] = {}
    paths: dict[int, str] = {}
    for key, code, name, home, path in rows.filter(Q(code__in=words) | Q(name__in=words)).values_list(
        "pk", "code", "name", "community_id", "community__unit__path"
    ):
        paths[key] = path
        for word in {code, name}:
            found.setdefault(word, []).append((key, home))
    return found, paths


def _posts(member_ids: Iterable[int]) -> Mapping[tuple[int, int], list[MemberPost]]:
    found: dict[tuple[int, int], list[MemberPost]] = {}
    for post in MemberPost.objects.filter(member__in=list(member_ids)).order_by("id"):
        found.setdefault((post.member_id, post.interest_grid_id), []).append(post)
    return found


def _sites(words: set[str]) -> dict[str, list[tuple[int, int | None]]]:
    found: dict[str, list[tuple[int, int | None]]] = {}
    rows = Site.objects.filter(Q(ref__in=words) | Q(name__in=words), valid_to=None)
    for key, ref, name, head in rows.values_list("pk", "ref", "name", "head_id"):
        for word in {ref, name}:
            found.setdefault(word, []).append((key, head))
    return found


def _instructors(rows: Sequence[MemberRow], members: Iterable[GridMember]) -> dict[str, list[Instructor]]:
    """People of the register by their certificates' numbers; those linked to members already stand under none."""
    numbers = {row.certificate for row in rows if row.certificate}
    linked = [member.instructor_id for member in members if member.instructor_id is not None]
    people = Instructor.objects.filter(Q(grades__certificate_number__in=numbers) | Q(pk__in=linked))
    found: dict[str, list[Instructor]] = {}
    for person in people.distinct().prefetch_related("grades"):
        for number in {grade.certificate_number for grade in person.grades.all()} | {""}:
            found.setdefault(number, []).append(person)
    return found


def _linked(instructors: Mapping[int, Instructor]) -> dict[int, str]:
    rows = GridMember.objects.filter(instructor__in=list(instructors)).values_list(
        "instructor_id", "phone_digest"
    )
    return {int(key or 0): digest or "" for key, digest in rows}


def _interest_grid_unknown(count: int) -> RuleBroken:
    if count:
        return RuleBroken(
            "INTEREST_GRID_AMBIGUOUS", zh=f"有{count}个同名的兴趣网格", en=f"{count} interest grids bear this name",
            rule="J07", how_to_fix_zh="请改填兴趣网格编号", how_to_fix_en="write its code",
        )  # fmt: skip
    return RuleBroken(
        "INTEREST_GRID_UNKNOWN", zh="您管理的兴趣网格中没有该编号或名称", rule="J07",
        en="none of the interest grids you manage bears this code or name",
        how_to_fix_zh="请填写兴趣网格编号，或先建立兴趣网格", how_to_fix_en="write its code, or propose it first",
    )  # fmt: skip


def _site_unknown(count: int) -> RuleBroken:
    zh, en = (
        ("有多个同名站点", "several sites bear it") if count else ("没有该健身站点", "there is no such site")
    )
    return RuleBroken(
        "SITE_UNKNOWN", zh=zh, en=en, rule="J08",
        how_to_fix_zh="请填写站点编号", how_to_fix_en="write its reference",
    )  # fmt: skip


def _name_differs() -> RuleBroken:
    return RuleBroken(
        "MEMBER_NAME_DIFFERS", zh="该手机号已登记为其他姓名的网格员", rule="J08", clause=CLAUSE,
        en="this phone belongs to a member of another name", how_to_fix_zh="请核对姓名和手机号",
        how_to_fix_en="compare name and phone",
    )  # fmt: skip


def _instructor_is_member() -> RuleBroken:
    return RuleBroken(
        "INSTRUCTOR_IS_MEMBER", zh="该指导员已登记为另一名网格员", rule="J08", clause=CLAUSE,
        en="this instructor is recorded as another member already", how_to_fix_zh="请核对证书编号和手机号",
        how_to_fix_en="compare certificate and phone",
    )  # fmt: skip


def _days_out_of_order() -> RuleBroken:
    return RuleBroken(
        "POST_DAYS", zh="任期截止日期早于开始日期", en="the last day lies before the first", rule="J08",
        how_to_fix_zh="请更正日期", how_to_fix_en="correct the days",
    )  # fmt: skip


def _overlaps() -> RuleBroken:
    return RuleBroken(
        "POST_TWICE", zh="与该人员在此兴趣网格的原任期重叠", en="it overlaps with the person's earlier post there",
        rule="J08", how_to_fix_zh="请将开始日期改为原任期结束之后", how_to_fix_en="begin after the earlier post",
    )  # fmt: skip
