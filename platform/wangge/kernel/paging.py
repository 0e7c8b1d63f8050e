"""Cursor paging: stable under inserts, no counting, at most 200 rows a page."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination

from wangge.errors import RuleBroken

_POSITION = re.compile(r"^\d{1,18}\Z")  # an id


class IdCursorPagination(CursorPagination):
    """Pages by id, newest last; `limit` (1–200, default 50) and `cursor` are the only parameters."""

    ordering: str | tuple[str, ...] = "id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"

    def get_page_size(self, request):  # type: ignore[no-untyped-def]
        """The page size asked for; a limit that is no number from 1 to 200 is refused, not corrected in silence."""
        raw = request.query_params.get("limit")
        if raw is None:
            return self.page_size
        if raw.isascii() and raw.isdigit() and 1 <= int(raw[:9]) <= self.max_page_size:
            return int(raw)
        raise RuleBroken(
            "BAD_LIMIT",
            zh=f"limit 须为 1–{self.max_page_size}",
            en=f"limit must be 1–{self.max_page_size}",
            status=400,
            field="limit",
        )

    def decode_cursor(self, request):  # type: ignore[no-untyped-def]
        """The decoded cursor; a spoilt one is refused."""
        try:
            cursor = super().decode_cursor(request)
            if (
                cursor is not None
                and cursor.position is not None
                and not _POSITION.match(str(cursor.position))
            ):
                raise NotFound
            return cursor
        except (NotFound, UnicodeError) as exc:
            raise RuleBroken(
                "BAD_CURSOR",
                zh="cursor 无效",
                en="this cursor is not valid",
                status=400,
                field="cursor",
                how_to_fix_zh="请使用上一页返回的 next 链接",
                how_to_fix_en="follow the next link of the page before",
            ) from exc


@cache
def paged(serializer: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of one page of that serializer's rows, for the API document."""
    name = serializer.__name__.removesuffix("Output")
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": serializer(many=True),
        "__doc__": f"One page of {name}.",
    }
    return type(f"{name}Page", (serializers.Serializer,), fields)
