"""Log lines: JSON for machines, one readable line for people; never a secret.

Requests are logged by path alone: no query string, header, cookie or body ever reaches a line. A
secret in a path, as public links and feeds have it, is cut out of whatever names the path.
"""

import logging
import re
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pythonjsonlogger.json import JsonFormatter

SECRET_IN_PATH = re.compile(r"/[A-Za-z0-9_-]{40,}")
"""A part of a path as long as 256 random bits are; an id has 36 characters."""
request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdFilter(logging.Filter):
    """Stamps each line with the id of the request it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class TextLines(logging.Formatter):
    """One readable line, for people."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET_IN_PATH.sub("/[secret]", super().format(record))


class JsonLines(JsonFormatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET_IN_PATH.sub("/[secret]", super().format(record))


def configuration(*, level: str, style: str, folder: str) -> dict[str, Any]:
    """Return a dictConfig: stdout always, and a file in `folder` when one is named.

    The file rotates at 10 MB, keeps 10, and may be written by several processes at once.
    """
    handlers: dict[str, Any] = {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": style,
            "filters": ["request_id"],
        }
    }
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        handlers["file"] = {
            "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
            "filename": str(Path(folder) / "simple-todos.log"),
            "maxBytes": 10_000_000,
            "backupCount": 10,
            "formatter": "json",
            "filters": ["request_id"],
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "config.logging.RequestIdFilter"}},
        "formatters": {
            "json": {
                "()": "config.logging.JsonLines",
                "format": "{asctime}{levelname}{name}{message}{request_id}",
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            },
            "text": {
                "()": "config.logging.TextLines",
                "format": "{asctime} {levelname:<7} {name}: {message}",
                "datefmt": "%H:%M:%S",
                "style": "{",
            },
        },
        "handlers": handlers,
        "root": {"level": level, "handlers": list(handlers)},
        "loggers": {
            # Django's own line for each 4xx and 5xx would double ours; its 500 traceback stays.
            "django": {"level": "INFO"},
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "CRITICAL"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "pymongo": {"level": "WARNING"},
        },
    }
