"""What must be settled before the product may serve real people: keys, passwords, hosts; every fault at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from wangge.shell.environment import SettingFault

SHORTEST_KEY = 32
SHORTEST_PASSWORD = 12
FEWEST_CHARACTERS = 5  # different ones: "aaaa…" and "abcabc…" are no keys
_WEAK = {"wangge", "postgres", "password", "passwd", "secret", "admin", "administrator", "changeme", "change-me",
         "default", "test", "example", "root", "123456", "12345678", "1234567890", "development-only-key"}  # fmt: skip
_WEAK_PARTS = ("development-only", "django-insecure", "changeme", "change-me", "your-secret", "insecure")
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}\Z")
_NAMES_IN_WEAK = re.compile(
    r"(wangge|postgres|admin|operator|web|worker|password|[\W_]|\d)*\Z", re.IGNORECASE
)


@dataclass(frozen=True)
class Deployment:
    """What a process was given, as it was given; `passwords` are those of the logins that were set by hand."""

    secret_key: str
    data_key: str
    is_debug: bool
    uses_dev_page: bool
    database_url: str
    login: str
    passwords: dict[str, str]
    operator_hosts: tuple[str, ...]
    metrics_token: str = ""


def is_weak(secret: str) -> bool:
    """Whether a secret is empty, known from manuals, made of our own names and digits, or of few characters."""
    lowered = secret.lower()
    return (
        lowered in _WEAK
        or any(part in lowered for part in _WEAK_PARTS)
        or bool(len(secret) < SHORTEST_KEY and _NAMES_IN_WEAK.match(secret))
        or len(set(secret)) < min(FEWEST_CHARACTERS, max(len(secret), 1))
    )


def is_local(host: str) -> bool:
    """Whether a host name reaches nobody but the machine itself, or everybody."""
    name = host.lower().strip()
    bare = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    return (
        bare in ("", "*", "localhost", "::1", "0.0.0.0")
        or bare.endswith(".localhost")
        or bare.startswith("127.")
    )


def production_faults(given: Deployment) -> list[SettingFault]:
    """Everything that forbids serving in production, in the order in which one would mend it."""
    return [
        *_key_faults(given),
        *_debug_faults(given),
        *_database_faults(given),
        *_password_faults(given),
        *_host_faults(given),
    ]


def _key_faults(given: Deployment) -> list[SettingFault]:
    found = []
    if len(given.secret_key) < SHORTEST_KEY or is_weak(given.secret_key):
        found.append(
            SettingFault(
                "WANGGE_SECRET_KEY",
                f"未设置、为默认值或少于 {SHORTEST_KEY} 个字符；可用 openssl rand -hex 32 生成",
                f"missing, a default, or shorter than {SHORTEST_KEY} characters; make one by: openssl rand -hex 32",
            )
        )
    if not _HEX_KEY.match(given.data_key) or is_weak(given.data_key):
        found.append(
            SettingFault(
                "WANGGE_DATA_KEY",
                "未设置、为默认值或不是 64 位十六进制；可用 openssl rand -hex 32 生成，并与数据库备份分开保管",
                "missing, a default, or not 64 hexadecimal digits; make one by: openssl rand -hex 32, and keep it "
                "apart from the database's backups",
            )
        )
    if given.data_key and given.data_key.lower() == given.secret_key.lower():
        found.append(
            SettingFault(
                "WANGGE_DATA_KEY",
                "不得与 WANGGE_SECRET_KEY 相同",
                "must not be the same as WANGGE_SECRET_KEY",
            )
        )
    return found


def _debug_faults(given: Deployment) -> list[SettingFault]:
    found = []
    if given.is_debug:
        found.append(
            SettingFault("WANGGE_DEBUG", "生产环境不得开启调试", "debugging must be off in production")
        )
    if given.uses_dev_page:
        found.append(
            SettingFault(
                "WANGGE_VITE_DEV",
                "生产环境不得使用页面开发服务器",
                "the page's development server must be off in production",
            )
        )
    return found


def _database_faults(given: Deployment) -> list[SettingFault]:
    if not given.database_url:
        return [
            SettingFault(
                "DATABASE_URL",
                "未设置；例如 postgresql://db:5432/wangge",
                "missing; for example postgresql://db:5432/wangge",
            )
        ]
    try:
        url = urlsplit(given.database_url)
        password, is_by_network = unquote(url.password or ""), bool(url.hostname)
    except ValueError:
        return []  # told as malformed by who read it
    if given.login != "admin":  # signs in with a password of its own
        return []
    if (is_by_network and not password) or (password and is_weak_password(password)):
        return [
            SettingFault(
                "DATABASE_URL",
                f"其中的密码缺失、为默认值或少于 {SHORTEST_PASSWORD} 个字符",
                f"its password is missing, a default, or shorter than {SHORTEST_PASSWORD} characters",
            )
        ]
    return []


def is_weak_password(password: str) -> bool:
    """Whether a database password is short or known from manuals."""
    return len(password) < SHORTEST_PASSWORD or is_weak(password)


def _password_faults(given: Deployment) -> list[SettingFault]:
    return [
        SettingFault(
            f"WANGGE_{login.upper()}_PASSWORD",
            f"为默认值或少于 {SHORTEST_PASSWORD} 个字符；留空则由 WANGGE_SECRET_KEY 推导",
            f"a default or shorter than {SHORTEST_PASSWORD} characters; left out, it is derived from WANGGE_SECRET_KEY",
        )
        for login, password in given.passwords.items()
        if password and is_weak_password(password)
    ] + (
        [
            SettingFault(
                "WANGGE_METRICS_TOKEN",
                f"为默认值或少于 {SHORTEST_PASSWORD} 个字符；留空则不答任何人",
                f"a default or shorter than {SHORTEST_PASSWORD} characters; left out, nobody is answered",
            )
        ]
        if given.metrics_token and is_weak_password(given.metrics_token)
        else []
    )


def _host_faults(given: Deployment) -> list[SettingFault]:
    if given.operator_hosts and not any(is_local(host) for host in given.operator_hosts):
        return []
    return [
        SettingFault(
            "WANGGE_OPERATOR_HOSTS",
            "请写明运营方的主机名，不得为 localhost、* 或空",
            "name the operators' own host; localhost, * and nothing are no names",
        )
    ]
