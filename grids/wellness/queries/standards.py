"""Versions of test standards and screening questionnaires."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from grids.wellness.models import ScreeningForm, TestStandard
from tenants.accounts.models import User
from wangge.errors import not_found


def standards_visible_to(user: User) -> QuerySet[TestStandard]:
    """All versions of all standards, by id: everybody who is signed in may read them."""
    return TestStandard.objects.order_by("id")


def screening_forms_visible_to(user: User) -> QuerySet[ScreeningForm]:
    """All versions of all questionnaires, by id."""
    return ScreeningForm.objects.order_by("id")


def standard_found(standard_id: int) -> TestStandard:
    """The version; 404 without one."""
    found = TestStandard.objects.filter(pk=standard_id).first()
    if found is None:
        raise not_found("体质测定标准", "test standard")
    return found


def screening_form_found(form_id: int) -> ScreeningForm:
    """The version; 404 without one."""
    found = ScreeningForm.objects.filter(pk=form_id).first()
    if found is None:
        raise not_found("筛查问卷", "screening form")
    return found


def replaced_from(standard: TestStandard) -> date | None:
    """The first day of the next version of the same code, or None."""
    later = TestStandard.objects.filter(code=standard.code, valid_from__gt=standard.valid_from)
    return later.order_by("valid_from").values_list("valid_from", flat=True).first()
