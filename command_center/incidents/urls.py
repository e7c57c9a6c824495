from django.urls import path

from command_center.incidents import views

app_name = "incidents"
urlpatterns = [
    path("", views.board, name="board"),
    path("new/", views.new, name="new"),
    path("alarm/", views.alarm, name="alarm"),
    path("<int:pk>/", views.page, name="page"),
    path("<int:pk>/part/<slug:key>/", views.part, name="part"),
    path("<int:pk>/step/<slug:name>/", views.step, name="step"),
    path("<int:pk>/amend/", views.amend, name="amend"),
    path("<int:pk>/casualties/", views.casualties, name="casualties"),
    path("<int:pk>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("<int:pk>/clock/<str:key>/", views.clock, name="clock"),
    path("<int:pk>/share/", views.share, name="share"),
    path("<int:pk>/note/", views.note, name="note"),
    path("<int:pk>/task/", views.task, name="task"),
    path("<int:pk>/task/<int:task>/done/", views.task_done, name="task-done"),
    path("<int:pk>/report/", views.report, name="report"),
]
