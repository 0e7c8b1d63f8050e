"""Taking out of a log text what must not stand there: phone and identity numbers, tokens, passwords, row values."""

from __future__ import annotations

import re

_START, _END = r"(?<![0-9A-Za-z_.])", r"(?![0-9A-Za-z_])"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # What PostgreSQL and psycopg quote of a row or of parameters.
    (re.compile(r"^(\s*(?:DETAIL|CONTEXT|QUERY|STATEMENT|HINT|PARAMETERS)):.*$", re.MULTILINE), r"\1: […]"),
    (re.compile(r"\bKey \([^)]*\)=\(.*?\)(?= already| is | conflicts|$)", re.MULTILINE), "Key […]"),
    (re.compile(r"(invalid input (?:syntax|value)[^:\n]*:) .*$", re.MULTILINE), r"\1 […]"),
    # Who presents what: headers, cookies, addresses with a password, query strings.
    (
        re.compile(
            r"(?i)\b(authorization|proxy-authorization|x-api-key|cookie|set-cookie|x-csrftoken)"
            r"(['\"]?\s*[:=]\s*)['\"]?[^\n\"'}]+"
        ),
        r"\1\2[…]",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 […]"),
    (re.compile(r"\bwg_[A-Za-z0-9_-]{4,}"), "wg_[…]"),
    (re.compile(r"(://[^/\s:@]*:)[^@\s/]+@"), r"\1[…]@"),
    (
        re.compile(
            r"(?i)\b((?:\w*_)?(?:password|passwd|secret|token|session|sessionid|api_?key|secret_?key|data_?key))"
            r"(['\"]?\s*[=:]\s*)(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s,;&'\")}]+)"
        ),
        r"\1\2[…]",
    ),
    (re.compile(r"(?<=[\w/])\?[\w.%~+\[\]-]+=[^\s\"'<>]*"), "?[…]"),
    # Numbers of people: identity (18), bank cards (16 to 19), mobile phones, landlines with area code, mail.
    (re.compile(_START + r"\d{6}[ -]?(?:19|20)\d{2}[ -]?\d{4}[ -]?\d{3}[0-9Xx]" + _END), "[id]"),
    (re.compile(_START + r"\d{16,19}[Xx]?" + _END), "[number]"),
    (re.compile(_START + r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}" + _END), "[phone]"),
    (re.compile(r"(?<![0-9A-Za-z_.-])0\d{2,3}-\d{7,8}(?![0-9A-Za-z_-])"), "[phone]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[mail]"),
)  # fmt: skip


def scrub(text: str) -> str:
    """The text without personal numbers, secrets and quoted row values; what stays tells where and of what kind."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text
