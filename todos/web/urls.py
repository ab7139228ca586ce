from django.urls import path

from todos.web import feeds, lists, public, sharing, views

urlpatterns = [
    path("", lists.start, name="start"),
    path("today/", lists.today, name="today"),
    path("inbox/", lists.inbox, name="inbox"),
    path("completed/", lists.completed, name="completed"),
    path("trash/", lists.trash, name="trash"),
    path("labels/<uuid:label_id>/", lists.label, name="label"),
    path("projects/", lists.projects, name="projects"),
    path("projects/new/", views.project_new, name="project-new"),
    path("projects/<uuid:project_id>/", lists.project, name="project"),
    path("projects/<uuid:project_id>/edit/", views.project_edit, name="project-edit"),
    path("projects/<uuid:project_id>/archive/", views.project_archive, name="project-archive"),
    path("projects/<uuid:project_id>/unarchive/", views.project_unarchive, name="project-unarchive"),
    path("projects/<uuid:project_id>/deletion/", views.project_deletion, name="project-deletion"),
    path("projects/<uuid:project_id>/restoration/", views.project_restoration, name="project-restoration"),
    path("invitations/<uuid:invitation_id>/", sharing.invitation, name="share-invitation"),
    path("invitations/<uuid:invitation_id>/acceptance/", sharing.acceptance, name="share-invitation-acceptance"),
    path("invitations/<uuid:invitation_id>/refusal/", sharing.refusal, name="share-invitation-refusal"),
    path("feeds/<slug:secret>.ics", feeds.feed, name="feed"),
    path("shared/<slug:token>/", public.shared, name="shared"),
    path("todos/", views.create, name="todos"),
    path("todos/<uuid:todo_id>/", views.todo, name="todo"),
    path("todos/<uuid:todo_id>/edit/", views.edit, name="todo-edit"),
    path("todos/<uuid:todo_id>/completion/", views.completion, name="todo-completion"),
    path("todos/<uuid:todo_id>/reopening/", views.reopening, name="todo-reopening"),
    path("todos/<uuid:todo_id>/deletion/", views.deletion, name="todo-deletion"),
    path("todos/<uuid:todo_id>/restoration/", views.restoration, name="todo-restoration"),
]
