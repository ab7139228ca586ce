# Builder: the locked dependencies in a virtual environment, and the static files.
FROM python:3.13-slim-bookworm AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app

# Before the code, so that a change of code does not install again.
COPY requirements/prod.txt requirements/
RUN pip install --require-hashes --no-deps -r requirements/prod.txt

COPY . .
# Collecting needs settings that load, not secrets: base settings, throw-away keys, no store.
RUN APP_ENV=dev DJANGO_SETTINGS_MODULE=config.settings.base SECRET_KEY=build JWT_SIGNING_KEY=build \
    DATA_DIR=/build STATIC_ROOT=/app/.static python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q accounts activity config todos


# Final: the same interpreter, no pip cache, no compiler, no root. Only /data is written to.
FROM python:3.13-slim-bookworm

ENV APP_ENV=prod \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/.static \
    PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin todos \
    && install --directory --owner todos --group todos /data
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app /app

WORKDIR /app
# By number, so that an engine can see that it is not root.
USER 10001
VOLUME /data
EXPOSE 8000

# Asks the process itself; /healthz answers whatever the host name.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]

CMD ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi:application"]
