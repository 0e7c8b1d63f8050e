"""Tables of people, their ways of signing in, what they did, and the answers kept for retries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Cast, Lower, Now

from wangge.kernel.database.current import city_connection


class UserManager(BaseUserManager["User"]):
    """Finds users by their name whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of that name."""
        return self.get(username=(username or "").lower())


class User(AbstractBaseUser):
    """A person who signs in to one city, or an operator in public.

    `home_schema` is the schema the row was read from or written to: ids mean nobody, or somebody else, in another one.
    """

    home_schema: str = ""

    username = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=64)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(username=Lower("username")), name="user_username_lower")
        ]

    def __str__(self) -> str:
        return self.username

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any
    ) -> Self:
        """Remember the schema the row came from."""
        found = super().from_db(db, field_names, values, **more)
        found.home_schema = city_connection().schema_name
        return found

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Remember the schema the row was written to."""
        super().save(*args, **kwargs)
        self.home_schema = city_connection().schema_name


class AccessToken(models.Model):
    """A personal access token: 256 random bits, of which only the SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)


class SignInFailure(models.Model):
    """A wrong password or code, counted against the name that was tried and the address it came from.

    The row is written before the password is looked at and taken back when it was right, so that many guesses at one
    moment get no more tries than one after the other.
    """

    username = models.CharField(max_length=64)
    remote_address = models.CharField(max_length=45)
    failed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["username", "failed_at"], name="signin_name_at"),
            models.Index(fields=["remote_address", "failed_at"], name="signin_address_at"),
        ]


class SignedInSession(models.Model):
    """Whose a session is, since when, from where and by what; it goes with its session."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    session = models.OneToOneField("sessions.Session", on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="exact to a tenth of the idle time")
    remote_address = models.CharField(max_length=45)
    agent = models.CharField(max_length=200, blank=True)


class FormerPassword(models.Model):
    """The hash of a password a person has or had, so that it does not come back; the newest tells the password's age."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_passwords")
    encoded = models.CharField(max_length=128)
    set_at = models.DateTimeField()


class TotpDevice(models.Model):
    """The second factor of a user: a secret shared with an authenticator app, sealed under the schema's data key."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="totp")
    sealed_secret = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, help_text="null until a first code has proved the app")
    last_step = models.BigIntegerField(default=0, help_text="30-second step of the last accepted code")
    sealed_next = models.BinaryField(
        null=True, help_text="secret of the app that is to replace the present one"
    )


class RecoveryCode(models.Model):
    """A one-time way in for a user whose authenticator is lost; only its keyed digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)


class DataKey(models.Model):
    """The schema's data key, wrapped by the environment's key; the city's own role may only read it."""

    wrapped = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_data_key")]


def _this_transaction() -> Cast:
    """The id of the writing transaction, which orders the seal; a late commit cannot slip under it."""
    number = models.Func(function="pg_current_xact_id", output_field=models.TextField())
    return Cast(Cast(number, models.TextField()), models.BigIntegerField())


class AuditEvent(models.Model):
    """Who did what, when, for which organisation; written by services in the transaction of the act.

    The actor is id and label, never a foreign key: operators act in cities, by their label alone. Rule: X07
    """

    at = models.DateTimeField(db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    organisation = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=64, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    policy_version = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    transaction_id = models.BigIntegerField(db_default=_this_transaction(), editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"], name="audit_subject"),
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["transaction_id", "id"], name="audit_sealing_order"),
        ]


class AuditLink(models.Model):
    """One link of the sealed chain: the event's place in it and the digest over it and all before it.

    Insert-only. No foreign key: a link outlives the row whose disappearance it proves. `horizon` is the transaction id
    below which everything was sealed with this link; horizons are compared within one `era` only, because a city that
    moved to another server meets other transaction ids there.
    """

    sequence = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    digest = models.BinaryField(max_length=32)
    horizon = models.BigIntegerField()
    era = models.PositiveIntegerField(default=1)
    sealed_at = models.DateTimeField(db_default=Now())


class IdempotencyRecord(models.Model):
    """The answer kept for a user's key; `status` 0 exists only inside the transaction that does the work."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_user_key")]
