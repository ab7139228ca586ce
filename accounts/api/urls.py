from django.urls import path

from accounts.api import auth, me

urlpatterns = [
    path("auth/register/", auth.RegisterView.as_view(), name="api-register"),
    path("auth/login/", auth.LoginView.as_view(), name="api-login"),
    path("auth/refresh/", auth.RefreshView.as_view(), name="api-refresh"),
    path("auth/logout/", auth.LogoutView.as_view(), name="api-logout"),
    path("users/me/", me.MeView.as_view(), name="api-me"),
]
