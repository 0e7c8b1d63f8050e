"""Where messages leave the installation, as the environment names it; each function raises ValueError."""

from __future__ import annotations

from urllib.parse import urlsplit


def mail_url(text: str) -> str:
    """`smtp://user:password@host:587?tls=1&from=name@example.org` or `smtps://…`; empty where no mail is sent."""
    at = urlsplit(text)
    if text and (at.scheme not in ("smtp", "smtps") or not at.hostname or at.port == 0):
        raise ValueError(text)
    return text


def webhooks_of(text: str) -> dict[str, str]:
    """`sms=https://gateway.example.org/send,webhook=…`: a channel's name and the address its messages are posted to."""
    outlets = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, equals, url = word.partition("=")
        at = urlsplit(url)
        if not equals or not name.isidentifier() or at.scheme not in ("http", "https") or not at.hostname:
            raise ValueError(word)
        outlets[name] = url
    return outlets
