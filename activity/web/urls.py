from django.urls import path

from activity.web import views

urlpatterns = [
    path("activity/", views.activity, name="activity"),
    path("activity/projects/<uuid:project_id>/", views.project, name="project-activity"),
    path("activity/todos/<uuid:todo_id>/", views.todo, name="todo-activity"),
]
