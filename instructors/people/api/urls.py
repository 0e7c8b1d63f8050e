"""Routes of the register: each module of faces has its own list."""

from __future__ import annotations

from instructors.people.api.own import urlpatterns as own
from instructors.people.api.register_urls import urlpatterns as register

urlpatterns = [*register, *own]
