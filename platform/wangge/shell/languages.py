"""The reader's choice of language, kept in a cookie."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

PageView = Callable[..., HttpResponse]


def in_chosen_language(view: PageView) -> PageView:
    """Keep `?lang=en` or `?lang=zh-hans` in a cookie and show the page again without it."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = request.GET.get("lang", "").lower()
        wanted = {"zh": "zh-hans", "zh-cn": "zh-hans"}.get(wanted, wanted)
        if request.method != "GET" or wanted not in dict(settings.LANGUAGES):
            return view(request, *args, **kwargs)
        rest = request.GET.copy()
        del rest["lang"]
        answer = redirect(request.path + (f"?{rest.urlencode()}" if rest else ""))
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=31_536_000, samesite="Lax")
        return answer

    return shown
