"""A weak password is explained in both languages, whatever language the request speaks."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from tenants.accounts.services import create_user
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("password", "zh", "en"),
    [
        ("a1b2", "至少需要 10 个字符", "at least 10 characters"),
        ("password12", "常见", "too common"),
        ("wanglaoshi1", "相似", "too similar"),
    ],
)
def test_a_weak_password_is_explained_in_both_languages(in_alpha, language, password, zh, en):
    with translation.override(language), pytest.raises(RuleBroken, match="PASSWORD_TOO_WEAK") as weak:
        create_user(username="wanglaoshi", display_name="测试", password=password, acting_user=None)
    assert zh in weak.value.zh
    assert en in weak.value.en
    assert not re.search(r"[\u4e00-\u9fff]", weak.value.en)
    assert not re.search(r"password (is|must|cannot)", weak.value.zh, re.IGNORECASE)
