"""`/api/v1/`: the apps' resources, their index, and the OpenAPI document."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

# Redoc styles itself from script: the hashes are of its empty style and of its scroll lock.
REDOC_CSP = (
    "default-src 'self'; img-src 'self' data:; worker-src 'self' blob:; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; object-src 'none'; frame-ancestors 'none'"
)


class IndexView(APIView):
    """Where everything is."""

    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        names = {
            "todos": "api-todo-list",
            "projects": "api-project-list",
            "sections": "api-section-list",
            "labels": "api-label-list",
            "filters": "api-filter-list",
            "notifications": "api-notification-list",
            "share-invitations": "api-share-invitation-list",
            "feeds": "api-feed-list",
            "sync": "api-sync",
            "imports": "api-import-list",
            "export": "api-todos-export",
            "activity": "api-activity",
            "me": "api-me",
            "schema": "schema",
            "docs": "swagger",
            "redoc": "redoc",
        }
        return Response({key: reverse(name, request=request) for key, name in names.items()})


def with_policy(view: Callable[..., HttpResponse], policy: str) -> Callable[..., HttpResponse]:
    """Give a view a content security policy of its own."""

    @login_not_required
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = policy
        return response

    return answer


urlpatterns = [
    path("", IndexView.as_view(), name="api-root"),
    path("", include("accounts.api.urls")),
    path("", include("todos.api.urls")),
    path("", include("activity.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="swagger"),
    path(
        "redoc/",
        with_policy(SpectacularRedocView.as_view(url_name="schema"), REDOC_CSP),
        name="redoc",
    ),
]
