"""Lists that tell of communities and draw none of them."""

from __future__ import annotations


def outlines_of(community: str) -> list[str]:
    """The fields of a community that hold its outline, for `defer`: a list of thousands of rows needs none of them.

    `community`: the way to it from the rows, as in `grid__community`; empty where the rows are communities themselves.
    """
    way = f"{community}__" if community else ""
    return [f"{way}{name}" for name in ("geometry", "frame", "frame_mercator")]
