"""How gunicorn serves auditdash. What an operator sets is in the settings, see README.md."""

import os

from auditdash import jobs
from auditdash.settings import Settings

_settings = Settings.from_env(os.environ)

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = "gthread"  # a slow download or upload holds a thread, not a worker
threads = 8
keepalive = 5
graceful_timeout = 30  # requests in flight may end after SIGTERM
timeout = 60  # of silence from a worker's main loop, not of one request
limit_request_line = 8190  # the whole question of a page stands in its address
control_socket_disable = True  # we stop it with signals; one socket less to guard
loglevel = "warning"


def post_worker_init(_worker: object) -> None:
    """Each worker looks for due jobs; the claim row lets only one of them run each."""
    jobs.start(_settings)
