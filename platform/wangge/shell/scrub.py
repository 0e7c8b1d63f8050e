"""Taking out of a log text what must not stand there: phone and identity numbers, tokens, passwords, row values."""

from __future__ import annotations

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """What to look for, what to put in its place, and small-letter hints without one of which looking is in vain."""

    pattern: re.Pattern[str]
    instead: str
    hints: tuple[str, ...]


_RULES = (
    # What PostgreSQL and psycopg quote of a row or of parameters.
    Rule(
        re.compile(r"^(\s*(?:DETAIL|CONTEXT|QUERY|STATEMENT|HINT|PARAMETERS)):.*$", re.MULTILINE),
        r"\1: […]",
        ("detail:", "context:", "query:", "statement:", "hint:", "parameters:"),
    ),
    Rule(
        re.compile(r"\bKey \([^)]*\)=\(.*?\)(?= already| is | conflicts|$)", re.MULTILINE),
        "Key […]",
        ("key (",),
    ),
    Rule(
        re.compile(r"(invalid input (?:syntax|value)[^:\n]*:) .*$", re.MULTILINE),
        r"\1 […]",
        ("invalid input",),
    ),
    # Who presents what: headers, cookies, addresses with a password, query strings.
    Rule(
        re.compile(
            r"(?i)\b(authorization|x-api-key|cookie|set-cookie|x-csrftoken)(['\"]?\s*[:=]\s*)['\"]?[^\n\"'}]+"
        ),
        r"\1\2[…]",
        ("authorization", "api-key", "cookie", "csrftoken"),
    ),
    Rule(re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 […]", ("bearer", "basic")),
    Rule(re.compile(r"\bwg_[A-Za-z0-9_-]{4,}"), "wg_[…]", ("wg_",)),
    Rule(re.compile(r"(://[^/\s:@]*:)[^@\s/]+@"), r"\1[…]@", ("://",)),
    Rule(
        re.compile(
            r"(?i)\b((?:\w*_)?(?:password|passwd|secret|token|session|sessionid|api_?key|secret_?key|data_?key))"
            r"(['\"]?\s*[=:]\s*)(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s,;&'\")}]+)"
        ),
        r"\1\2[…]",
        ("passw", "secret", "token", "session", "key"),
    ),
    Rule(re.compile(r"(?<=[\w/])\?[\w.%~+\[\]-]+=[^\s\"'<>]*"), "?[…]", ("?",)),
    Rule(re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[mail]", ("@",)),
)
# Numbers of people: identity (18), bank cards (16 to 19), mobile phones, landlines with area code.
_START, _END = r"(?<![0-9A-Za-z_.])", r"(?![0-9A-Za-z_])"
_MANY_DIGITS = re.compile(r"\d{2}[\d -]{5}")
_NUMBERS = (
    (re.compile(_START + r"\d{6}[ -]?(?:19|20)\d{2}[ -]?\d{4}[ -]?\d{3}[0-9Xx]" + _END), "[id]"),
    (re.compile(_START + r"\d{16,19}[Xx]?" + _END), "[number]"),
    (re.compile(_START + r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}" + _END), "[phone]"),
    (re.compile(r"(?<![0-9A-Za-z_.-])0\d{2,3}-\d{7,8}(?![0-9A-Za-z_-])"), "[phone]"),
)


def scrub(text: str) -> str:
    """The text without personal numbers, secrets and quoted row values; what stays tells where and of what kind."""
    lowered = text.lower()
    for rule in _RULES:
        if any(hint in lowered for hint in rule.hints):
            text = rule.pattern.sub(rule.instead, text)
    if _MANY_DIGITS.search(text):
        for pattern, instead in _NUMBERS:
            text = pattern.sub(instead, text)
    return text
