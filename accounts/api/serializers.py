from typing import Any

from rest_framework import serializers

from accounts.models import Language, Role, Theme, User, WeekStart, validate_time_zone


class RegisterSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=256, write_only=True, trim_whitespace=False)
    name = serializers.CharField(max_length=100)
    time_zone = serializers.CharField(max_length=64, default="UTC", validators=[validate_time_zone])


class LoginSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False)


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=4096)


class PairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class UserSerializer(serializers.Serializer[User]):
    """A person, as they see themselves."""

    id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(read_only=True)
    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(Role.choices, read_only=True)
    time_zone = serializers.CharField(max_length=64, validators=[validate_time_zone])
    week_start = serializers.ChoiceField(WeekStart.choices)
    language = serializers.ChoiceField(Language.choices)
    theme = serializers.ChoiceField(Theme.choices, allow_blank=True)
    shortcuts = serializers.BooleanField(help_text="Whether single keys do something on the pages.")
    email_verified_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
