"""Chinese text in files that do not say, or say wrongly, how it is encoded."""

from __future__ import annotations

import codecs
import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gis.compute.refusal import InputRefused

_CODE_PAGES = {
    "65001": "utf-8",
    "936": "gb18030",
    "CP936": "gb18030",
    "MS936": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "GB18030": "gb18030",
    "54936": "gb18030",
    "950": "big5",
    "BIG5": "big5",
    "CP950": "big5",
}
# The byte after the DBF's header flags: dBASE's language driver. 0x4D is Chinese GBK, 0x7A is FoxPro's 936.
_LANGUAGE_DRIVERS = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}
_LANGUAGE_DRIVER_AT = 29
_SAMPLE_BYTES = 4_000_000
_SAMPLE_RECORDS = 3_000
# Cells joined from several sources hold some broken text; more than this means another encoding.
_BROKEN_SHARE = 0.06
# What is left when bytes were decoded wrongly and written back: nothing can mend it.
_DESTROYED = re.compile("\ufffd|锟斤|斤拷|烫烫|屯屯")
# Letters Chinese data never hold in a row, but every misread UTF-8 or GBK text does.
_MISREAD = re.compile("[\u0080-\u024f\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2,}")
_HAN = re.compile("[\u3400-\u9fff]")
# What two bytes make in UTF-8, several in a row: single ones stand in honest names (Café).
_ALPHABETS = re.compile("[\u0080-\u07ff]{2,}")
_TRIED = ("utf-8", "gb18030")
# Names or values that read this much better in one encoding decide for themselves.
_CLEAR_LEAD = 0.25


@dataclass(frozen=True)
class Encoding:
    """The encoding found; `label` is what the file claimed, `label_is_wrong` when its bytes say otherwise.

    `of_names` is that of the column names: some programs write names in GBK above values in UTF-8.
    """

    name: str
    label: str = ""
    label_is_wrong: bool = False
    of_names: str = ""


def mojibake(where: str) -> InputRefused:
    """The refusal for text that no encoding makes readable."""
    return InputRefused(
        "MOJIBAKE",
        zh=f"{where}的文字是乱码，按UTF-8和GBK都无法读出",
        en=f"the text of {where} is garbled and reads neither as UTF-8 nor as GBK",
        remedy_zh="请从原软件以UTF-8编码重新导出（Shapefile请一并提供.cpg文件）",
        remedy_en="export it again from the original program in UTF-8 (with the .cpg file, for a shapefile)",
    )


