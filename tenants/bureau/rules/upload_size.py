"""A file that comes in is refused by its size before any of it is stored or read.

Rule: X08
"""

from __future__ import annotations

from wangge.errors import RuleBroken

MEGABYTE = 1_000_000


def check_upload_size(size_bytes: int, most_bytes: int, *, how_to_fix_zh: str, how_to_fix_en: str) -> None:
    """Refuse a file that reaches the limit with 413 FILE_TOO_LARGE; the way to mend it depends on what it holds."""
    if size_bytes < most_bytes:
        return
    size, most = size_bytes / MEGABYTE, most_bytes / MEGABYTE
    raise RuleBroken(
        "FILE_TOO_LARGE",
        zh=f"文件大小{size:.1f}MB，须小于{most:.0f}MB",
        en=f"the file has {size:.1f} MB; it must be smaller than {most:.0f} MB",
        status=413,
        field="file",
        facts={"size_bytes": size_bytes, "most_bytes": most_bytes},
        how_to_fix_zh=how_to_fix_zh,
        how_to_fix_en=how_to_fix_en,
    )
