"""The page's files, known by the names that stood in their folders when the server started."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serves them; a file that has vanished since, as when the page is built anew, is like one that never was: 404."""

    def serve(self, static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file, or what the rest of the server says of its address."""
        try:
            return super().serve(static_file, request)
        except FileNotFoundError:
            return self.get_response(request)
