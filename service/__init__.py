"""The web service: Foreman over HTTP, as `openapi.yaml` describes it.

In a container, and in the local stack, it runs as

    python -m gunicorn -c service/gunicorn.conf.py 'service.app:create_app()'

with the environment that `service.settings.Settings` names, and BIND_HOST, PORT.
"""
