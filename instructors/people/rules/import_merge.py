"""A file's people against the register: who is new, what changes, what stays, and which rows cannot be taken.

A person is known by the digest of the identity number. The same number under another name, or in another unit whose
people the importer may not edit, is another person's record: it is refused, never overwritten. Who may edit corrects
a unit by a later file, within the unit that the file is for. What a row leaves blank stays; nothing is ever taken away.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gis.compute.intake.findings import Finding
from instructors.people.rules.grades import AWARDED_BY, InstructorGrade, TeachingRole
from instructors.people.rules.import_cells import is_same_name
from instructors.people.rules.import_rows import Award, RowRead
from tenants.bureau.rules.masking import mask_name

ItemInRole = tuple[int, TeachingRole]


@dataclass(frozen=True, slots=True)
class AwardHeld:
    """An award of the register."""

    id: int
    certificate_number: str
    issuing_body: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class PersonHeld:
    """A person of the register as far as files speak of one.

    `is_seen`: the importer may see the record; `is_within`: it stands in the unit that the file is for, or below it;
    `may_move`: the importer may edit people all over that unit.
    """

    id: int
    name: str
    unit_id: int
    unit_name: str
    is_seen: bool
    is_within: bool
    is_own: bool
    ref: str
    home: tuple[float, float] | None
    home_note: str
    weekly_limit: int
    phone_digest: str
    bank_account: str
    grades: Mapping[InstructorGrade, AwardHeld]
    items: frozenset[ItemInRole]
    years: Mapping[int, date | None]
    phone_masked: str = ""
    may_move: bool = False


@dataclass(frozen=True, slots=True)
class RowPlaced:
    """A row with what only the city knows: digests, the unit, the items of its catalogue."""

    read: RowRead
    digest: str
    phone_digest: str
    unit_id: int
    is_unit_given: bool
    item_ids: tuple[int, ...]

    @property
    def items(self) -> list[ItemInRole]:
        """Every item in every role of the row; without a role as a coach of the skill."""
        roles = self.read.roles or (TeachingRole.SKILL_COACH,)
        return [(item_id, role) for item_id in self.item_ids for role in roles]


@dataclass(frozen=True, slots=True)
class Papers:
    """Certificates (number → person and grade) and national numbers (number → person) that the register holds."""

    certificates: Mapping[str, tuple[int, InstructorGrade]]
    refs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """What a row changes of a person; None: the person is new and everything of the row is written."""

    row: RowPlaced
    held: PersonHeld | None
    unit: bool = False
    facts: bool = False
    phone: bool = False
    bank: bool = False
    award: bool = False
    items: tuple[ItemInRole, ...] = ()
    years: Mapping[int, date | None] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True when the register says all of it already."""
        return not (
            self.unit or self.facts or self.phone or self.bank or self.award or self.items or self.years
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """What a file comes to."""

    new: list[Change]
    changed: list[Change]
    unchanged: int
    errors: list[Finding]


def merge(rows: Iterable[RowPlaced], held: Mapping[str, PersonHeld], papers: Papers) -> Merged:
    """Hold every row against the register and against the rows before it."""
    merged = Merged([], [], 0, [])
    unchanged = 0
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        person = held.get(row.digest)
        errors = [*_repeated(row, seen), *_clashes(row, person, papers)]
        change = _change(row, person)
        errors += _own(row, person, change)
        if errors:
            merged.errors.extend(errors)
        elif person is None:
            merged.new.append(change)
        elif change.is_empty:
            unchanged += 1
        else:
            merged.changed.append(change)
    return Merged(merged.new, merged.changed, unchanged, merged.errors)


def _change(row: RowPlaced, held: PersonHeld | None) -> Change:
    read = row.read
    if held is None:
        return Change(row, None, award=read.award is not None, items=tuple(row.items), years=dict(read.years))
    facts = (
        (read.ref, held.ref), (read.home, held.home), (read.home_note, held.home_note),
        (read.weekly_limit, held.weekly_limit),
    )  # fmt: skip
    return Change(
        row,
        held,
        unit=row.is_unit_given and row.unit_id != held.unit_id,
        facts=any(given is not None and given != kept for given, kept in facts),
        phone=bool(read.phone) and row.phone_digest != held.phone_digest,
        bank=bool(read.bank_account) and read.bank_account != held.bank_account,
        award=read.award is not None and not _says_the_same(read.award, held.grades.get(read.award.grade)),
        items=tuple(each for each in row.items if each not in held.items),
        years={year: day for year, day in read.years.items() if _adds(held.years, year, day)},
    )


def _adds(kept: Mapping[int, date | None], year: int, day: date | None) -> bool:
    return year not in kept or (day is not None and day != kept[year])


def _says_the_same(award: Award, kept: AwardHeld | None) -> bool:
    if kept is None:
        return False
    return (
        award.certificate_number in (None, kept.certificate_number)
        and award.issuing_body in (None, kept.issuing_body)
        and award.valid_from in (None, kept.valid_from)
        and (not award.is_end_given or award.valid_to == kept.valid_to)
    )


def _repeated(row: RowPlaced, seen: dict[tuple[str, str], int]) -> list[Finding]:
    """Errors for what an earlier row of the file has said already."""
    read = row.read
    keys = [("person", row.digest, "证件号码", "PERSON_TWICE", "同一证件号码", "identity number")]
    if read.award is not None and read.award.certificate_number:
        number = read.award.certificate_number
        keys.append(
            ("certificate", number, "证书编号", "CERTIFICATE_TWICE", "同一证书编号", "certificate number")
        )
    if read.ref:
        keys.append(("ref", read.ref, "全国编号", "REF_TWICE", "同一全国编号", "national number"))
    errors = []
    for kind, value, column, code, zh, en in keys:
        first = seen.setdefault((kind, value), read.row)
        if first != read.row:
            errors.append(
                Finding(
                    code, zh=f"与第{first}行{zh}", en=f"row {first} bears the same {en}", row=read.row, field=column,
                    remedy_zh="每人一行；请合并或更正", remedy_en="one row a person: join or correct them",
                    facts={"first_row": first},
                )
            )  # fmt: skip
    return errors


def _clashes(row: RowPlaced, held: PersonHeld | None, papers: Papers) -> list[Finding]:
    """Errors for what the register says of somebody else."""
    errors = [] if held is None else _another_person(row, held)
    read, own_id = row.read, None if held is None else held.id
    if read.award is not None:
        errors += _award_errors(row, held)
        owner = papers.certificates.get(read.award.certificate_number or "")
        if owner is not None and owner != (own_id, read.award.grade):
            errors.append(_taken(read.row, "CERTIFICATE_TAKEN", "证书编号", "certificate number"))
    if read.ref and papers.refs.get(read.ref, own_id) != own_id:
        errors.append(_taken(read.row, "INSTRUCTOR_REF", "全国编号", "national number"))
    return errors


def _another_person(row: RowPlaced, held: PersonHeld) -> list[Finding]:
    """409 INSTRUCTOR_DUPLICATE when the register's person has another name, or stands in another unit and may not be moved."""
    is_moved = row.is_unit_given and held.unit_id != row.unit_id
    stands_elsewhere = not held.is_within or (is_moved and not held.may_move)
    if held.is_seen and is_same_name(held.name, row.read.name) and not stands_elsewhere:
        return []
    facts: dict[str, object] = {"status": 409, "seen": held.is_seen}
    zh, en = "该证件号码已在本市其他单位登记", "this identity number is registered elsewhere in the city"
    if held.is_seen:
        name = mask_name(held.name)
        facts |= {"instructor": held.id, "name": name, "unit": held.unit_name}
        zh = f"该证件号码已登记：{name}（{held.unit_name}）"
        en = f"this identity number is registered already: {name} ({held.unit_name})"
    return [
        Finding(
            "INSTRUCTOR_DUPLICATE", zh=zh, en=en, row=row.read.row, field="证件号码", facts=facts,
            remedy_zh="请核对号码和姓名；更名或调动请在档案中修改",
            remedy_en="check number and name; a change of name or unit is made in the record itself",
        )
    ]  # fmt: skip


def _award_errors(row: RowPlaced, held: PersonHeld | None) -> list[Finding]:
    award = row.read.award
    assert award is not None
    if held is not None and award.grade in held.grades:
        return []
    given = {"证书编号": award.certificate_number, "发证日期": award.valid_from}
    return [
        Finding(
            "FIELD_MISSING", zh=f"填写了等级但缺少{column}", en=f"there is a grade but no {column}", row=row.read.row,
            field=column, remedy_zh=f"请填写{column}", remedy_en=f"write {column}",
        )
        for column, value in given.items()
        if value is None
    ]  # fmt: skip


def _own(row: RowPlaced, held: PersonHeld | None, change: Change) -> list[Finding]:
    """403 OWN_RECORD: nobody brings the own grades, items or registrations in. Rule: S07"""
    if held is None or not held.is_own or not (change.award or change.items or change.years):
        return []
    return [
        Finding(
            "OWN_RECORD", zh="不能导入本人的等级、项目或注册记录", row=row.read.row, field="证件号码", facts={"status": 403},
            en="nobody imports the own grades, items or registrations",
            remedy_zh="请由其他有权限的人员导入该行", remedy_en="let a colleague import this row",
        )
    ]  # fmt: skip


def _taken(row: int, code: str, zh: str, en: str) -> Finding:
    return Finding(
        code, zh=f"该{zh}已登记在他人名下", en=f"this {en} is somebody else's in the register", row=row, field=zh,
        remedy_zh="请核对；如原记录有误，请先更正", remedy_en="check it, or correct the other record first",
        facts={"status": 409},
    )  # fmt: skip


def first_days(change: Change, today: date) -> date:
    """From when new items of a row hold: the certificate's day, else the earliest registration's, else the import's."""
    award = change.row.read.award
    if award is not None and award.valid_from is not None:
        return award.valid_from
    days: Sequence[date] = sorted(day for day in change.row.read.years.values() if day is not None)
    return days[0] if days else today


def award_level_of(grade: InstructorGrade) -> str:
    """The level that awards a grade, which files do not say."""
    return AWARDED_BY[grade].value
