from django.urls import include, path
from rest_framework.routers import SimpleRouter

from todos.api import views

router = SimpleRouter(use_regex_path=False)
router.register("todos", views.TodoViewSet, basename="api-todo")
router.register("projects", views.ProjectViewSet, basename="api-project")
router.register("labels", views.LabelViewSet, basename="api-label")

urlpatterns = [path("", include(router.urls))]
