"""Messages leave at least once, under one key, to servers that are really there; what never leaves is given up."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.accounts.models import AuditEvent
from tenants.bureau.models import OutboxMessage
from tenants.bureau.services.channels import ChannelOff, channel_of, register_channel
from tenants.bureau.services.outbox import deliver_outbox, queue_message

ADDRESS = "li.invented@example.org"


class Provider:
    """What a gateway has received, and how it answers next."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[int] = []
        self.wait, self.go_on = 0.0, threading.Event()

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.received]


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    """A real HTTP server behind the channel `sms`."""
    kept = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kept.go_on.wait(kept.wait)
            status = kept.answers.pop(0) if kept.answers else 200
            if status < 300:
                kept.received.append((self.headers["Idempotency-Key"], body))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.WANGGE_WEBHOOKS = {"sms": f"http://127.0.0.1:{server.server_port}/send"}
        yield kept
        server.shutdown()


def queue(
    number: int = 1, channel: str = "sms", recipient: str = "13800000000", **facts: object
) -> OutboxMessage:
    return queue_message(
        channel=channel, recipient=recipient, template="plan_published", facts={"plan": number} | facts,
        dedup_key=f"plan:{number}",
    )  # fmt: skip


def later(**by: float) -> None:
    """Let time pass for every message."""
    for message in OutboxMessage.objects.all():
        message.next_attempt_at -= timedelta(**by)
        message.save(update_fields=["next_attempt_at"])


@pytest.mark.django_db
def test_a_message_leaves_once_with_its_key(in_alpha, provider):
    message = queue(text="方案已发布")
    assert deliver_outbox() == 1
    assert deliver_outbox() == 0
    assert provider.keys == ["city_alpha:plan:1"]
    assert provider.received[0][1]["facts"] == {"plan": 1, "text": "方案已发布"}
    message.refresh_from_db()
    assert message.delivered_at is not None and message.attempts == 1


@pytest.mark.django_db
def test_a_failing_provider_is_tried_later_and_later_and_given_up(in_alpha, provider, settings):
    settings.WANGGE_OUTBOX_ATTEMPTS = 3
    provider.answers = [500, 429, 503]
    message = queue()
    pauses = []
    for _ in range(3):
        assert deliver_outbox() == 0
        message.refresh_from_db()
        pauses.append(round((message.next_attempt_at - timezone.now()).total_seconds() / 60))
        later(minutes=5)
    assert pauses[:2] == [1, 5]
    assert message.given_up_at is not None and "503" in message.last_error
    later(days=9)
    assert deliver_outbox() == 0 and provider.received == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "given_up"), [(400, True), (404, True), (302, False), (500, False), (409, False)]
)
def test_a_refusal_for_good_is_not_tried_again(in_alpha, provider, status, given_up):
    provider.answers = [status]
    message = queue()
    deliver_outbox()
    message.refresh_from_db()
    assert (message.given_up_at is not None) is given_up
    assert message.delivered_at is None and str(status) in message.last_error


@pytest.mark.django_db
def test_a_provider_that_is_not_there_and_a_channel_that_is_not_set_up(in_alpha, settings):
    settings.WANGGE_WEBHOOKS = {"sms": "http://127.0.0.1:9/send"}
    gone, off = queue(1), queue(2, channel="wechat")
    assert deliver_outbox() == 0
    for message in (gone, off):
        message.refresh_from_db()
        assert message.given_up_at is None and message.last_error
    assert "ChannelOff" in off.last_error
    with pytest.raises(ChannelOff):
        channel_of("email")


@pytest.mark.django_db
def test_one_message_that_fails_does_not_hold_the_others_up(in_alpha, provider):
    provider.answers = [500]
    for number in range(4):
        queue(number)
    assert deliver_outbox() == 3


@pytest.mark.django_db
def test_an_error_does_not_tell_the_number(in_alpha):
    class Chatty:
        def deliver(self, message):
            raise OSError(f"no route to {message.recipient}")

    forget = register_channel("sms", Chatty())
    try:
        message = queue()
        deliver_outbox()
    finally:
        forget()
    message.refresh_from_db()
    assert message.last_error == "OSError: no route to 138****0000"


class Death(BaseException):
    """A process that dies."""


