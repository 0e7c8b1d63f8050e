from __future__ import annotations

from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("interest", "0002_activities"),
        ("assignment", "0008_items_of_duties_already_booked"),
        ("bureau", "0008_population"),
        ("citylayers", "0005_sites_tell_capacity_hours_and_access"),
        ("people", "0003_catalogue_of_items"),
        ("units", "0002_grids_may_be_locked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Demand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "course_type",
                    models.CharField(
                        choices=[("skill_class", "skill_class"), ("lecture", "lecture")],
                        default="skill_class",
                        max_length=12,
                    ),
                ),
                ("askers", models.PositiveIntegerField(default=1)),
                ("people", models.PositiveIntegerField(null=True)),
                (
                    "has_basis",
                    models.BooleanField(help_text="whether the people have done it before", null=True),
                ),
                (
                    "crowd",
                    models.CharField(
                        choices=[
                            ("everybody", "everybody"),
                            ("children", "children"),
                            ("adults", "adults"),
                            ("older", "older"),
                        ],
                        default="everybody",
                        max_length=10,
                    ),
                ),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "time_of_day",
                    models.CharField(
                        blank=True,
                        choices=[("morning", "morning"), ("afternoon", "afternoon"), ("evening", "evening")],
                        max_length=10,
                    ),
                ),
                ("place_name", models.CharField(blank=True, max_length=120)),
                (
                    "contact_role",
                    models.CharField(
                        choices=[("applicant", "applicant"), ("executor", "executor")],
                        default="applicant",
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("handed_up", "handed_up"),
                            ("taken", "taken"),
                            ("declined", "declined"),
                            ("closed", "closed"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("handed_up_on", models.DateField(null=True)),
                ("answered_on", models.DateField(null=True)),
                ("answer_reason", models.CharField(blank=True, max_length=300)),
                ("closed_on", models.DateField(null=True)),
                ("close_reason", models.CharField(blank=True, max_length=300)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="citylayers.community",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grid",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="units.grid",
                    ),
                ),
                (
                    "handed_up_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "interest_grid",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="interest.interestgrid",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="people.activityitem",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assignment.site",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="bureau.orgunit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HotlineIssue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("equipment_fault", "equipment_fault"),
                            ("site_unsafe", "site_unsafe"),
                            ("site_dirty", "site_dirty"),
                            ("lighting", "lighting"),
                            ("noise", "noise"),
                            ("space_taken", "space_taken"),
                            ("other", "other"),
                        ],
                        max_length=16,
                    ),
                ),
                ("place_name", models.CharField(max_length=120)),
                ("text", models.CharField(blank=True, max_length=500)),
                ("noted_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("noted", "noted"),
                            ("handed_over", "handed_over"),
                            ("answered", "answered"),
                            ("closed", "closed"),
                        ],
                        default="noted",
                        max_length=12,
                    ),
                ),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("number", models.CharField(blank=True, max_length=64)),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("answered_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("close_reason", models.CharField(blank=True, max_length=300)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hotline_issues",
                        to="units.grid",
                    ),
                ),
                (
                    "handed_over_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "interest_grid",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hotline_issues",
                        to="interest.interestgrid",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="bureau.outboxmessage",
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hotline_issues",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "photo",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="bureau.storedfile",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assignment.site",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HouseholdVisit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("hear_demand", "hear_demand"),
                            ("tell", "tell"),
                            ("guide", "guide"),
                            ("invite_test", "invite_test"),
                            ("help", "help"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("talked", "talked"),
                            ("refused", "refused"),
                            ("nobody_home", "nobody_home"),
                        ],
                        max_length=12,
                    ),
                ),
                ("consented", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("noted_at", models.DateTimeField()),
                ("key", models.CharField(max_length=64, null=True)),
                ("key_digest", models.CharField(blank=True, max_length=64)),
                ("erase_on", models.DateField(db_index=True)),
                ("policy_version", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "grid",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="household_visits",
                        to="units.grid",
                    ),
                ),
                (
                    "visited_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="household_visits",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DemandAsk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("survey", "survey"),
                            ("visit", "visit"),
                            ("interest_grid", "interest_grid"),
                        ],
                        max_length=14,
                    ),
                ),
                ("askers", models.PositiveIntegerField(default=1)),
                ("asked_on", models.DateField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="asks",
                        to="interest.demand",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="asks",
                        to="interest.householdvisit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WorkLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("activity_held", "activity_held"),
                            ("lecture_held", "lecture_held"),
                            ("person_enrolled", "person_enrolled"),
                            ("test_invited", "test_invited"),
                            ("visit_made", "visit_made"),
                            ("demand_entered", "demand_entered"),
                            ("demand_handed_up", "demand_handed_up"),
                            ("issue_noted", "issue_noted"),
                            ("channel_posted", "channel_posted"),
                            ("exercise_guided", "exercise_guided"),
                            ("equipment_shown", "equipment_shown"),
                            ("notice_handed_out", "notice_handed_out"),
                            ("wish_heard", "wish_heard"),
                            ("place_readied", "place_readied"),
                            ("neighbour_helped", "neighbour_helped"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "duty_role",
                    models.CharField(
                        choices=[
                            ("information", "information"),
                            ("publicity", "publicity"),
                            ("instruction", "instruction"),
                            ("service", "service"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "themes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("governance", "governance"),
                                ("tourism", "tourism"),
                                ("health", "health"),
                            ],
                            max_length=12,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("done_at", models.DateTimeField()),
                ("done_on", models.DateField()),
                ("reference", models.CharField(blank=True, max_length=40)),
                ("is_typed", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "community",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work_logs",
                        to="citylayers.community",
                    ),
                ),
                (
                    "grid",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work_logs",
                        to="units.grid",
                    ),
                ),
                (
                    "interest_grid",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work_logs",
                        to="interest.interestgrid",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work_logs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChannelPost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("wechat", "wechat"),
                            ("weibo", "weibo"),
                            ("client_app", "client_app"),
                            ("mini_program", "mini_program"),
                            ("notice_board", "notice_board"),
                            ("loudspeaker", "loudspeaker"),
                        ],
                        max_length=12,
                    ),
                ),
                ("title", models.CharField(max_length=80)),
                ("url", models.CharField(blank=True, max_length=400)),
                ("posted_on", models.DateField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "interest_grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="channel_posts",
                        to="interest.interestgrid",
                    ),
                ),
                (
                    "occurrence",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="channel_posts",
                        to="interest.occurrence",
                    ),
                ),
                (
                    "posted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("url", ""), _negated=True),
                        fields=("interest_grid", "channel", "url"),
                        name="channel_post_once",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="demand",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["community", "id"], name="demand_open"
            ),
        ),
        migrations.AddIndex(
            model_name="demand",
            index=models.Index(
                condition=models.Q(("state", "handed_up")), fields=["town", "id"], name="demand_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("grid__isnull", False), ("interest_grid", None)),
                    ("interest_grid__isnull", False),
                    _connector="OR",
                ),
                name="demand_of_a_grid",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.UniqueConstraint(
                condition=models.Q(("interest_grid__isnull", False), ("state", "open")),
                fields=("interest_grid", "item"),
                name="demand_once_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.UniqueConstraint(
                condition=models.Q(("interest_grid", None), ("state", "open")),
                fields=("grid", "item"),
                name="demand_once_open_of_base_grid",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("open", "closed")),
                    models.Q(("handed_up_on__isnull", False), ("town__isnull", False)),
                    _connector="OR",
                ),
                name="demand_handed_up_to_a_town",
            ),
        ),
        migrations.AddIndex(
            model_name="hotlineissue",
            index=models.Index(
                condition=models.Q(("state", "noted")), fields=["grid", "id"], name="hotline_issue_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="householdvisit",
            index=models.Index(fields=["grid", "noted_at"], name="household_visit_grid"),
        ),
        migrations.AddConstraint(
            model_name="householdvisit",
            constraint=models.UniqueConstraint(fields=("visited_by", "key"), name="household_visit_once"),
        ),
        migrations.AddConstraint(
            model_name="householdvisit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "talked"), _negated=True), ("consented", True), _connector="OR"
                ),
                name="household_visit_agreed_to",
            ),
        ),
        migrations.AddConstraint(
            model_name="householdvisit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "talked"), models.Q(("consented", False), ("note", "")), _connector="OR"
                ),
                name="household_visit_keeps_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandask",
            constraint=models.UniqueConstraint(fields=("demand", "visit"), name="demand_ask_once_a_visit"),
        ),
        migrations.AddIndex(
            model_name="worklog",
            index=models.Index(fields=["user", "done_on"], name="work_log_person"),
        ),
        migrations.AddIndex(
            model_name="worklog",
            index=models.Index(fields=["community", "done_on"], name="work_log_community"),
        ),
        migrations.AddConstraint(
            model_name="worklog",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("user", "kind", "reference"),
                name="work_log_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="worklog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reference", ""), _negated=True), ("is_typed", True), _connector="OR"
                ),
                name="work_log_of_an_act",
            ),
        ),
    ]
