"""The HTTP half: Django behind the fast lane for tiles, run in a fixed thread pool by config.asgi."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from layers.tile_lane import in_front_of  # noqa: E402  (needs the apps that the line above loads)

application = in_front_of(django)
