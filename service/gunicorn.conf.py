"""How gunicorn runs the service: https://docs.gunicorn.org/en/stable/settings.html."""

import os
import ssl
import sys
from pathlib import Path
from typing import Any

# gunicorn reads this file by its path, before it has set the folder for the application
sys.path.insert(0, str(Path(__file__).parents[1]))

from service.certificate import make

bind = f"{os.environ.get('BIND_HOST', '0.0.0.0')}:{os.environ.get('PORT', '8443')}"  # noqa: S104 - in a container
certfile, keyfile = make()
worker_class = "gthread"
workers = 2
threads = 8
# a worker that gives no sign of life for so long is replaced. With threads this bounds no request: the AWS
# clients' time-outs do
timeout = 50
# longer than the balancer keeps idle connections, so that it does not send into one that is being closed
keepalive = 75
# ECS kills after 30 s
graceful_timeout = 25
max_requests = 10_000
max_requests_jitter = 1_000
# heartbeats of the workers: memory, not the disk of a container
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# the application says what it answers, without paths, which may hold keys of records
accesslog = None
errorlog = "-"
# nobody's word about addresses or protocols is taken
forwarded_allow_ips = ""
# nobody steers it from outside, and the file system is read-only
control_socket_disable = True
limit_request_line = 8190
limit_request_fields = 50


def ssl_context(_config: Any, default: Any) -> ssl.SSLContext:  # noqa: ANN401 - gunicorn's hook
    """TLS 1.2 at least, as the balancer speaks it to its targets."""
    context: ssl.SSLContext = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
