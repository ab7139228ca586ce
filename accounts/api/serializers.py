from typing import Any

from rest_framework import serializers

from accounts.models import Language, Role, Theme, User, WeekStart, validate_time_zone


class PasswordField(serializers.CharField):
    """A password, of which nothing is cut off and nothing is shown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_length": 256, "trim_whitespace": False, "write_only": True} | options))


class TokenField(serializers.CharField):
    """The secret of a mailed link."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_length": 100, "write_only": True} | options))


class EmailSerializer(serializers.Serializer[Any]):
    """Whose address it is, at doors that answer alike for all."""

    email = serializers.EmailField(max_length=254)


class RegisterSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=256, write_only=True, trim_whitespace=False)
    name = serializers.CharField(max_length=100)
    time_zone = serializers.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    invitation = TokenField(required=False, help_text="The `token` in the link of an invitation.")


class DeviceNameField(serializers.CharField):
    """What a client calls itself; without it the User-Agent says."""

    def __init__(self) -> None:
        super().__init__(max_length=100, default="", allow_blank=True, help_text="Shown in the list of devices.")


class LoginSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False)
    device_name = DeviceNameField()


class ChallengeSerializer(serializers.Serializer[Any]):
    challenge = serializers.CharField(help_text="Stands for the password in the second step. It works once.")
    methods = serializers.ListField(
        child=serializers.ChoiceField(["totp", "recovery_code"]),
        help_text="What the second step takes. Empty where a person has passkeys alone: use an API token there.",
    )
    expires_in = serializers.IntegerField(help_text="Seconds.")


class SecondStepSerializer(serializers.Serializer[Any]):
    challenge = serializers.CharField(max_length=4096)
    code = serializers.CharField(max_length=64, help_text="Six digits of the app, or a recovery code.")
    device_name = DeviceNameField()


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
