from django.urls import path

from accounts.api import auth, deletion, export, me

urlpatterns = [
    path("auth/register/", auth.RegisterView.as_view(), name="api-register"),
    path("auth/login/", auth.LoginView.as_view(), name="api-login"),
    path("auth/login/second-step/", auth.SecondStepView.as_view(), name="api-second-step"),
    path("auth/refresh/", auth.RefreshView.as_view(), name="api-refresh"),
    path("auth/logout/", auth.LogoutView.as_view(), name="api-logout"),
    path("users/me/", me.MeView.as_view(), name="api-me"),
    path("users/me/export/", export.ExportView.as_view(), name="api-export"),
    path("users/me/deletion/", deletion.DeletionView.as_view(), name="api-deletion"),
]
