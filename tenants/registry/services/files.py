"""A city's files on this machine: one folder per schema, read for an export and exchanged as a whole."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

_ASIDE = ".aside-"


def files_folder(schema_name: str) -> Path:
    """Where the city's files are."""
    return Path(settings.WANGGE_FILES_DIR) / schema_name


def file_keys(schema_name: str) -> list[str]:
    """Keys of the city's plain files, in order; links are not followed."""
    folder = files_folder(schema_name)
    found = []
    for place, _, names in os.walk(folder):
        paths = (Path(place) / name for name in names)
        found += [
            path.relative_to(folder).as_posix() for path in paths if path.is_file() and not path.is_symlink()
        ]
    return sorted(found)


@contextmanager
def folder_aside() -> Iterator[Path]:
    """A folder beside the cities' folders, on the same disk, that is gone afterwards unless it was moved."""
    place = Path(settings.WANGGE_FILES_DIR) / f"{_ASIDE}{uuid.uuid4().hex}"
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def exchange_folder(schema_name: str, incoming: Path) -> tuple[Callable[[], None], Callable[[], None]]:
    """Put the incoming folder in the city's place; returns (undo, finish).

    Undo brings the files back that were there; finish removes them for good. Both are two renames at most.
    """
    place = files_folder(schema_name)
    before = place.with_name(f"{_ASIDE}{uuid.uuid4().hex}")
    had_files = place.exists()
    if had_files:
        place.rename(before)
    try:
        incoming.rename(place)
    except OSError:
        if had_files:
            before.rename(place)
        raise

    def undo() -> None:
        shutil.rmtree(place, ignore_errors=True)
        if had_files:
            before.rename(place)

    def finish() -> None:
        shutil.rmtree(before, ignore_errors=True)

    return undo, finish


def remove_folder(schema_name: str) -> None:
    """Delete the files of a city that is gone."""
    place = files_folder(schema_name)
    gone = place.with_name(f"{_ASIDE}{uuid.uuid4().hex}")
    with suppress(FileNotFoundError):
        place.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
