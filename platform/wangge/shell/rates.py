"""How often one caller and one city may ask: counted per window, without a statement, and each city for itself."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from wangge.shell.environment import Environment

log = logging.getLogger(__name__)
MEMORY = "memory://"
DEFAULTS = {
    "address": "1200/minute",
    "user": "1200/minute",
    "city": "60000/minute",
    "address_tiles": "6000/minute",
    "user_tiles": "6000/minute",
    "city_tiles": "300000/minute",
}
_OFF = {"off", "0", "none"}
_REDIS_SCHEMES = {"redis", "rediss", "redis+unix"}
_REDIS_PATIENCE_S = 0.25
_AFTER_A_FAILURE_S = 5.0  # how long a counter store that failed is left alone, and everybody let through


def limit_of(text: str) -> RateLimitItem | None:
    """The limit in a text such as `600/minute`; None for `off`. Raises ValueError."""
    return None if text.lower() in _OFF else parse(text)


def read_rates(given: Environment) -> dict[str, RateLimitItem | None]:
    """The installation's limits by kind; tiles are counted apart, because a map asks for dozens at a glance."""
    return {
        kind: given.parsed(
            f"WANGGE_RATE_{kind.upper()}", default, limit_of,
            zh="须形如 600/minute，或 off", en="must look like 600/minute, or be off",
        )
        for kind, default in DEFAULTS.items()
    }  # fmt: skip


def storage_of(text: str) -> str:
    """The address of a counter store, when it can be used here; raises ValueError."""
    url = urlsplit(text)
    if text == MEMORY:
        return text
    if url.scheme not in _REDIS_SCHEMES or not (url.hostname or url.path):
        raise ValueError(text)
    if find_spec("redis") is None:
        raise ValueError(text)
    return text


def make_storage(text: str) -> Storage:
    """The counter store at this address."""
    if text == MEMORY:
        return WindowMemory()
    patience = {"socket_timeout": _REDIS_PATIENCE_S, "socket_connect_timeout": _REDIS_PATIENCE_S}
    return storage_from_string(text, wrap_exceptions=True, **patience)  # type: ignore[return-value]


class WindowMemory(Storage):
    """Counters in this process's memory, swept now and then.

    The library's own store starts a thread after every request that walks over all counters; this one looks at them
    every ten seconds, so that a flood from many addresses costs no more than its requests.
    """

    STORAGE_SCHEME = ["wangge-memory"]
    SWEEP_EVERY_S = 10.0

    def __init__(self, uri: str | None = None, **options: Any) -> None:
        super().__init__(uri, **options)
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._swept_at = time.time()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count a hit; the window begins with its first."""
        now = time.time()
        with self._lock:
            if now - self._swept_at > self.SWEEP_EVERY_S:
                self._swept_at = now
                self._counts = {name: kept for name, kept in self._counts.items() if kept[1] > now}
            count, ends_at = self._counts.get(key, (0, 0.0))
            if ends_at <= now:
                count, ends_at = 0, now + expiry
            self._counts[key] = (count + amount, ends_at)
            return count + amount

    def get(self, key: str) -> int:
        """Hits in the running window."""
        count, ends_at = self._counts.get(key, (0, 0.0))
        return count if ends_at > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When the running window ends, in seconds since the epoch."""
        return self._counts.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget all counters."""
        with self._lock:
            forgotten = len(self._counts)
            self._counts = {}
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with self._lock:
            self._counts.pop(key, None)


class Limiter:
    """Counts hits against the installation's rates; a counter store that fails lets everybody through."""

    def __init__(self, storage: Storage, rates: Mapping[str, RateLimitItem | None]) -> None:
        self._window = FixedWindowRateLimiter(storage)
        self._rates = rates
        self._rests_until = 0.0

    def wait_s(self, kind: str, *who: str) -> int:
        """Count a hit of somebody; 0 when it may pass, else the whole seconds until the window ends."""
        rate = self._rates.get(kind)
        if rate is None or time.monotonic() < self._rests_until:
            return 0
        try:
            if self._window.hit(rate, kind, *who):
                return 0
            ends_at = self._window.get_window_stats(rate, kind, *who).reset_time
        except StorageError as error:
            self._rests_until = time.monotonic() + _AFTER_A_FAILURE_S
            log.warning("rate limits are not counted for now: %s", type(error.storage_error).__name__)
            return 0
        return max(1, math.ceil(ends_at - time.time()))


class KnownCallers:
    """Whose a credential was when it last let somebody in, so that the next request counts for the person.

    A credential that is not known here counts for its address: inventing tokens frees nobody from a limit.
    """

    MOST = 20_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: OrderedDict[str, str] = OrderedDict()

    def user_of(self, credential: str) -> str | None:
        """`schema:number` of the person whose this was."""
        return self._users.get(credential)

    def learn(self, credential: str, user: str | None) -> None:
        """Remember whose it is, or that it is nobody's any more."""
        if self._users.get(credential) == user:
            return
        with self._lock:
            if user is None:
                self._users.pop(credential, None)
                return
            self._users[credential] = user
            while len(self._users) > self.MOST:
                self._users.popitem(last=False)
