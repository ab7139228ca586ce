from django.urls import path

from accounts.web import entrance, keys, settings

urlpatterns = [
    path("register/", entrance.register, name="register"),
    path("login/", entrance.login, name="login"),
    path("logout/", entrance.logout, name="logout"),
    path(".well-known/jwks.json", keys.key_set, name="jwks"),
    path("settings/", settings.settings_page, name="settings"),
    path("theme/", settings.theme, name="theme"),
]
