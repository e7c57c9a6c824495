from django.urls import path

from supervision.enterprises import (
    views,
    views_boundary,
    views_dossier,
    views_lifecycle,
    views_merging,
    views_requests,
    views_truth,
)
from supervision.enterprises.papers import views as papers

app_name = "enterprises"
urlpatterns = [
    path("<int:pk>/verify/", views.verify, name="verify"),
    path("<int:pk>/status/", views.status, name="status"),
    path("<int:pk>/contact/", views.contact, name="contact"),
    path("<int:pk>/confirm/", views_truth.confirm, name="confirm"),
    path("<int:pk>/confirm/done/", views_truth.confirmed, name="confirmed"),
    path("<int:pk>/correct/<slug:key>/", views_truth.correct, name="correct"),
    path("<int:pk>/doubt/", views_truth.doubt, name="doubt"),
    path("<int:pk>/strip/", views_truth.strip, name="strip"),
    path("contacts/<int:pk>/hand-over/", views_requests.hand_over, name="hand-over"),
    path("contradictions/<int:pk>/accept/", views_requests.accept, name="accept"),
    path("change_requests/<int:pk>/", views_requests.change_request, name="change-request"),
    path("change_requests/<int:pk>/decide/<slug:name>/", views_requests.decide, name="decide"),
    path("<int:pk>/boundary/", views_boundary.boundary, name="boundary"),
    path("<int:pk>/dossier/", views_dossier.page, name="dossier"),
    path("<int:pk>/dossier.<str:kind>", views_dossier.paper, name="dossier-paper"),
    path("rows/<slug:key>/<int:pk>/verify/", papers.verify, name="row-verify"),
    path("rows/<slug:key>/<int:pk>/withdraw/", papers.withdraw, name="row-withdraw"),
    path("enterprises/<int:pk>/", views_lifecycle.file, {"module": "enterprises", "key": "enterprises"}, name="file"),
    path("applications/check/", views_lifecycle.check, name="check"),
    path("<int:pk>/step/<slug:name>/", views_lifecycle.step, name="step"),
    path("<int:pk>/merge/", views_merging.merge_with, name="merge-with"),
    path("<int:pk>/merge/<int:other>/", views_merging.merge_page, name="merge"),
    path("duplicates/<int:pk>/verdict/<slug:name>/", views_merging.verdict, name="verdict"),
    path("merges/<int:pk>/split/", views_merging.split_page, name="split"),
]  # fmt: skip
