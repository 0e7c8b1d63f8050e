from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("interest", "0004_members_and_imports")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="CheckInMade",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code_digest", models.CharField(max_length=64)),
                ("address_digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="participation",
            name="erased_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="participation",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AlterField(
            model_name="occurrence",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "planned"),
                    ("held", "held"),
                    ("cancelled", "cancelled"),
                    ("unrecorded", "unrecorded"),
                ],
                default="planned",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(
                condition=models.Q(("state", "planned")), fields=["ends_at"], name="occurrence_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="checkinmade",
            index=models.Index(fields=["code_digest"], name="check_in_made_by_code"),
        ),
        migrations.AddIndex(
            model_name="checkinmade",
            index=models.Index(fields=["address_digest", "made_at"], name="check_in_made_from"),
        ),
    ]
