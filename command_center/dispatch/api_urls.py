from django.urls import path

from command_center.dispatch import api

urlpatterns = [
    path("incidents/<int:pk>/proposals/", api.ProposalsView.as_view()),
    path("incidents/<int:pk>/assignments/", api.AssignmentList.as_view()),
    path("assignments/<int:pk>/", api.AssignmentDetail.as_view()),
    path("assignments/<int:pk>/transitions/<slug:name>/", api.AssignmentTransition.as_view()),
]
