"""A city's files on this machine: one folder per schema, read for an export and exchanged as a whole."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

# Folders beside the cities' own: files on their way in, and files that were exchanged and are being removed.
_INCOMING, _FORMER = ".incoming-", ".former-"
_LEFT_OVER_AFTER = timedelta(days=1)


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
    place = Path(settings.WANGGE_FILES_DIR) / f"{_INCOMING}{uuid.uuid4().hex}"
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
    before = place.with_name(f"{_FORMER}{schema_name}-{uuid.uuid4().hex}")
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


def put_folder_aside(schema_name: str) -> Path | None:
    """Let a city's files stand where no city finds them; where that is, None when there were none."""
    place = files_folder(schema_name)
    aside = place.with_name(f"{_FORMER}{schema_name}-{uuid.uuid4().hex}")
    try:
        return place.rename(aside)
    except FileNotFoundError:
        return None


def remove_folder(schema_name: str) -> None:
    """Delete the files of a city that is gone."""
    gone = put_folder_aside(schema_name)
    if gone is not None:
        shutil.rmtree(gone, ignore_errors=True)


def remove_left_over(*, now: datetime) -> int:
    """Delete what killed imports, exports and backups left half written more than a day ago; how many.

    Former files of a city are not touched: after a crash in the instant of an exchange they may be wanted.
    """
    oldest = (now - _LEFT_OVER_AFTER).timestamp()
    found = [
        *Path(settings.WANGGE_FILES_DIR).glob(f"{_INCOMING}*"),
        *Path(settings.WANGGE_BACKUP_DIR).glob("*/*.part"),
        *Path(settings.WANGGE_EXPORT_DIR).glob("*/*.part"),
    ]
    old = [path for path in found if path.stat().st_mtime < oldest]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)