def decode_text(raw: bytes, where: str) -> tuple[str, str]:
    """A text file's content and the encoding it was in: by its mark, else UTF-8, else GBK; raises
    `MOJIBAKE`.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return _decoded(raw, (encoding,), where)
    return _decoded(raw, ("utf-8", "gb18030"), where)


def _decoded(raw: bytes, encodings: Iterable[str], where: str) -> tuple[str, str]:
    for encoding in encodings:
        try:
            return raw.decode(encoding), "GBK" if encoding == "gb18030" else encoding.upper()
        except UnicodeDecodeError:
            continue
    raise mojibake(where)


def shapefile_encoding(dbf: Path, cpg: Path | None) -> Encoding:
    """The encoding of a DBF: what .cpg or the language driver claims, if the bytes bear it out, else what
    they say.

    Names of columns and values are heard apart, and what one leaves open the other decides: a few names in GBK
    would else drown in values that happen to read as UTF-8. Raises `MOJIBAKE` when neither UTF-8 nor GBK reads
    the bytes.
    """
    with dbf.open("rb") as source:
        raw = source.read(_SAMPLE_BYTES)
    label = cpg.read_text("ascii", errors="replace").strip() if cpg else ""
    claimed = _claimed(label, raw)
    names, cells = _foreign_texts(raw)
    if not names and not cells:
        found = claimed or "utf-8"
        return Encoding(found, label, of_names=found)
    if claimed == "big5" and _broken_share(names + cells, claimed) <= _BROKEN_SHARE:
        return Encoding(claimed, label, of_names=claimed)
    if not _readings(names + cells) or (cells and not _readings(cells)):
        raise mojibake(dbf.name if not label else f"{dbf.name}（{label}）")
    found, of_names = _decided(cells, names, claimed), _decided(names, cells, claimed)
    return Encoding(found, label, label_is_wrong=claimed not in (None, found), of_names=of_names)


def _readings(texts: list[bytes]) -> list[str]:
    """The encodings that read nearly all of the texts."""
    return [name for name in _TRIED if _broken_share(texts, name) <= _BROKEN_SHARE]


def _decided(texts: list[bytes], others: list[bytes], claimed: str | None) -> str:
    """The encoding of some texts of a file: the one they read best in, else what its other texts or its label say."""
    own, beside = _plausible_shares(texts), _plausible_shares(others)
    if abs(own["utf-8"] - own["gb18030"]) > _CLEAR_LEAD:
        return max(_TRIED, key=lambda name: own[name])
    # Of equal encodings the claimed one wins, else UTF-8: GBK reads much of what is UTF-8.
    return max(_TRIED, key=lambda name: (round(own[name] + beside[name], 3), name == claimed))


def _plausible_shares(texts: list[bytes]) -> dict[str, float]:
    """How large a share of the texts each encoding reads as somebody might have written them; 0 without texts."""
    count = max(len(texts), 1)
    return {name: sum(_is_plausible(text, name) for text in texts) / count for name in _TRIED}


def _is_plausible(raw: bytes, encoding: str) -> bool:
    """True when the bytes read as Chinese in use, not as the letters that a wrong reading makes of them.

    GBK turns nearly any two bytes into some rare character, so common ones are asked of it; two bytes of GBK
    that UTF-8 reads make a Latin, Greek or Arabic letter, several of which hardly stand in a row.
    """
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        return False
    if encoding == "utf-8":
        return not _ALPHABETS.search(text) or bool(_HAN.search(text))
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _claimed(label: str, raw: bytes) -> str | None:
    bare = re.sub(r"[\s\-_]|^ANSI|^CP(?=\d)|^WINDOWS", "", label.upper())
    if bare.startswith("UTF8"):
        return "utf-8"
    if bare in _CODE_PAGES:
        return _CODE_PAGES[bare]
    driver = raw[_LANGUAGE_DRIVER_AT] if len(raw) > _LANGUAGE_DRIVER_AT else 0
    return None if label else _LANGUAGE_DRIVERS.get(driver)


def _foreign_texts(raw: bytes) -> tuple[list[bytes], list[bytes]]:
    """The non-ASCII field names and character cells of a DBF's first records."""
    if len(raw) < 32:
        return [], []
    header_bytes, record_bytes = int.from_bytes(raw[8:10], "little"), int.from_bytes(raw[10:12], "little")
    # The array of fields ends at a carriage return; what may follow is the program's own.
    starts = itertools.takewhile(lambda at: raw[at] != 0x0D, range(32, min(header_bytes, len(raw)) - 31, 32))
    fields = [raw[at : at + 32] for at in starts]
    names = [field[:11].split(b"\0")[0] for field in fields]
    ends = [1 + sum(field[16] for field in fields[: at + 1]) for at in range(len(fields))]
    spans = [(end - field[16], end) for field, end in zip(fields, ends, strict=True) if field[11:12] == b"C"]
    last = min(len(raw), header_bytes + record_bytes * _SAMPLE_RECORDS) - record_bytes
    cells = [
        raw[at + start : at + end].rstrip(b" \0")
        for at in range(header_bytes, last + 1, max(record_bytes, 1))
        for start, end in spans
    ]
    return [text for text in names if not text.isascii()], [text for text in cells if not text.isascii()]


def _broken_share(texts: list[bytes], encoding: str) -> float:
    """The share of texts an encoding cannot read; a character cut off at a field's end does not count."""
    broken = 0
    for text in texts:
        try:
            codecs.getincrementaldecoder(encoding)().decode(text)
        except UnicodeDecodeError:
            broken += 1
    return broken / max(len(texts), 1)


def bytes_read_as(text: str, encoding: str) -> str:
    """Text whose characters stand for bytes (Latin-1), decoded; a character cut off at the end is left out.

    Bytes that cannot be read become U+FFFD, which `is_destroyed` finds.
    """
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(text.encode("latin-1"))


def is_destroyed(text: str) -> bool:
    """True when characters have been lost, as in 锟斤拷."""
    return bool(_DESTROYED.search(text))


def is_misread(text: str) -> bool:
    """True for Latin gibberish such as `ç„¦ä½œ`, which was Chinese before it was decoded wrongly."""
    return bool(_MISREAD.search(text)) and not _HAN.search(text)


def mended(text: str) -> str | None:
    """The Chinese text behind Latin gibberish, or None when it cannot be had back."""
    for wrong in ("cp1252", "latin-1"):
        for right in ("utf-8", "gb18030"):
            try:
                candidate = text.encode(wrong).decode(right)
            except (UnicodeEncodeError, UnicodeDecodeError):
                continue
            if _HAN.search(candidate) and not is_misread(candidate) and not is_destroyed(candidate):
                return candidate
    return None


def plain(text: str) -> str:
    """Text as it is compared and stored: full-width forms narrowed, blanks trimmed."""
    return unicodedata.normalize("NFKC", text).replace("\u3000", " ").strip()


def mended_as_gbk(text: str) -> str | None:
    """The Chinese behind rare-looking Chinese such as 鐒︿綔, which is UTF-8 read as GBK; None for honest
    text.
    """
    try:
        candidate = text.encode("gb18030").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None
    return candidate if _HAN.search(candidate) else None
