"""The map's own addresses."""

from django.urls import include, path

from layers import api, described, features, ground, pages, panel, saved_views, tiles, wall

urlpatterns = [
    path("", pages.map_page, name="map"),
    path("wall/", pages.wall_page, name="wall"),
    path("app/", pages.app_home, name="app-home"),
    path("tiles/<str:layer>/<str:z>/<str:x>/<str:y>.mvt", tiles.tile, name="tile"),
    path("ground/roads/<str:z>/<str:x>/<str:y>.mvt", ground.roads, name="roads"),
    path("panel/<str:layer>/<str:pk>/", panel.panel, name="panel"),
    path("panel/<str:layer>/<str:pk>/tab/<str:key>/", panel.tab, name="panel-tab"),
    path("api/v1/layers/", described.Layers.as_view(), name="layers"),
    path("api/v1/layers/<str:layer>/summary/", described.Summary.as_view(), name="layer-summary"),
    path("api/v1/features/<str:layer>/", features.Features.as_view(), name="features"),
    path("api/v1/features/<str:layer>/export.xlsx", features.Export.as_view(), name="features-export"),
    path("api/v1/features/<str:layer>/<str:pk>/", features.Feature.as_view(), name="feature"),
    path("api/v1/search/", api.Search.as_view(), name="search"),
    path("api/v1/nearby/", api.Nearby.as_view(), name="nearby"),
    path("api/v1/views/", saved_views.SavedViews.as_view(), name="saved-views"),
    path("api/v1/views/<int:pk>/", saved_views.OneSavedView.as_view(), name="saved-view"),
    path("api/v1/wall/<str:key>/", wall.Wall.as_view(), name="wall-view"),
    path("api/v1/regions/", api.Regions.as_view(), name="regions"),
    path("api/v1/regions/boundaries.geojson", api.boundaries, name="boundaries"),
    path("", include("layers.statistics.urls")),
]
