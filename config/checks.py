"""System checks: what a start cannot see, `manage.py check --deploy` says."""

import os
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import caches
from django.core.checks import CheckMessage, Tags, register


@register(Tags.caches, deploy=True)
def token_state_is_never_evicted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when Redis may throw token state away: an evicted device is signed out."""
    if "redis" not in settings.CACHES["tokens"]["BACKEND"]:
        return []
    from redis.exceptions import RedisError

    try:
        cache: Any = caches["tokens"]
        policy = cache.client.get_client().config_get("maxmemory-policy").get("maxmemory-policy")
    except RedisError as error:
        return [checks.Warning(f"Redis did not say its eviction policy: {error}", id="config.W001")]
    if policy == "noeviction":
        return []
    hint = "Set maxmemory-policy to noeviction on the Redis server of REDIS_URL."
    return [checks.Warning(f"Redis may evict token state ({policy}).", hint=hint, id="config.W002")]


@register(Tags.caches, deploy=True)
def limits_are_shared(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn when each server process would count tries for itself."""
    shared = "redis" in settings.CACHES["limits"]["BACKEND"]
    if shared or (os.environ.get("WEB_WORKERS") or "1") == "1":
        return []
    hint = "Set REDIS_URL, or WEB_WORKERS=1 with more WEB_THREADS."
    message = "Each server process counts tries and requests for itself: limits are as many times what they say."
    return [checks.Warning(message, hint=hint, id="config.W003")]
