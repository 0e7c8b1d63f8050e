"""How the API parses, answers, and describes itself: the settings of its two libraries."""

from __future__ import annotations

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.accounts.api.authentication.AccessTokenAuthentication",
        "tenants.accounts.api.authentication.CitySessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["wangge.kernel.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["wangge.kernel.parsers.SafeJSONParser"],
    "EXCEPTION_HANDLER": "wangge.kernel.problems.answer_exception",
    "DEFAULT_SCHEMA_CLASS": "wangge.kernel.openapi.ProblemAwareSchema",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Wangge API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "wangge.kernel.openapi.any_value_may_be_null",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Choices that several documents call by one field name, such as `kind`.
    "ENUM_NAME_OVERRIDES": {
        "CalendarDayKindEnum": "tenants.bureau.models.calendar.CalendarDay.Kind",
        "OrgLevelEnum": "tenants.bureau.models.org_units.OrgLevel",
        "JobStateEnum": "tenants.bureau.models.jobs.JobState",
        "PlanStateEnum": "grids.units.api.plans.STATES",
        "LeaderStateEnum": "grids.units.api.leader_terms.STATES",
        "VacancyStateEnum": ["vacant", "acting"],
        "SportsBodyKindEnum": "grids.units.api.sports_bodies.KINDS",
        "LayerKindEnum": "gis.layers.models.LayerKind",
        "FindingLevelEnum": ["refusal", "hint"],
        "LayerImportStatusEnum": "gis.layers.models.ImportStatus",
        "RegisterImportStatusEnum": "instructors.people.models.imports.ImportStatus",
        "InstructorGradeEnum": ["grade3", "grade2", "grade1", "national"],
        "TeachingRoleEnum": ["skill_coach", "lecturer"],
        "ServiceKindEnum": ["volunteer", "paid"],
        "SiteKindEnum": "instructors.assignment.models.sites.SiteKind",
        "BookingKindEnum": "instructors.assignment.models.bookings.BookingKind",
        "WorkKindEnum": "grids.interest.api.work_logs.KINDS",
        "AssistThemeEnum": "grids.interest.api.work_logs.THEMES",
        "DutyRoleEnum": "grids.interest.api.work_logs.ROLES",
        "VisitPurposeEnum": "grids.interest.api.visits.PURPOSES",
        "VisitOutcomeEnum": "grids.interest.api.visits.OUTCOMES",
        "VisitRecordingEnum": ["recorded", "repeated", "refused"],
        "IssueKindEnum": "grids.interest.api.hotline.KINDS",
        "IssueStateEnum": "grids.interest.api.hotline.STATES",
        "InterestGridStateEnum": ["proposed", "active", "dormant", "closed"],
        "PostStateEnum": ["nominated", "confirmed", "active", "ended"],
        "MemberSourceEnum": ["association", "site_head", "instructor", "backbone"],
        "ActivityCategoryEnum": ["dance_exercise", "martial_arts", "ball_games", "walking_running", "other"],
        "CancelCategoryEnum": "grids.interest.api.activities.CATEGORIES",
        "DoorStateEnum": ["open", "early", "closed", "expired", "cancelled"],
        "OccurrenceStateEnum": ["planned", "held", "cancelled", "unrecorded"],
        "ActivityStateEnum": ["active", "cancelled"],
        "DemandStateEnum": "grids.interest.api.demands.STATES",
        "InvitationKindEnum": "grids.wellness.models.people.Invitation.Kind",
        "ExerciseCaseStateEnum": "grids.wellness.api.cases.STATES",
        "WellnessPurposeEnum": "grids.wellness.api.citizens.PURPOSES",
        "ConsentPurposeEnum": "tenants.bureau.models.consents.Consent.Purpose",
    },
}
