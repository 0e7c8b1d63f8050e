# What undoing an import of sites brings back. Imports applied before have nothing here: their undo brings back sites only.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignment', '0012_runs_name_every_policy'),
        ('citylayers', '0006_undone_imports_tell_what_came_back'),
    ]

    operations = [
        migrations.CreateModel(
            name='RetiredUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ended_on', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('pins', models.JSONField(default=list)),
                ('duty', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='assignment.booking')),
                ('layer_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='citylayers.layerimport')),
                ('need', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='assignment.siteneed')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('duty', None), ('need__isnull', False)), models.Q(('duty__isnull', False), ('need', None)), _connector='OR'), name='retired_use_of_one_thing'),
                    models.UniqueConstraint(fields=('layer_import', 'need'), name='retired_need_once'),
                    models.UniqueConstraint(fields=('layer_import', 'duty'), name='retired_duty_once'),
                ],
            },
        ),
    ]
