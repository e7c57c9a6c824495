from django.urls import path

from command_center.plans.api import PlanVerb

urlpatterns = [path("plans/<int:pk>/<slug:verb>/", PlanVerb.as_view(), name="plan-verb")]
