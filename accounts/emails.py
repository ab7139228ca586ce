"""Mail to people, as text and HTML."""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from accounts.models import User

logger = logging.getLogger(__name__)


def send_welcome(user: User) -> None:
    """Welcome a new person."""
    context = {
        "name": user.name,
        "host": urlsplit(settings.BASE_URL).netloc,
        "home_url": f"{settings.BASE_URL}/",
    }
    subject = render_to_string("email/welcome_subject.txt", context).strip()
    message = EmailMultiAlternatives(subject, render_to_string("email/welcome.txt", context), to=[user.email])
    message.attach_alternative(render_to_string("email/welcome.html", context), "text/html")
    message.send()
    logger.info("Welcome e-mail sent to user %s", user.pk)
