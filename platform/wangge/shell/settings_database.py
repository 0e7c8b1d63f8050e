"""Where the database is and as whom this process signs in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from wangge.shell.environment import Environment

_POOLED = {"web", "operator"}
# What the address may say beyond host and port; anything else is refused, so that no wish for TLS is lost unheard.
_PASSED_ON = frozenset({
    "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "target_session_attrs",
    "load_balance_hosts", "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout",
})  # fmt: skip


def login_password(given: Environment, login: str, secret_key: str) -> str:
    """Password of one of the installation's database logins, given or derived from the secret key."""
    derived = hmac.new(secret_key.encode(), f"database-login:{login}".encode(), hashlib.sha256).hexdigest()
    return given.secret(f"WANGGE_{login.upper()}_PASSWORD") or derived


def _database_url(text: str) -> SplitResult:
    url = urlsplit(text)
    if url.scheme not in ("postgresql", "postgres", "postgis") or (url.port or 1) < 1:
        raise ValueError(text)
    if {name for name, _ in _options_in(url)} - _PASSED_ON - {"host", "port"}:
        raise ValueError(text)
    return url


def _options_in(url: SplitResult) -> list[tuple[str, str]]:
    return parse_qsl(url.query, keep_blank_values=True)


def database_settings(
    given: Environment, *, login: str, installation: str, passwords: Mapping[str, str]
) -> dict[str, Any]:
    """Django's settings of the one database; the administrator's name and password stand in `DATABASE_URL`."""
    url = given.parsed(
        "DATABASE_URL", "postgresql://localhost/wangge", _database_url,
        zh="须形如 postgresql://用户:密码@主机:5432/库名?sslmode=verify-full，且不含未知参数",
        en="must look like postgresql://user:password@host:5432/name?sslmode=verify-full, without unknown options",
    )  # fmt: skip
    query = dict(_options_in(url))
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if login != "admin":
        user, password = f"{installation}_{login}", passwords[login]
    passed_on = {name: value for name, value in query.items() if name in _PASSED_ON}
    options: dict[str, Any] = {"application_name": f"wangge-{login}"} | passed_on
    if login in _POOLED:
        most = given.number("WANGGE_POOL_SIZE", 8, least=1, most=200)
        options["pool"] = {"min_size": 1, "max_size": most, "max_lifetime": 600, "timeout": 20}
    return {
        "ENGINE": "wangge.kernel.database",
        "NAME": url.path.lstrip("/") or "wangge",
        "USER": user,
        "PASSWORD": password,
        "HOST": query.get("host") or url.hostname or "",
        "PORT": query.get("port") or str(url.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # a declared cursor would leave the extended protocol
    }
