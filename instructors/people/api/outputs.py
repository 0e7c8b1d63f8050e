"""What the register's faces show: numbers always masked, names in full to who keeps the record."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from instructors.people.models import (
    ActivityItem,
    GradeAward,
    Instructor,
    MinorsCheck,
    ServiceRecord,
    TeachingItem,
    WorkRegistration,
)
from instructors.people.queries.instructors import name_for
from instructors.people.queries.standing import grades_held
from instructors.people.rules.grades import InstructorGrade
from instructors.people.rules.standing import grade_on
from tenants.bureau.api.names import AccountNameField
from tenants.bureau.rules.local_time import local_date


class InstructorUnit(serializers.Serializer[Any]):
    """A unit of the tree."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    level = serializers.CharField()


class PersonBrief(serializers.Serializer[Any]):
    """An instructor by id and name: in full to who keeps the record and to the person, else the first character."""

    id = serializers.IntegerField()
    name = serializers.SerializerMethodField()

    def get_name(self, row: Instructor) -> str:
        """The name as the reader sees it; masked where nobody is named as `reader`."""
        return name_for(self.context.get("reader"), row)


class ActivityItemOutput(serializers.ModelSerializer[ActivityItem]):
    """An item of the city's catalogue."""

    other_names = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ActivityItem
        fields = ("id", "code", "name", "category", "other_names", "is_active")


class TaughtItem(serializers.ModelSerializer[ActivityItem]):
    """An item by its code and name."""

    class Meta:
        model = ActivityItem
        fields = ("code", "name")


class GradeAwardOutput(serializers.ModelSerializer[GradeAward]):
    """A grade and its certificate."""

    class Meta:
        model = GradeAward
        fields: tuple[str, ...] = (
            "grade",
            "award_level",
            "certificate_number",
            "issuing_body",
            "valid_from",
            "valid_to",
        )


class TeachingItemOutput(serializers.ModelSerializer[TeachingItem]):
    """An item somebody may teach, and as what."""

    item = TaughtItem()

    class Meta:
        model = TeachingItem
        fields: tuple[str, ...] = ("item", "teaching_role", "certificate_number", "valid_from", "valid_to")


class WorkRegistrationOutput(serializers.ModelSerializer[WorkRegistration]):
    """A registered year."""

    class Meta:
        model = WorkRegistration
        fields = ("year", "registered_on")


class ServiceRecordOutput(serializers.ModelSerializer[ServiceRecord]):
    """One service given."""

    item = TaughtItem(allow_null=True)
    is_verified = serializers.SerializerMethodField()

    class Meta:
        model = ServiceRecord
        fields = (
            "id", "instructor_id", "served_on", "minutes", "service_kind", "item", "place", "source", "is_verified",
            "verified_on",
        )  # fmt: skip

    def get_is_verified(self, row: ServiceRecord) -> bool:
        """Whether somebody else has verified it."""
        return row.verified_by_id is not None


class MinorsCheckOutput(serializers.ModelSerializer[MinorsCheck]):
    """That a check was made, its result and by whom."""

    checked_by = AccountNameField()

    class Meta:
        model = MinorsCheck
        fields = ("id", "checked_on", "result_ok", "checked_by")


class WarningOutput(serializers.Serializer[Any]):
    """Something worth a second look that stands all the same."""

    code = serializers.CharField()
    field = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()


class InstructorOutput(serializers.ModelSerializer[Instructor]):
    """A person of the register with what holds today; numbers masked, the home not shown."""

    name = serializers.SerializerMethodField()
    unit = InstructorUnit()
    user_id = serializers.IntegerField(allow_null=True)
    id_number = serializers.CharField(source="identity.id_masked", default="", help_text="masked")
    phone = serializers.CharField(source="identity.phone_masked", default="", help_text="masked")
    bank_account = serializers.CharField(source="identity.bank_masked", default="", help_text="masked")
    grade = serializers.SerializerMethodField(help_text="the highest in force today")
    grades = GradeAwardOutput(many=True)
    items = TeachingItemOutput(many=True)
    registered_years = serializers.SerializerMethodField()

    class Meta:
        model = Instructor
        fields: tuple[str, ...] = (
            "id", "ref", "name", "unit", "user_id", "id_number", "phone", "bank_account", "home_note", "weekly_limit",
            "left_on", "grade", "grades", "items", "registered_years",
        )  # fmt: skip

    def get_name(self, row: Instructor) -> str:
        """In full to who keeps the record and to the person, else the first character."""
        return name_for(self.context.get("reader"), row)

    @extend_schema_field(serializers.ChoiceField(choices=list(InstructorGrade), allow_null=True))
    def get_grade(self, row: Instructor) -> str | None:
        """None without a certificate in force."""
        grade = grade_on(grades_held(row), self.context.get("today") or local_date(timezone.now()))
        return None if grade is None else grade.value

    def get_registered_years(self, row: Instructor) -> list[int]:
        """Years in which the work was registered."""
        return [each.year for each in row.registrations.all()]


class InstructorWritten(InstructorOutput):
    """A person as just written, with what is worth a second look."""

    warnings = serializers.SerializerMethodField()

    class Meta(InstructorOutput.Meta):
        fields = (*InstructorOutput.Meta.fields, "warnings")

    @extend_schema_field(WarningOutput(many=True))
    def get_warnings(self, row: Instructor) -> list[dict[str, str]]:
        """Such as a card number without the usual check digit."""
        return list(self.context.get("warnings", []))


class OwnRecordOutput(InstructorOutput):
    """One's own record: with the home, which nobody else is shown."""

    home = serializers.SerializerMethodField(help_text="[lon, lat] in EPSG:4490")
    registrations = WorkRegistrationOutput(many=True)

    class Meta(InstructorOutput.Meta):
        fields = (*InstructorOutput.Meta.fields, "home", "registrations")

    @extend_schema_field(serializers.ListField(child=serializers.FloatField(), allow_null=True))
    def get_home(self, row: Instructor) -> list[float] | None:
        """Where ways to sites begin."""
        return None if row.home is None else [row.home.x, row.home.y]
