"""Loading versions of test standards and screening questionnaires from documents."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from django.db import IntegrityError, transaction

from grids.wellness.models import ScreeningForm, TestStandard
from grids.wellness.rules import standard as rules_of_standards
from grids.wellness.rules.screening import ScreeningQuestionnaire, whole_questionnaire
from grids.wellness.rules.standard import Standard
from grids.wellness.rules.standard_holes import whole_standard
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from wangge.errors import RuleBroken
from wangge.kernel.permissions import require

STANDARD = "wellness.standard"
_EXAMPLES = Path(rules_of_standards.__file__).parent


@transaction.atomic
def load_standard(*, form: str, text: str, acting_user: User) -> TestStandard:
    """Keep a version of a standard; 403, 422 STANDARD_INVALID, 409 STANDARD_EXISTS for a version or first day twice.

    Rule: J17
    """
    require(acting_user, STANDARD)
    found = whole_standard(form, text)
    try:
        with transaction.atomic():
            row = TestStandard.objects.create(
                **_columns(found, form, text, acting_user), valid_from=found.valid_from
            )
    except IntegrityError as clash:
        raise _exists(found.code, found.version) from clash
    _audit(row, "test_standard.load", acting_user)
    return row


@transaction.atomic
def load_screening_form(*, form: str, text: str, acting_user: User) -> ScreeningForm:
    """Keep a version of a questionnaire; 403, 422 SCREENING_FORM_INVALID, 409 SCREENING_FORM_EXISTS. Rule: J18"""
    require(acting_user, STANDARD)
    found = whole_questionnaire(form, text)
    try:
        with transaction.atomic():
            row = ScreeningForm.objects.create(**_columns(found, form, text, acting_user))
    except IntegrityError as clash:
        raise RuleBroken(
            "SCREENING_FORM_EXISTS",
            zh=f"{found.code} 的版本 {found.version} 已有",
            en=f"{found.code} has a version {found.version} already",
            status=409,
            rule="J18",
            facts={"code": found.code, "version": found.version},
            how_to_fix_zh="已载入的版本不能更改，请使用新的版本号",
            how_to_fix_en="loaded versions do not change: give a new version",
            field="document",
        ) from clash
    _audit(row, "screening_form.load", acting_user)
    return row


def load_examples(*, acting_user: User) -> tuple[TestStandard, ScreeningForm]:
    """The invented standard and questionnaire for demonstrations, marked 示例; 409 when they stand already."""
    text = (_EXAMPLES / "example_standard.toml").read_text("utf-8")
    questions = (_EXAMPLES / "example_screening.toml").read_text("utf-8")
    return (
        load_standard(form="toml", text=text, acting_user=acting_user),
        load_screening_form(form="toml", text=questions, acting_user=acting_user),
    )


def _columns(
    found: Standard | ScreeningQuestionnaire, form: str, text: str, acting_user: User
) -> dict[str, object]:
    return {
        "code": found.code,
        "document_version": found.version,
        "name": found.name,
        "source": found.source,
        "is_example": found.is_example,
        "form": form,
        "text": text,
        "sha256": sha256(text.encode()).hexdigest(),
        "loaded_by": acting_user,
    }


def _exists(name: str, version: str) -> RuleBroken:
    return RuleBroken(
        "STANDARD_EXISTS",
        zh=f"{name} 的版本 {version} 或其生效日已有",
        en=f"{name} has a version {version}, or one from that day, already",
        status=409,
        rule="J17",
        facts={"code": name, "version": version},
        how_to_fix_zh="已载入的版本不能更改，请使用新的版本号和生效日",
        how_to_fix_en="loaded versions do not change: give a new version and first day",
        field="document",
    )


def _audit(row: TestStandard | ScreeningForm, action: str, acting_user: User) -> None:
    after = {"code": row.code, "version": row.document_version, "sha256": row.sha256}
    record_audit(acting_user=acting_user, action=action, subject=row, after=after)
