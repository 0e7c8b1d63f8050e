"""Lists the licence of every library of this installation and refuses GPL and AGPL in what is shipped.

Python's come from the installed packages' own metadata, the page's from its lock file; no network is asked.
Shipped is what the product imports or sends to a browser; development tools are listed, not refused.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
# LGPL (psycopg) may be used as a library; "GPL-compatible" and "or" choices are not refusals.
REFUSED = re.compile(r"(?<!L)\bA?GPL\b|(?<!Lesser )General Public License|Affero", re.IGNORECASE)
LESSER = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)


class Library(NamedTuple):
    """One library, where it is used, and the licence it names."""

    name: str
    version: str
    licence: str
    shipped: bool
    language: str


def canonical(name: str) -> str:
    """The spelling under which the package index knows a name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(found: metadata.PackageMetadata) -> str:
    """SPDX expression, else trove classifiers, else the first line of the old free-text field."""
    if expression := found.get("License-Expression"):
        return expression
    trove = [
        c.rsplit(" :: ", 1)[-1] for c in found.get_all("Classifier", []) if c.startswith("License :: OSI")
    ]
    return " / ".join(trove) or (found.get("License") or "").strip().partition("\n")[0] or "not said"


def needed_by(roots: list[str]) -> set[str]:
    """Names of everything that the given requirements bring along on this machine, chosen extras included."""
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(root) for root in roots]
    while waiting:
        requirement = waiting.pop()
        name = canonical(requirement.name)
        for extra in {"", *requirement.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            waiting += [
                further
                for further in map(Requirement, metadata.requires(name) or [])
                if further.marker is None or further.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in seen}


def python_libraries() -> Iterator[Library]:
    """Every installed Python package but our own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    shipped = needed_by(project["dependencies"])
    for distribution in metadata.distributions():
        name = canonical(distribution.metadata["Name"])
        if name != project["name"]:
            licence = licence_of(distribution.metadata)
            yield Library(name, distribution.version, licence, name in shipped, "python")


def page_libraries() -> Iterator[Library]:
    """Every package of the page's lock file, but those for other systems."""
    lock = ROOT / "platform" / "web" / "package-lock.json"
    if not lock.exists():
        return
    for path, package in json.loads(lock.read_text("utf-8"))["packages"].items():
        if path and not package.get("optional"):
            name = path.rpartition("node_modules/")[2]
            licence = package.get("license", "not said")
            yield Library(name, package.get("version", ""), licence, not package.get("dev"), "page")


def is_refused(library: Library) -> bool:
    """True for shipped libraries that leave no choice but GPL or AGPL, or name no licence."""
    if not library.shipped:
        return False
    if library.licence == "not said":
        return True
    choices = re.split(r"\s+OR\s+|\s*/\s*", library.licence)
    return all(REFUSED.search(choice) and not LESSER.search(choice) for choice in choices)


def main() -> int:
    """Print the table; 1 when a library is refused."""
    libraries = sorted(
        {*python_libraries(), *page_libraries()}, key=lambda lib: (not lib.shipped, lib.language, lib.name)
    )
    for library in libraries:
        use = "shipped" if library.shipped else "tool"
        print(f"{use:8}{library.language:8}{library.name:34}{library.version:16}{library.licence[:70]}")
    refused = [library for library in libraries if is_refused(library)]
    for library in refused:
        print(f"REFUSED {library.name} {library.version}: {library.licence}", file=sys.stderr)
    shipped = sum(library.shipped for library in libraries)
    print(f"{len(libraries)} libraries, {shipped} shipped, {len(refused)} refused")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
