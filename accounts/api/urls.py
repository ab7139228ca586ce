from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts.api import (
    api_tokens,
    auth,
    deletion,
    devices,
    email_addresses,
    export,
    invitations,
    me,
    passwords,
    people,
)

router = SimpleRouter(use_regex_path=False)
router.register("users", people.PeopleViewSet, basename="api-user")

urlpatterns = [
    path("auth/register/", auth.RegisterView.as_view(), name="api-register"),
    path("auth/login/", auth.LoginView.as_view(), name="api-login"),
    path("auth/login/second-step/", auth.SecondStepView.as_view(), name="api-second-step"),
    path("auth/refresh/", auth.RefreshView.as_view(), name="api-refresh"),
    path("auth/logout/", auth.LogoutView.as_view(), name="api-logout"),
    path("auth/tokens/", api_tokens.ApiTokensView.as_view(), name="api-token-list"),
    path("auth/tokens/<uuid:token_id>/", api_tokens.ApiTokenView.as_view(), name="api-token-detail"),
    path(
        "auth/devices/",
        devices.DeviceViewSet.as_view({"get": "list", "delete": "destroy_others"}),
        name="api-device-list",
    ),
    path("auth/devices/<uuid:pk>/", devices.DeviceViewSet.as_view({"delete": "destroy"}), name="api-device-detail"),
    path("auth/password/", passwords.PasswordView.as_view(), name="api-password"),
    path("auth/password/reset/", passwords.PasswordResetView.as_view(), name="api-password-reset"),
    path(
        "auth/password/reset/confirmation/",
        passwords.PasswordResetConfirmationView.as_view(),
        name="api-password-reset-confirmation",
    ),
    path("auth/email/", email_addresses.EmailView.as_view(), name="api-email"),
    path("auth/email/verification/", email_addresses.EmailVerificationView.as_view(), name="api-email-verification"),
    path("auth/email/confirmation/", email_addresses.EmailConfirmationView.as_view(), name="api-email-confirmation"),
    path(
        "invitations/",
        invitations.InvitationViewSet.as_view({"get": "list", "post": "create"}),
        name="api-invitation-list",
    ),
    path(
        "invitations/<uuid:pk>/",
        invitations.InvitationViewSet.as_view({"delete": "destroy"}),
        name="api-invitation-detail",
    ),
    path("users/me/", me.MeView.as_view(), name="api-me"),
    path("users/me/export/", export.ExportView.as_view(), name="api-export"),
    path("users/me/deletion/", deletion.DeletionView.as_view(), name="api-deletion"),
    path("", include(router.urls)),
]
