# What an undone import tells: rows of a report, as warnings and errors are.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('citylayers', '0005_sites_tell_capacity_hours_and_access'),
    ]

    operations = [
        migrations.AddField(
            model_name='layerimport',
            name='undo_findings',
            field=models.JSONField(default=list, help_text='once taken back: what came back with it, and what did not'),
        ),
    ]