def test_who_dies_between_sending_and_marking_sends_again_under_the_same_key(
    committed_database, alpha, provider
):
    class DiesAfter:
        def deliver(self, message):
            gateway.deliver(message)
            raise Death

    gateway = channel_of("sms")
    with schema_context(alpha.schema_name):
        message = queue()
        forget = register_channel("sms", DiesAfter())
        try:
            with pytest.raises(Death):
                deliver_outbox()
        finally:
            forget()
        assert deliver_outbox() == 0, "the lease of the dead one holds"
        later(minutes=5)
        assert deliver_outbox() == 1
        message.refresh_from_db()
    assert provider.keys == ["city_alpha:plan:1"] * 2
    assert message.delivered_at is not None and message.attempts == 2


def test_a_process_killed_while_sending_leaves_the_message_to_the_next(committed_database, alpha, provider):
    provider.wait = 120.0  # it answers only when the process is dead, however slow the machine
    with schema_context(alpha.schema_name):
        message = queue()
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings; from django_tenants.utils import schema_context\n"
        f"settings.WANGGE_WEBHOOKS = {settings.WANGGE_WEBHOOKS!r}\n"
        "from tenants.bureau.services.outbox import deliver_outbox\n"
        f"with schema_context({alpha.schema_name!r}): deliver_outbox()"
    )
    environment = as_worker(committed_database)
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as process:
        until = time.monotonic() + 60
        with schema_context(alpha.schema_name):
            while OutboxMessage.objects.get(pk=message.pk).attempts == 0:
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.05)
        process.kill()
    provider.go_on.set()
    with schema_context(alpha.schema_name):
        later(minutes=5)
        assert deliver_outbox() == 1
        message.refresh_from_db()
    assert message.attempts == 2 and set(provider.keys) == {"city_alpha:plan:1"}


def as_worker(database: str) -> dict[str, str]:
    """The environment of a process that signs in as the worker."""
    settled = settings.DATABASES["default"]
    query = urlencode({"host": settled["HOST"], "port": settled["PORT"]})
    signed_in = f"{quote(settled['USER'])}:{quote(settled['PASSWORD'])}"
    return os.environ | {
        "DATABASE_URL": f"postgresql://{signed_in}@/{database}?{query}",
        "WANGGE_INSTALLATION": settings.WANGGE_INSTALLATION,
        "WANGGE_LOGIN": "worker",
        "PYTHONPATH": f"{settings.BASE_DIR / 'platform'}:{settings.BASE_DIR}",
        "DJANGO_SETTINGS_MODULE": "wangge.shell.settings",
    }


@pytest.mark.django_db
def test_a_message_that_kills_its_deliverer_each_time_is_given_up(in_alpha, settings):
    settings.WANGGE_OUTBOX_ATTEMPTS = 2

    class Killer:
        def deliver(self, message):
            raise Death

    message = queue()
    forget = register_channel("sms", Killer())
    try:
        for _ in range(2):
            with pytest.raises(Death):
                deliver_outbox()
            later(minutes=5)
        assert deliver_outbox() == 0
    finally:
        forget()
    message.refresh_from_db()
    assert message.given_up_at is not None


def test_two_deliverers_at_once_send_each_message_once_and_hold_no_row_meanwhile(
    committed_database, alpha, provider
):
    provider.wait = 0.05
    with schema_context(alpha.schema_name):
        for number in range(20):
            queue(number)
    counted: list[int] = []

    def deliver() -> None:
        try:
            with schema_context(alpha.schema_name):
                counted.append(deliver_outbox())
        finally:
            connections.close_all()

    deliverers = [threading.Thread(target=deliver) for _ in range(3)]
    for thread in deliverers:
        thread.start()
    with schema_context(alpha.schema_name):
        # A row that is being sent can be changed by others: nothing waits for the network.
        assert OutboxMessage.objects.update(last_error="") == 20
    for thread in deliverers:
        thread.join(60)
    assert sum(counted) == 20 and sorted(provider.keys) == sorted(f"city_alpha:plan:{n}" for n in range(20))
    assert min(counted) > 0


# --- mail -------------------------------------------------------------------------------------------------------


