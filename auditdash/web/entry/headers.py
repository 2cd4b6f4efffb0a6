"""Headers of every answer: what a browser may do with it, and how long it may keep it."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from auditdash.web import params, readers

# plotly-basic fills one empty style element: the hash is that of the empty text.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ALWAYS_HTTPS: Final = "max-age=31536000; includeSubDomains"
_FOREVER: Final = "public, max-age=31536000, immutable"


def install(app: Flask) -> None:
    """Put them on every answer."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if readers.settings().secure_cookies:
        response.headers["Strict-Transport-Security"] = _ALWAYS_HTTPS
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    elif params.text("v"):
        response.headers["Cache-Control"] = _FOREVER
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response
