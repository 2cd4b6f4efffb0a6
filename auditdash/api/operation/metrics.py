"""GET /metrics, and the counting of every request that it tells of."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from time import perf_counter
from typing import Final

from flask import Blueprint, Flask, Response, current_app, g, request, request_started

from auditdash.accounts.tokens import READ
from auditdash.api import door
from auditdash.operation.exposition import MEDIA_TYPE, exposition
from auditdash.operation.lines import tell_request
from auditdash.operation.metrics import Kept, gather_metrics
from auditdash.operation.requests import RequestCounts
from auditdash.store.installation import Installation

blueprint = Blueprint("metrics", __name__)

# Monitors and assets would fill the log.
_OFTEN: Final = {"signs.healthz", "signs.readyz", "metrics.metrics", "static"}
_KEPT: Final = "auditdash.metrics"
# Whoever passes a request on says so by one of these: then it is not from this machine itself.
_PASSED_ON: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


def install(app: Flask) -> None:
    """Count the requests to all addresses that the application has by now."""
    installation: Installation = app.extensions["auditdash"]
    endpoints = [rule.endpoint for rule in app.url_map.iter_rules()]
    app.extensions[_KEPT] = Kept(RequestCounts(installation.settings.instance, endpoints))
    request_started.connect(_begin, app)
    app.after_request(_count)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus' text: of a token's workspace; on the machine itself, of all of them."""
    installation: Installation = current_app.extensions["auditdash"]
    workspace_id = None
    if not _is_from_here(installation):
        token = door.admit(installation, READ)
        if isinstance(token, Response):
            return token
        workspace_id = token.workspace_id
    found = gather_metrics(
        installation.engine,
        installation.settings,
        current_app.extensions[_KEPT],
        installation.now(),
        workspace_id,
    )
    return Response(exposition(found), content_type=MEDIA_TYPE)


def _is_from_here(installation: Installation) -> bool:
    """Whether a program on this machine asks: never where proxies are told of, for all that they
    pass on comes from here, too."""
    if installation.settings.trusted_proxies or any(map(request.headers.get, _PASSED_ON)):
        return False
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:  # a socket without addresses
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _begin(_app: Flask, **_: object) -> None:
    g.began = perf_counter()


def _count(response: Response) -> Response:
    kept: Kept = current_app.extensions[_KEPT]
    seconds = perf_counter() - g.began
    kept.requests.add(request.endpoint, response.status_code, seconds)
    if request.endpoint not in _OFTEN or response.status_code >= 500:
        tell_request(request.endpoint, response.status_code, seconds)
    return response
