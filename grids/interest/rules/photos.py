"""How many photos of an occurrence are kept, and that those in them agreed. Rules: J09, S17"""

from __future__ import annotations

from wangge.errors import RuleBroken

# Longest side in pixels after a photo is taken in anew: enough for a screen, too little for a poster.
LONGEST_SIDE = 1920
MEGABYTE = 1_000_000


def check_photo_count(kept: int, most: int) -> None:
    """Refuse one photo more than policy keeps with 422 PHOTO_COUNT. Rule: J09"""
    if kept < most:
        return
    raise RuleBroken(
        "PHOTO_COUNT",
        zh=f"本次活动已有{kept}张照片，最多{most}张",
        en=f"there are {kept} photos of it already; {most} are kept at most",
        rule="J09",
        facts={"kept": kept, "most": most},
        how_to_fix_zh="请先删除一张",
        how_to_fix_en="delete one first",
        field="file",
    )


def check_photo_size(size_bytes: int, most_megabytes: int) -> None:
    """Refuse a photo that is larger than policy takes with 413 FILE_TOO_LARGE. Rule: J09"""
    if size_bytes <= most_megabytes * MEGABYTE:
        return
    raise RuleBroken(
        "FILE_TOO_LARGE",
        zh=f"照片{size_bytes / MEGABYTE:.1f}MB，上限{most_megabytes}MB",
        en=f"the photo has {size_bytes / MEGABYTE:.1f} MB; the limit is {most_megabytes} MB",
        status=413,
        rule="J09",
        facts={"size_bytes": size_bytes, "most_megabytes": most_megabytes},
        how_to_fix_zh="请用手机“压缩后发送”，或降低拍照分辨率",
        how_to_fix_en="send it compressed, or take it at a lower resolution",
        field="file",
    )


def unreadable_photo() -> RuleBroken:
    """422 PHOTO_UNREADABLE: bytes that begin like a picture and are none. Rule: J09"""
    return RuleBroken(
        "PHOTO_UNREADABLE", zh="照片无法读取，可能已损坏", en="the picture cannot be read", rule="J09", field="file",
        how_to_fix_zh="请重新拍摄或选择其他照片", how_to_fix_en="take or choose another one",
    )  # fmt: skip
