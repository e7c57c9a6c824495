"""The map's own addresses."""

from django.urls import path

from layers import pages, tiles

urlpatterns = [
    path("", pages.map_page, name="map"),
    path("wall/", pages.wall_page, name="wall"),
    path("app/", pages.app_home, name="app-home"),
    path("tiles/<str:layer>/<str:z>/<str:x>/<str:y>.mvt", tiles.tile, name="tile"),
]
