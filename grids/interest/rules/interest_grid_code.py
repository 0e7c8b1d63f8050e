"""The code of an interest grid: community, the letter S, two digits of the activity, and a number never used twice.

The letter marks that the code is no national one.

Rule: J07
"""

from __future__ import annotations

_MARK = "S"
# Two digits hold the catalogue of a city; what is added beyond them shares 00, and the number tells them apart.
_MOST_ITEMS = 99


def interest_grid_code(community_code: str, item_number: int, sequence: int) -> str:
    """The code of the community's interest grid number `sequence`, such as `410802001001S0207`. Rule: J07

    `sequence` counts inside the community and is never given again, so that neither is the code.
    """
    activity = item_number if item_number <= _MOST_ITEMS else 0
    return f"{community_code}{_MARK}{activity:02d}{sequence:02d}"
