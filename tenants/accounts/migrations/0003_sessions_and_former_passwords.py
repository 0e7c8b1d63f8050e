import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sealed_audit_totp_data_key'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='totpdevice',
            name='sealed_next',
            field=models.BinaryField(help_text='secret of the app that is to replace the present one', null=True),
        ),
        migrations.AddIndex(
            model_name='signinfailure',
            index=models.Index(fields=['remote_address', 'failed_at'], name='signin_address_at'),
        ),
        migrations.CreateModel(
            name='SignedInSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(help_text='exact to a tenth of the idle time')),
                ('remote_address', models.CharField(max_length=45)),
                ('agent', models.CharField(blank=True, max_length=200)),
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sessions.session')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='FormerPassword',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('encoded', models.CharField(max_length=128)),
                ('set_at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_passwords', to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
