from django.urls import path

from command_center.incidents import api

urlpatterns = [
    path("incidents/", api.IncidentList.as_view()),
    path("incidents/grade/", api.GradeView.as_view()),
    path("incidents/one-touch/", api.OneTouch.as_view()),
    path("incidents/<int:pk>/", api.IncidentDetail.as_view()),
    path("incidents/<int:pk>/transitions/<slug:name>/", api.TransitionView.as_view()),
    path("incidents/<int:pk>/timeline/", api.TimelineView.as_view()),
    path("incidents/<int:pk>/acknowledge/", api.AcknowledgeView.as_view()),
    path("incidents/<int:pk>/casualties/", api.CasualtiesView.as_view()),
    path("incidents/<int:pk>/tasks/", api.TaskList.as_view()),
    path("incidents/<int:pk>/tasks/<int:task>/done/", api.TaskDone.as_view()),
    path("incidents/<int:pk>/documents/", api.DocumentList.as_view()),
]
