"""Every door, mounted once."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("accounts.web.urls")),
    path("", include("todos.web.urls")),
    path("", include("activity.web.urls")),
    path("api/v1/", include("config.api")),
    path("admin/", admin.site.urls),
]
handler400 = "config.http.bad_request"
handler403 = "config.http.forbidden"
handler404 = "config.http.not_found"
handler500 = "config.http.server_error"
