from django.urls import path

from activity.api import statistics
from activity.api.views import ActivityViewSet

urlpatterns = [
    path("activity/", ActivityViewSet.as_view({"get": "list"}), name="api-activity"),
    path("activity/stats/heatmap/", statistics.HeatmapView.as_view(), name="api-activity-heatmap"),
    path("activity/stats/days/", statistics.DaysView.as_view(), name="api-activity-days"),
    path("activity/stats/streaks/", statistics.StreaksView.as_view(), name="api-activity-streaks"),
    path("activity/stats/projects/", statistics.ProjectsView.as_view(), name="api-activity-projects"),
    path("activity/stats/hours/", statistics.HoursView.as_view(), name="api-activity-hours"),
    path("activity/stats/durations/", statistics.DurationsView.as_view(), name="api-activity-durations"),
    path("activity/stats/burndown/", statistics.BurndownView.as_view(), name="api-activity-burndown"),
]
