# One image for the web service and the worker: their commands differ, see docs/containers.md.
# The base is pinned by its tag. Pin it by its digest, too, where images are built for production:
#   --build-arg PYTHON=3.13.9-slim-bookworm@sha256:…
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS packages
COPY requirements-service.txt /
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --only-binary=:all: --require-hashes --requirement /requirements-service.txt \
    # what is left runs packages and installs none
    && /opt/venv/bin/pip uninstall --yes --quiet pip

FROM python:${PYTHON}
# the one folder that may be written to; its owner goes over to what is mounted there:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
RUN groupadd --gid 10001 foreman \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /scratch --shell /usr/sbin/nologin foreman \
    && install --directory --owner 10001 --group 10001 --mode 0700 /scratch
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY foreman_core ./foreman_core
COPY handlers ./handlers
COPY schemas ./schemas
COPY service ./service
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORT=8443 \
    TMPDIR=/scratch
# the file system is read-only when it runs
RUN python -m compileall -q /app
VOLUME ["/scratch"]
USER 10001:10001
EXPOSE 8443
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import ssl, urllib.request as web; web.urlopen('https://127.0.0.1:8443/health', timeout=5, context=ssl._create_unverified_context())"]
CMD ["python", "-m", "gunicorn", "-c", "service/gunicorn.conf.py", "service.app:create_app()"]
