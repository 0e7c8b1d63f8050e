"""Every number of the documents stands in the defaults, with its row, words and a readable value."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest

from tenants.bureau.rules.policy import ParameterDefinition, PolicyValue, parse_value
from tenants.bureau.rules.policy_defaults import definition, definitions
from wangge.errors import RuleBroken

# Requirement row → the parameters that carry its numbers, with the values typed in from the documents and the
# resolutions, not from the defaults file.
EXPECTED: dict[str, dict[str, PolicyValue]] = {
    "S02": {"basic_service.is_free": True},
    "S04": {
        "quota.yearly_amount": Decimal("10000.00"),
        "quota.holder": "street_town",
        "quota.low_use_share": Decimal("0.50"),
        "quota.low_use_check_day": (8, 31),
    },
    "S06": {"youth_summer.from_day": (7, 1), "youth_summer.to_day": (8, 31)},
    "S07": {"assignment.travel_buffer_minutes": 60, "instructor.minors_check_months": 12},
    "S08": {"training.events_per_year": 2},
    "S09": {
        "weekly_bulletin.weekday": 5,
        "weekly_bulletin.publish_target": time(17),
        "weekly_bulletin.missed_after": time(23, 59),
    },
    "S43": {"weekly_bulletin.freeze_time": time(12), "weekly_bulletin.late_after": time(20)},
    "S12": {
        "suspension.reply_workdays": 5,
        "suspension.provisional_stop_workdays": 10,
        "suspension.appeal_workdays": 10,
        "suspension.review_days": 30,
        "suspension.longest_days": 365,
        "suspension.stops_confirmed_sessions": False,
    },
    "S13": {
        "appraisal.publicity_workdays": 5,
        "appraisal.suspended_excluded": True,
        "appraisal.weight_delivery": 25,
        "appraisal.weight_paperwork": 20,
        "appraisal.weight_participation": 20,
        "appraisal.weight_quality": 20,
        "appraisal.weight_training": 5,
        "appraisal.weight_news": 5,
        "appraisal.weight_compliance": 5,
    },
    "S14": {"annual_plan.mismatch": "warn"},
    "S15": {
        "cycle.first_half_submit_from": (3, 1),
        "cycle.first_half_submit_to": (6, 30),
        "cycle.first_half_deliver_from": (3, 1),
        "cycle.first_half_deliver_to": (6, 30),
        "cycle.second_half_submit_from": (9, 1),
        "cycle.second_half_submit_to": (11, 30),
        "cycle.second_half_deliver_from": (9, 1),
        "cycle.second_half_deliver_to": (11, 30),
        "cycle.per_year": 2,
        "order.per_cycle": 1,
    },
    "S17": {"privacy.minimum_cell": 5},
    "S19": {
        "roster.minimum_skill_class": 20,
        "roster.minimum_lecture": 50,
        "roster.first_warning_workdays": 5,
        "roster.second_warning_workdays": 2,
    },
    "S20": {
        "caps.categories": 3,
        "caps.items_per_category": 3,
        "caps.sessions_per_item": 10,
        "caps.period": "cycle",
        "session.shortest_minutes": 60,
        "session.longest_minutes": 90,
    },
    "S23": {"retention.roster_years": 1},
    "S29": {"change.emergency_report_workdays": 1},
    "S32": {"letter.copies": 2, "letter.missing": "warn"},
    "S35": {
        "order.lead_workdays": 10,
        "order.lead_clear_days": False,
        "order.accept_provisional_calendar": False,
    },
    "S36": {"order.review_workdays": 3},
    "S37": {"inquiry.expiry_workdays": 2, "inquiry.candidates": 3},
    "S39": {"contact.shared_days_after_last": 30},
    "S40": {"inquiry.rounds": 3, "match.give_up_workdays": 5},
    "S42": {"liaison.due_workdays": 3},
    "S44": {
        "check_in.early_minutes": 60,
        "check_in.late_minutes": 30,
        "check_in.far_too_early_minutes": 120,
        "session.closes_itself_minutes": 120,
    },
    "S45": {
        "evidence.photos": 1,
        "evidence.videos": 1,
        "evidence.due_days": 3,
        "retention.media_years": 2,
    },
    "S46": {"roster.due_workdays": 3},
    "S47": {"news.due_workdays": 5, "news.required_per_course": True},
    "S48": {"feedback.from_day": 1, "feedback.to_day": 5, "deadline.rolls_forward": True},
    "S49": {"payslip.from_day": 5, "payslip.to_day": 10},
    "S50": {
        "reconcile.from_day": 10,
        "reconcile.to_day": 15,
        "tax.labour_fixed_deduction": Decimal("800.00"),
        "tax.labour_fixed_deduction_up_to": Decimal("4000.00"),
        "tax.labour_deduction_share": Decimal("0.20"),
        "tax.labour_bands": (
            {"over": Decimal(0), "rate": Decimal("0.20"), "quick_deduction": Decimal(0)},
            {"over": Decimal(20000), "rate": Decimal("0.30"), "quick_deduction": Decimal(2000)},
            {"over": Decimal(50000), "rate": Decimal("0.40"), "quick_deduction": Decimal(7000)},
        ),
    },
    "S51": {"pay.from_day": 15, "pay.to_day": 20, "pay.opening_rolls_forward": True},
    "J03": {
        "grid.target_households": 400,
        "grid.soft_minimum": 300,
        "grid.soft_maximum": 500,
        "grid.hard_minimum": 100,
        "grid.hard_maximum": 800,
        "grid.small_community": 300,
        "household.compound_floor_ratio": Decimal("2.0"),
    },
    "J01": {"fitness_group.members": 2, "activity.smallest_rating_count": 5},
    "J06": {"leader.acting_days": 90, "leader.acting_alert_days": 14, "leader.per_grid": 1},
    "J07": {
        "interest_grid.members": 1,
        "interest_grid.dormant_days": 60,
        "retention.participation_years": 1,
    },
    "J09": {
        "activity.regular_per_week": 1,
        "activity.regular_weeks": 3,
        "activity.regular_of_weeks": 4,
        "activity.horizon_days": 60,
        "activity.record_days": 7,
        "activity.unrecorded_days": 14,
        "activity.quiet_from": time(22),
        "activity.quiet_to": time(6),
        "activity.quiet_noon_from": time(12),
        "activity.quiet_noon_to": time(12),
        "activity.photos": 4,
        "activity.photo_megabytes": 10,
        "check_in.code_minutes": 10,
        "check_in.failed_tries": 20,
        "check_in.most_per_code": 300,
        "check_in.most_per_minute": 300,
    },
    "J11": {
        "coverage.walk_minutes": 15,
        "coverage.walk_speed_m_per_min": 80,
        "coverage.radius_m": 1000,
    },
    "J12": {
        "retention.register_years": 3,
        "instructor.grade3_services": 30,
        "instructor.grade2_years": 2,
        "instructor.grade1_years": 3,
        "instructor.national_years": 4,
        "instructor.active_months": 12,
        "instructor.paid_counts": False,
    },
    "J13": {"retention.visit_years": 1, "visit.record_days": 7},
    "J17": {
        "wellness.minimum_cell": 10,
        "retention.consent_years": 3,
        "retention.wellness_years": 3,
        "retention.wellness_withdrawn_days": 30,
        "retention.impact_assessment_years": 3,
    },
    "J18": {"wellness.retest_from_weeks": 6, "wellness.retest_to_weeks": 12},
    "J20": {"instructor.target_per_1000": Decimal("2.16")},
    "J21": {"coverage.interest_grids": 1},
    "X07": {
        "retention.audit_hot_months": 6,
        "retention.audit_cold_years": 3,
        "retention.money_years": 10,
        "retention.vouchers_years": 30,
        "erasure.answer_days": 15,
        "sign_in.failures": 5,
        "sign_in.failures_of_address": 50,
        "sign_in.lock_minutes": 15,
        "sign_in.idle_minutes": 30,
        "sign_in.idle_minutes_finance": 15,
        "sign_in.longest_hours": 12,
        "second_factor.required_of": "administrators",
        "password.shortest": 10,
        "password.character_classes": 3,
        "password.privileged_change_days": 90,
        "password.no_reuse_of": 5,
    },
}


def test_the_defaults_are_exactly_the_numbers_of_the_documents() -> None:
    by_row: dict[str, dict[str, PolicyValue]] = {}
    for found in definitions().values():
        by_row.setdefault(found.rule, {})[found.key] = parse_value(found, found.default)
    assert by_row == EXPECTED


@pytest.mark.parametrize("found", definitions().values(), ids=lambda found: found.key)
def test_every_parameter_says_where_it_comes_from(found: ParameterDefinition) -> None:
    assert found.clause
    assert found.zh
    assert found.en
    assert found.document in {"letter", "process", "report", "law", "silent"}


def test_the_appraisal_weights_add_up_to_a_hundred() -> None:
    weights = [found.default for key, found in definitions().items() if key.startswith("appraisal.weight_")]
    assert sum(int(str(weight)) for weight in weights) == 100


def test_an_unknown_key_is_refused_by_name() -> None:
    with pytest.raises(RuleBroken, match="POLICY_UNKNOWN"):
        definition("quota.monthly_amount")
