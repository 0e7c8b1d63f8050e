"""Personal data are shown masked; the full value is another road, with a purpose and a log entry.

Phone 138****1234, identity number first three and last four, name first character and a star, bank account
last four, address down to the community. What is too short to mask safely is hidden whole.

Rule: S11
Rule: S23
"""

from __future__ import annotations

import re

STAR = "*"
PHONE_HEAD = 3
PHONE_TAIL = 4
PHONE_MIN_LENGTH = 11
ID_HEAD = 3
ID_TAIL = 4
ID_MIN_LENGTH = 15
BANK_TAIL = 4
BANK_MIN_LENGTH = 8
# 幸福里社区, 某某村, 某某居委会…: what follows is the door, and the door is what must not be shown. A 新村,
# 小区 or 花园 is part of a street address, not a community.
COMMUNITY = re.compile(
    r"^.*?(?:社区居民委员会|村民委员会|居民委员会|社区居委会|居委会|村委会|社区|(?<!新)村(?!路))"
)


def mask_phone(phone: str) -> str:
    """First three and last four characters of a mobile number; shorter numbers keep nothing."""
    digits = phone.strip()
    if len(digits) < PHONE_MIN_LENGTH:
        return STAR * len(digits)
    hidden = len(digits) - PHONE_HEAD - PHONE_TAIL
    return digits[:PHONE_HEAD] + STAR * hidden + digits[-PHONE_TAIL:]


def mask_id_number(number: str) -> str:
    """First three and last four characters of an identity number; shorter ones keep nothing."""
    text = number.strip().upper()
    if len(text) < ID_MIN_LENGTH:
        return STAR * len(text)
    return text[:ID_HEAD] + STAR * (len(text) - ID_HEAD - ID_TAIL) + text[-ID_TAIL:]


def mask_name(name: str) -> str:
    """First character and one star, whatever the length, so that the length does not tell either."""
    text = name.strip()
    return text[0] + STAR if text else ""


def mask_bank_account(account: str) -> str:
    """The last four digits behind four stars; shorter numbers keep nothing."""
    digits = re.sub(r"[\s-]", "", account)
    if len(digits) < BANK_MIN_LENGTH:
        return STAR * len(digits)
    return STAR * 4 + digits[-BANK_TAIL:]


def mask_recipient(recipient: str) -> str:
    """Where a message goes: a mailbox keeps its first character and its domain, a phone what `mask_phone` keeps.

    A reference to a row of the product, such as `accounts.user:7`, is no personal data and stays.
    """
    text = recipient.strip()
    if re.fullmatch(r"[a-z]+\.[a-z]+:[0-9]+", text):
        return text
    name, at, domain = text.rpartition("@")
    if at:
        return f"{name[:1]}{STAR * 3}@{domain}"
    return mask_phone(text)


def mask_address(address: str, community: str = "") -> str:
    """The address down to its community; the community's own name when the text names none.

    Without either nothing but a star is shown: a street and door number find a person.
    """
    found = COMMUNITY.match(address.strip())
    if found is not None:
        return found.group(0) + STAR
    return community.strip() + STAR
