"""Outlets of messages are read from the environment, and a spoilt one is a fault, not a surprise at night."""

from __future__ import annotations

import pytest

from wangge.shell.outlets import mail_url, webhooks_of


@pytest.mark.parametrize(
    "url", ["", "smtp://mail.example.org", "smtps://u:p@mail.example.org:465?from=a@example.org"]
)
def test_a_mail_server(url):
    assert mail_url(url) == url


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:x"])
def test_what_is_no_mail_server(url):
    with pytest.raises(ValueError):
        mail_url(url)


def test_webhooks():
    assert webhooks_of("") == {}
    assert webhooks_of(" sms=https://g.example.org/send?a=b , wechat=http://127.0.0.1:1/") == {
        "sms": "https://g.example.org/send?a=b",
        "wechat": "http://127.0.0.1:1/",
    }


@pytest.mark.parametrize(
    "text", ["sms", "sms=", "sms=ftp://x", "=https://x", "a b=https://x", "sms=file:///etc/passwd"]
)
def test_what_is_no_webhook(text):
    with pytest.raises(ValueError):
        webhooks_of(text)
