"""What every page template needs: both languages side by side, and the navigation of the signed-in person."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django import template
from django.utils.crypto import salted_hmac

from tenants.registry.queries import standing_of
from tenants.registry.rules.city_life import read_only_refusal
from wangge.kernel.problems import english_wanted
from wangge.shell.navigation import NavigationLink, links_for, operator_links

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: dict[str, Any], zh: str, en: str) -> str:
    """The wording in the reader's language, Chinese unless English is asked for."""
    return en if english_wanted(context.get("request")) else zh


@register.simple_tag(takes_context=True)
def page_links(context: dict[str, Any]) -> list[NavigationLink]:
    """The pages open to the reader on this host, with the current one marked."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated or request.session.get("owed"):
        return []
    english = english_wanted(request)
    if getattr(request, "tenant", None) is None:
        return operator_links(request.path, english=english)
    return links_for(request.user, request.path, english=english)


@register.simple_tag(takes_context=True)
def language_link(context: dict[str, Any]) -> dict[str, str] | None:
    """The way to this page in the other language; None where a page was made by a form or has no choice."""
    request = context.get("request")
    if request is None or request.method != "GET" or request.path.startswith("/api/"):
        return None
    english = english_wanted(request)
    wanted = request.GET.copy()
    wanted["lang"] = "zh-hans" if english else "en"
    name, lang = ("中文", "zh-Hans") if english else ("English", "en")
    return {"url": f"{request.path}?{wanted.urlencode()}", "name": name, "lang": lang}


@register.simple_tag(takes_context=True)
def device_key(context: dict[str, Any]) -> str:
    """The key under which the reader's pages seal what they keep on a device; the same for a person on every device.

    It is told to nobody else and stored in no browser: who takes up a shared phone after the reader opens nothing.
    """
    request = context["request"]
    city = getattr(request, "tenant", None)
    whose = f"{'' if city is None else city.schema_name}:{request.user.pk}"
    return b64encode(salted_hmac("wangge.device-key", whose, algorithm="sha256").digest()).decode()


@register.simple_tag(takes_context=True)
def read_only_notice(context: dict[str, Any]) -> str:
    """What people of a city that is suspended or to be dropped must know on every page; empty for all others."""
    request = context.get("request")
    city = getattr(request, "tenant", None)
    if city is None or city.suspended_at is None:
        return ""
    told = read_only_refusal(standing_of(city))
    return told.en if english_wanted(request) else told.zh
