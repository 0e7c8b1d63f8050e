"""People of the register who teach something and were left out of a computation, where they live. Rule: S07"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Q

from gis.layers.queries.frames import frame_of
from instructors.assignment.rules.home_cells import middle_of_home_cell
from instructors.assignment.rules.left_out_near import LeftOutTeacher
from instructors.assignment.rules.qualifications import qualification
from instructors.people.models import Instructor, TeachingItem
from instructors.people.rules.grades import TeachingRole
from tenants.bureau.queries.city import city_profile

NOT_QUALIFIED = "not_qualified"


def left_out_teachers(left_out: Mapping[str, Collection[int]], on: date) -> list[LeftOutTeacher]:
    """Who was left out with what they teach by the register; and whose item alone is no longer in force on the day."""
    reason_of = {key: reason for reason, keys in left_out.items() for key in keys}
    items = _items(set(reason_of), on)
    expired = {key: taught for key, taught in items.items() if key not in reason_of}
    people = Instructor.objects.filter(Q(left_on=None) | Q(left_on__gte=on), pk__in=list(items))
    frame = frame_of(people.filter(home__isnull=False), {}, "home")
    homes = frame.to_crs(f"EPSG:{city_profile().gauss_kruger_epsg}").geometry
    return [
        LeftOutTeacher(
            NOT_QUALIFIED if key in expired else reason_of[key], *middle_of_home_cell(x, y), frozenset(items[key])
        )
        for key, x, y in zip(homes.index, homes.x, homes.y, strict=True)
    ]  # fmt: skip


def _items(people: Collection[int], on: date) -> dict[int, set[int]]:
    """Every item of these people, in force or not; of others those in the register that have ended."""
    rows = TeachingItem.objects.filter(Q(instructor_id__in=list(people)) | Q(valid_to__lt=on))
    found: dict[int, set[int]] = defaultdict(set)
    for key, item, role in rows.values_list("instructor_id", "item_id", "teaching_role"):
        found[key].add(qualification(item, TeachingRole(role)))
    return found
