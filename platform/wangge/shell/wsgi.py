"""WSGI entry of the city and the operator servers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.shell.settings")
application = get_wsgi_application()
