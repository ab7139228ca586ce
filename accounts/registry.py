"""Where other apps join in when a person signs up, without accounts knowing them."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import User

RegistrationStep = Callable[[User, datetime], None]
registration_steps: list[RegistrationStep] = []


def at_registration(step: RegistrationStep) -> None:
    """Run `step(user, now)` inside the transaction of each sign-up."""
    registration_steps.append(step)
