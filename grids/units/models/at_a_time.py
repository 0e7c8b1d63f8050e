"""Expressions of exclusion constraints: of one thing, on one day, only once."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Value


def one_id(field: str) -> Func:
    """An id as a range of one: equality in a GiST index without the btree_gist extension."""
    return Func(F(field), F(field), Value("[]"), function="int8range", output_field=models.CharField())


def day_range(first: str, last: str) -> Func:
    """The days from the first to the last, both counted; without a last one they go on."""
    return Func(F(first), F(last), Value("[]"), function="daterange", output_field=models.CharField())
