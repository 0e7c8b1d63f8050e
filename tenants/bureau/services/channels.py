"""The ways a message leaves: in the product, by mail, to a webhook, into a file while developing.

A port delivers or raises; what it raises is tried again, but for ChannelRefused. Every port is handed a key that is the
same when a message is delivered again, so that the provider can keep it one message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from email.utils import parseaddr
from hashlib import sha256
from http.client import HTTPResponse
from pathlib import Path
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

# One try must end well within the lease of its message.
TIMEOUT_S = 10
_LATER = {408, 409, 423, 425, 429}


class ChannelRefused(Exception):
    """The provider will never take this message: no use in trying again."""


class ChannelOff(Exception):
    """No such channel is set up in this installation."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way; `key` is the same each time it is delivered, and unique over all cities."""

    key: str
    channel: str
    recipient: str
    template: str
    facts: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The subject: the fact of that name, or the template's name."""
        return " ".join(str(self.facts.get("title", self.template)).split())

    @property
    def text(self) -> str:
        """The body: the fact of that name, or all facts, one a line."""
        if "text" in self.facts:
            return str(self.facts["text"])
        return "\n".join(f"{name}: {value}" for name, value in self.facts.items())


class ChannelPort(Protocol):
    """Hands a message to whoever brings it to its reader."""

    def deliver(self, message: Outgoing) -> None:
        """Return when the provider has it; raise ChannelRefused when it never will, anything else to try again."""
        ...


class InApp:
    """The product itself: the outbox row is what its reader reads once it is marked as delivered."""

    def deliver(self, message: Outgoing) -> None:
        """Nothing has to leave."""


class LogFile:
    """A file with one JSON line a message, for development."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def deliver(self, message: Outgoing) -> None:
        """Append the line."""
        with self._path.open("a", encoding="utf-8") as sink:
            sink.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """A redirected POST would become a GET to somewhere nobody has set up."""
        return


class Webhook:
    """POST of JSON to one address, with the key in `Idempotency-Key`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = build_opener(_NoRedirects)

    def deliver(self, message: Outgoing) -> None:
        """Post it; what the provider answers is not looked at."""
        self.post(message)

    def post(self, message: Outgoing) -> bytes:
        """Post it; the beginning of a 2xx answer, which is taken as delivered, 4xx as refused but for "later"."""
        body = json.dumps(asdict(message), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": _header_safe(message.key),
        }
        request = Request(self._url, data=body, headers=headers, method="POST")
        try:
            answer: HTTPResponse
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return answer.read(1024)
        except HTTPError as refused:
            if 400 <= refused.code < 500 and refused.code not in _LATER:
                raise ChannelRefused(f"HTTP {refused.code}") from refused
            raise


class Email:
    """Mail by SMTP; `smtp://user:password@host:587?tls=1&from=name@example.org`, `smtps://` for TLS from the start."""

    def __init__(self, url: str) -> None:
        self._at = urlsplit(url)
        self._options = parse_qs(self._at.query)

    def deliver(self, message: Outgoing) -> None:
        """Send it; the message id is made of the key, so that a mail sent twice is one for its reader."""
        name, address = parseaddr(message.recipient)
        if "@" not in address or name:
            raise ChannelRefused("not a mail address")
        sender = self._options.get("from", ["wangge@localhost"])[0]
        identity = sha256(message.key.encode()).hexdigest()[:32]
        headers = {
            "Message-ID": f"<{identity}@{sender.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
        }
        mail = EmailMessage(message.title, message.text, sender, [address], headers=headers)
        mail.connection = self._connection()
        try:
            mail.send()
        except SMTPRecipientsRefused as refused:
            if all(code >= 500 for code, _ in refused.recipients.values()):
                raise ChannelRefused(
                    f"SMTP {sorted({code for code, _ in refused.recipients.values()})}"
                ) from refused
            raise
        except SMTPResponseException as refused:
            if refused.smtp_code >= 550:
                raise ChannelRefused(f"SMTP {refused.smtp_code}") from refused
            raise

    def _connection(self) -> Any:
        return get_connection(
            "django.core.mail.backends.smtp.EmailBackend",
            host=self._at.hostname,
            port=self._at.port or (465 if self._at.scheme == "smtps" else 25),
            username=unquote(self._at.username or ""),
            password=unquote(self._at.password or ""),
            use_ssl=self._at.scheme == "smtps",
            use_tls=self._options.get("tls") == ["1"],
            timeout=TIMEOUT_S,
        )


def _header_safe(key: str) -> str:
    """The key where a header takes it as it is, its hash where not."""
    return key if key.isascii() and key.isprintable() else sha256(key.encode()).hexdigest()


_registered: dict[str, ChannelPort] = {}


def register_channel(name: str, port: ChannelPort) -> Callable[[], None]:
    """Let messages of that channel leave by this port; returns what takes it back."""
    _registered[name] = port

    def forget() -> None:
        _registered.pop(name, None)

    return forget


def channel_of(name: str) -> ChannelPort:
    """The port of a channel: registered by an app, or set up in the environment; raises ChannelOff."""
    if name in _registered:
        return _registered[name]
    if name == "in_app":
        return InApp()
    if name == "email" and settings.WANGGE_EMAIL_URL:
        return Email(settings.WANGGE_EMAIL_URL)
    if name in settings.WANGGE_WEBHOOKS:
        return Webhook(settings.WANGGE_WEBHOOKS[name])
    if settings.WANGGE_MESSAGE_LOG:
        return LogFile(settings.WANGGE_MESSAGE_LOG)
    raise ChannelOff(f"channel {name} is not set up")
