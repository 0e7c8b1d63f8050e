"""Sessions of people: opened under a new key, wound while used, ended by time, by their owner, or by an administrator."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import HASH_SESSION_KEY, login, logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from tenants.accounts.models import SignedInSession, User
from tenants.accounts.queries import has_second_factor, password_set_at, sessions_visible_to
from tenants.accounts.rules.duties import Duty
from tenants.accounts.rules.passwords import must_change
from tenants.accounts.rules.sessions import ends_at, winding_interval
from tenants.accounts.services.audit import record_audit
from tenants.accounts.services.sign_in_policy import sign_in_policy
from wangge.errors import not_found

_BACKEND = "django.contrib.auth.backends.ModelBackend"
# What a session remembers of itself, in seconds since 1970, so that most requests need no further statement.
OPENED, SEEN, WIND_AT, ENDS, OWED = "opened_at", "seen_at", "wind_at", "ends_at", "owed"


def open_session(*, request: HttpRequest, user: User, remote_address: str, now: datetime) -> None:
    """Sign the person in under a session key that was never used before; what somebody planted is worth nothing."""
    request.session.flush()  # whoever was signed in here before has signed out
    login(request, user, backend=_BACKEND)
    session = request.session
    session[OPENED] = now.timestamp()
    _wind(request, user, now)
    session.save()
    SignedInSession.objects.create(
        user=user,
        session_id=str(session.session_key),
        opened_at=now,
        seen_at=now,
        remote_address=remote_address,
        agent=request.headers.get("User-Agent", "")[:200],
    )


def close_session(*, request: HttpRequest) -> None:
    """Sign out; a visitor's session, such as one that awaits a code, just ends."""
    if request.user.is_authenticated:
        record_audit(acting_user=request.user, action="session.close", subject=request.user)
    logout(request)


def keep_session(*, request: HttpRequest, now: datetime) -> bool:
    """Whether the signed-in session lives on; its clock is wound now and then, and what is owed is asked anew.

    Between two windings it costs no statement. A session that has come to its end is ended here.
    """
    session, moment = request.session, now.timestamp()
    session.setdefault(OPENED, moment)
    if moment < session.get(WIND_AT, 0) and moment < session.get(ENDS, 0):
        return True
    opened, seen = (datetime.fromtimestamp(session.get(key, moment), now.tzinfo) for key in (OPENED, SEEN))
    if ends_at(opened_at=opened, seen_at=seen, policy=sign_in_policy().session(now)) <= now:
        session.flush()
        return False
    _wind(request, request.user, now)  # type: ignore[arg-type]
    SignedInSession.objects.filter(session_id=session.session_key).update(seen_at=now)
    return True


def _wind(request: HttpRequest, user: User, now: datetime) -> None:
    policy, session = sign_in_policy().session(now), request.session
    opened = datetime.fromtimestamp(session[OPENED], now.tzinfo)
    end = ends_at(opened_at=opened, seen_at=now, policy=policy)
    session[SEEN], session[ENDS] = now.timestamp(), end.timestamp()
    session[WIND_AT] = (now + winding_interval(policy)).timestamp()
    session[OWED] = owed_by(user, now)
    session.set_expiry(max(1, int((end - now).total_seconds())))


def owed_by(user: User, now: datetime) -> list[str]:
    """What the person must do before anything else."""
    policy = sign_in_policy()
    owed = []
    if policy.needs_second_factor(user, now) and not has_second_factor(user):
        owed.append(Duty.SECOND_FACTOR.value)
    privileged = policy.is_privileged(user)
    if privileged and must_change(
        set_at=password_set_at(user), now=now, is_privileged=privileged, policy=policy.password(now)
    ):
        owed.append(Duty.PASSWORD.value)
    return owed


def ask_anew_what_is_owed(*, request: HttpRequest, now: datetime) -> None:
    """Let the session see at once that its owner has done what was owed."""
    if OWED in request.session:
        request.session[OWED] = owed_by(request.user, now)  # type: ignore[arg-type]


def go_on_under_new_password(*, request: HttpRequest, user: User, now: datetime) -> None:
    """Let the present session go on after its owner changed the password, which ends all others."""
    request.user = user
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    ask_anew_what_is_owed(request=request, now=now)


@transaction.atomic
def end_session(*, session_id: int, acting_user: User) -> None:
    """End one of one's own sessions; 404 for another person's."""
    found = sessions_visible_to(acting_user).filter(pk=session_id).first()
    if found is None:
        raise not_found("会话", "session")
    Session.objects.filter(pk=found.session_id).delete()
    record_audit(
        acting_user=acting_user, action="session.end", subject=("accounts.signedinsession", session_id)
    )


@transaction.atomic
def end_sessions(*, user: User, acting_user: User | None, but: str | None = None) -> int:
    """End a person's sessions at once, all but the one of that key; returns how many."""
    keys = (
        SignedInSession.objects.filter(user=user).exclude(session_id=but).values_list("session_id", flat=True)
    )
    ended, _ = Session.objects.filter(pk__in=list(keys)).delete()
    record_audit(acting_user=acting_user, action="session.end_all", subject=user, after={"kept": bool(but)})
    return ended
