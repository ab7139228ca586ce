from django.urls import path

from activity.api.views import ActivityViewSet

urlpatterns = [path("activity/", ActivityViewSet.as_view({"get": "list"}), name="api-activity")]
