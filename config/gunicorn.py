"""How gunicorn serves: `gunicorn -c python:config.gunicorn config.wsgi:application`."""

import os
from importlib import import_module
from typing import Any

from config.env import Environment, app_env, settings_module

env = Environment.load(app_env())

bind = f"{env.text('HOST', 'an address', '127.0.0.1')}:{env.integer('PORT', default=8000, low=1, high=65535)}"

# Two workers of four threads per two cores: enough to keep both busy while one waits for a store.
worker_class = "gthread"
# Without Redis, one: each would count tries and requests for itself.
shared = env.store("REDIS_URL", ("redis", "rediss"))
workers = env.integer("WEB_WORKERS", default=(os.cpu_count() or 1) if shared else 1, low=1, high=256)
threads = env.integer("WEB_THREADS", default=4, low=1, high=256)

# A filter of a thousand letters in any script, each of them six characters in an address.
limit_request_line = 8190

# Requests under way may finish; past this a stop is a stop. Container engines wait ten seconds.
timeout = 30
graceful_timeout = 8
# Outlives the keep-alive of a proxy in front, so that the proxy is the one to close.
keepalive = 75

# A heartbeat file on a slow disk would stall a worker.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# The socket would be made in the home folder, which a container has read-only.
control_socket_disable = True

# As the application has it: nobody else may say that a request came by HTTPS.
forwarded_allow_ips = ",".join(env.networks("TRUSTED_PROXIES"))

# The application logs each request with its id, user and duration.
accesslog = None
loglevel = "warning"

reload = env.flag("WEB_RELOAD", default=False)
reload_extra_files = ["templates/**/*.html"] if reload else []


def on_starting(server: Any) -> None:
    """Refuse a bad value once, before there are workers to refuse it again and again."""
    if not reload:  # a worker that starts anew must read settings anew
        import_module(settings_module())


def when_ready(server: Any) -> None:
    """Say where to go once the socket is open, so that the address answers."""
    if reload:
        address = env.web_address("BASE_URL", default=f"http://{bind}")
        print(f"\n  Simple Todos is ready: {address}/   (Ctrl-C stops it)\n", flush=True)  # noqa: T201