class MailServer(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs."""

    letters: list[str]
    refuses = ""

    def handle(self) -> None:
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line.upper().split()[0]
            if verb == "DATA":
                self.say("354 go on")
                self.server.letters.append(self.letter())  # type: ignore[attr-defined]
            elif verb == "RCPT" and self.server.refuses:  # type: ignore[attr-defined]
                self.say(self.server.refuses)  # type: ignore[attr-defined]
                continue
            elif verb == "QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def letter(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
            lines.append(line)
        return "".join(lines)

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server(settings, refuses: str = "") -> Iterator[list[str]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        server.letters, server.refuses = [], refuses  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.WANGGE_EMAIL_URL = f"smtp://127.0.0.1:{server.server_address[1]}?from=wangge@example.org"
        yield server.letters  # type: ignore[attr-defined]
        server.shutdown()


@pytest.mark.django_db
def test_mail_bears_the_same_identity_when_it_is_sent_again(in_alpha, settings):
    with mail_server(settings) as letters:
        message = queue(channel="email", recipient=ADDRESS, title="方案\n已发布", text="请查看")
        assert deliver_outbox() == 1
        OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=None, next_attempt_at=timezone.now())
        assert deliver_outbox() == 1
    identities = [
        next(line for line in letter.splitlines() if line.startswith("Message-ID")) for letter in letters
    ]
    assert len(letters) == 2 and identities[0] == identities[1] and "@example.org>" in identities[0]
    assert all(f"To: {ADDRESS}" in letter for letter in letters)


@pytest.mark.django_db
@pytest.mark.parametrize(("refusal", "given_up"), [("550 no such mailbox", True), ("451 try later", False)])
def test_a_mailbox_that_is_refused(in_alpha, settings, refusal, given_up):
    with mail_server(settings, refusal):
        message = queue(channel="email", recipient=ADDRESS)
        assert deliver_outbox() == 0
    message.refresh_from_db()
    assert (message.given_up_at is not None) is given_up
    assert ADDRESS not in message.last_error


@pytest.mark.django_db
@pytest.mark.parametrize("recipient", ["nobody", "", "a@b.example\nBcc: c@d.example", "Li <li@example.org>"])
def test_what_is_no_mailbox_is_given_up_at_once(in_alpha, settings, recipient):
    with mail_server(settings) as letters:
        message = queue(channel="email", recipient=recipient)
        deliver_outbox()
    message.refresh_from_db()
    assert message.given_up_at is not None and letters == []


@pytest.mark.django_db
def test_messages_go_into_a_file_while_developing(in_alpha, settings, tmp_path):
    settings.WANGGE_MESSAGE_LOG = str(tmp_path / "messages.log")
    queue(channel="anything")
    assert deliver_outbox() == 1
    line = json.loads((tmp_path / "messages.log").read_text())
    assert (line["channel"], line["key"]) == ("anything", "city_alpha:plan:1")


# --- the API ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_ones_own_messages_are_read_and_nobody_elses(alpha, make_user, api):
    li, wang = make_user(alpha, "li"), make_user(alpha, "wang")
    with schema_context(alpha.schema_name):
        message = queue(channel="in_app", recipient=f"accounts.user:{li.pk}", title="方案已发布")
        assert deliver_outbox() == 1
        queue(2, channel="in_app", recipient=f"accounts.user:{li.pk}")
    speaker = api(alpha, li)
    rows = speaker.get("messages").json()["results"]
    assert [(row["id"], row["read_at"], row["facts"]["title"]) for row in rows] == [
        (message.pk, None, "方案已发布")
    ]
    assert [row["id"] for row in speaker.get("messages?unread=true").json()["results"]] == [message.pk]
    assert api(alpha, wang).get("messages").json()["results"] == []
    assert api(alpha, wang).post(f"messages/{message.pk}/read", {}).status_code == 404
    assert speaker.post(f"messages/{message.pk}/read", {}).status_code == 204
    first = speaker.get("messages").json()["results"][0]["read_at"]
    assert first is not None
    assert speaker.get("messages?unread=true").json()["results"] == []
    assert speaker.post(f"messages/{message.pk}/read", {}).status_code == 204
    assert speaker.get("messages").json()["results"][0]["read_at"] == first


@pytest.mark.django_db
def test_what_was_given_up_is_listed_masked_and_tried_anew(alpha, make_user, api, provider):
    provider.answers = [400]
    with schema_context(alpha.schema_name):
        message = queue()
        deliver_outbox()
    tending = api(alpha, make_user(alpha, "tender", ["outbox.manage"]))
    listed = tending.get("outbox")
    assert [row["recipient"] for row in listed.json()["results"]] == ["138****0000"]
    assert "13800000000" not in listed.content.decode() and "facts" not in listed.json()["results"][0]
    assert tending.get("outbox?state=waiting").json()["results"] == []
    answer = tending.post(f"outbox/{message.pk}/retry", {})
    assert (answer.status_code, answer.json()["given_up_at"]) == (202, None)
    again = tending.post(f"outbox/{message.pk}/retry", {})
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")
    with schema_context(alpha.schema_name):
        assert deliver_outbox() == 1
        assert AuditEvent.objects.filter(action="outbox.retry").count() == 1
    assert len(tending.get("outbox?state=delivered").json()["results"]) == 1
    assert api(alpha, make_user(alpha, "nosy")).get("outbox").status_code == 403
