"""What every page template needs: both languages side by side, and the navigation of the signed-in person."""

from __future__ import annotations

from typing import Any

from django import template

from wangge.kernel.problems import english_wanted
from wangge.shell.navigation import NavigationLink, links_for

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: dict[str, Any], zh: str, en: str) -> str:
    """The wording in the reader's language, Chinese unless English is asked for."""
    return en if english_wanted(context.get("request")) else zh


@register.simple_tag(takes_context=True)
def page_links(context: dict[str, Any]) -> list[NavigationLink]:
    """The pages open to the reader on this host, with the current one marked."""
    request = context.get("request")
    if request is None or getattr(request, "tenant", None) is None:
        return []
    return links_for(request.user, request.path, english=english_wanted(request))
