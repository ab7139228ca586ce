#!/usr/bin/env python
"""Runs Django's commands with the settings that APP_ENV names."""

import os
import sys

from django.core.management import execute_from_command_line

from config.env import settings_module

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
    execute_from_command_line(sys.argv)
