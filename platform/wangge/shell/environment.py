"""Reading settings from the environment: what is malformed is told by its name, all of it at once, in two languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
Value = TypeVar("Value")


class SettingFault(NamedTuple):
    """One variable that is missing or wrong, and what to do; never its value, which may be a secret."""

    variable: str
    zh: str
    en: str


class Environment:
    """The variables of a process; collects what is wrong with them in `faults` and goes on with the default."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.faults: list[SettingFault] = []

    def fault(self, variable: str, zh: str, en: str) -> None:
        """Remember that this variable is wrong."""
        self.faults.append(SettingFault(variable, zh, en))

    def text(self, name: str, default: str = "") -> str:
        """The variable's text without blanks around it; an empty one counts as not given."""
        return self._given.get(name, "").strip() or default

    def secret(self, name: str) -> str:
        """The variable's text, or the content of the file that `<name>_FILE` names (a mounted secret)."""
        path = self.text(f"{name}_FILE")
        if not path or self.text(name):
            return self.text(name)
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = type(error).__name__
            self.fault(f"{name}_FILE", f"无法读取该文件（{reason}）", f"the file cannot be read ({reason})")
            return ""

    def parsed(self, name: str, default: str, parse: Callable[[str], Value], *, zh: str, en: str) -> Value:
        """The variable through a function that raises ValueError for what it does not understand."""
        try:
            return parse(self.text(name, default))
        except ValueError:
            self.fault(name, zh, en)
            return parse(default)

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**40) -> int:
        """A whole number within bounds."""

        def bounded(text: str) -> int:
            if not least <= int(text) <= most:
                raise ValueError
            return int(text)

        return self.parsed(
            name, str(default), bounded,
            zh=f"须为 {least} 到 {most} 的整数", en=f"must be a whole number from {least} to {most}",
        )  # fmt: skip

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Yes or no, written as 1 or 0."""
        text = self.text(name, "1" if default else "0").lower()
        if text not in _YES | _NO:
            self.fault(name, "须为 1 或 0", "must be 1 or 0")
            return default
        return text in _YES

    def choice(self, name: str, default: str, known: Sequence[str]) -> str:
        """One of the known words."""
        text = self.text(name, default)
        if text in known:
            return text
        self.fault(name, f"须为以下之一：{'、'.join(known)}", f"must be one of: {', '.join(known)}")
        return default

    def words(self, name: str, default: str = "") -> list[str]:
        """Words by comma, without blanks and empty ones."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]


def refuse(faults: Sequence[SettingFault]) -> None:
    """End the process with status 1 and every fault on standard error; return quietly when there is none."""
    if not faults:
        return
    lines = [
        "网格平台未启动：以下环境变量有误，请改正后重新启动。",
        "Wangge does not start: these environment variables are wrong; mend them and start again.",
        *(f"  {variable}: {zh}\n  {' ' * len(variable)}  {en}" for variable, zh, en in faults),
    ]
    raise SystemExit("\n".join(lines))
