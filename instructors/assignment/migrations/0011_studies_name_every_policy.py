"""The versions of all three numbers that a study rests on have room."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assignment", "0010_studies_know_their_communities")]

    operations = [
        migrations.AlterField(
            model_name="gapstudy", name="policy_version", field=models.CharField(blank=True, max_length=200)
        ),
    ]
