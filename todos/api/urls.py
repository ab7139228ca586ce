from django.urls import include, path
from rest_framework.routers import SimpleRouter

from todos.api import (
    attachments,
    feeds,
    lists,
    notifications,
    projects,
    public,
    recurring,
    relations,
    reminders,
    saved_filters,
    sections,
    sharing,
    talk,
    transfer,
    views,
)
from todos.api.bulk import BulkViewSet
from todos.api.quick import QuickAddViewSet
from todos.api.sync import SyncViewSet
from todos.api.undo import UndoViewSet

router = SimpleRouter(use_regex_path=False)
router.register("todos", views.TodoViewSet, basename="api-todo")
router.register("projects", projects.ProjectViewSet, basename="api-project")
router.register("sections", sections.SectionViewSet, basename="api-section")
router.register("views", lists.ViewsViewSet, basename="api-view")
router.register("filters", saved_filters.SavedFilterViewSet, basename="api-filter")
router.register("imports", transfer.ImportViewSet, basename="api-import")
router.register("labels", views.LabelViewSet, basename="api-label")
router.register("todos/<uuid:todo_id>/comments", talk.CommentViewSet, basename="api-comment")
router.register("todos/<uuid:todo_id>/attachments", attachments.AttachmentViewSet, basename="api-attachment")
router.register("todos/<uuid:todo_id>/relations", relations.RelationViewSet, basename="api-relation")
router.register("todos/<uuid:todo_id>/reminders", reminders.ReminderViewSet, basename="api-reminder")
router.register("notifications", notifications.NotificationViewSet, basename="api-notification")
router.register("feeds", feeds.FeedViewSet, basename="api-feed")
router.register("projects/<uuid:project_id>/members", sharing.MemberViewSet, basename="api-project-member")
router.register(
    "projects/<uuid:project_id>/invitations", sharing.ProjectInvitationViewSet, basename="api-project-invitation"
)
router.register("projects/<uuid:project_id>/links", public.LinkViewSet, basename="api-project-link")
router.register("share-invitations", sharing.ShareInvitationViewSet, basename="api-share-invitation")

urlpatterns = [
    path("todos/quick/", QuickAddViewSet.as_view({"post": "create"}), name="api-quick-add"),
    path("todos/bulk/", BulkViewSet.as_view({"post": "create"}), name="api-bulk"),
    path("export/", transfer.ExportViewSet.as_view({"get": "retrieve"}), name="api-todos-export"),
    path("imports/<uuid:pk>/lines/", transfer.ImportLinesViewSet.as_view({"get": "list"}), name="api-import-lines"),
    path("undo/", UndoViewSet.as_view({"post": "create"}), name="api-undo"),
    path("sync/", SyncViewSet.as_view({"get": "retrieve"}), name="api-sync"),
    path("", include(router.urls)),
    path("trash/", projects.TrashViewSet.as_view({"delete": "destroy"}), name="api-trash"),
    path("projects/<uuid:project_id>/owner/", sharing.OwnerView.as_view({"put": "update"}), name="api-project-owner"),
    path("public/<slug:token>/", public.SharedView.as_view(), name="api-public"),
    path("public/<slug:token>/todos/", public.SharedTodosView.as_view(), name="api-public-todos"),
    path("public/<slug:token>/access/", public.SharedAccessView.as_view(), name="api-public-access"),
    path("filters/<uuid:pk>/todos/", saved_filters.FilteredTodos.as_view({"get": "list"}), name="api-filter-todos"),
    path(
        "todos/<uuid:pk>/occurrences/",
        recurring.RecurringViewSet.as_view({"get": "occurrences"}),
        name="api-todo-occurrences",
    ),
    path("todos/<uuid:pk>/skip/", recurring.RecurringViewSet.as_view({"post": "skip"}), name="api-todo-skip"),
    path("todos/occurrences/", recurring.RecurringViewSet.as_view({"get": "preview"}), name="api-occurrences"),
    path("todos/<uuid:todo_id>/rendered/", talk.RenderedViewSet.as_view({"get": "retrieve"}), name="api-todo-rendered"),
]
