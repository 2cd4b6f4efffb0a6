"""The kind of program behind a user agent: Chrome, Safari, curl, python-requests, …"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from ua_parser import BasicResolver, Domain, load_builtins

OTHER_FAMILY = "Other"
_LONGEST_READ = 512  # what stands behind is no name; reading it would take time by its length
_DISTINCT_KEPT = 20_000

# Programs that ua-parser does not know, or names otherwise than they call themselves.
_PRODUCTS = {
    name.lower(): name
    for name in (
        *(
            "python-requests",
            "python-httpx",
            "node-fetch",
            "undici",
            "got",
            "Faraday",
            "rest-client",
        ),
        *("Terraform", "PowerShell", "Ruby", "dbt", "Airflow", "Okta", "SCIM", "auditdash"),
    )
}
_PRODUCT = re.compile(r"([A-Za-z][A-Za-z-]*)(?=[/ ]|$)")
# A telephone's variant is the same browser to those who look for who used what.
_SAME = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Opera Mobile": "Opera",
    "Python aiohttp": "aiohttp",
}


@lru_cache(maxsize=_DISTINCT_KEPT)
def ua_family(text: str) -> str:
    """The family of a user agent as it was sent; `Other` when it is none that we know."""
    beginning = text[:_LONGEST_READ].strip()
    product = _PRODUCT.match(beginning)
    if product and (name := _PRODUCTS.get(product[1].lower())):
        return name
    found = _resolver()(beginning, Domain.USER_AGENT).user_agent
    if found is None:
        return OTHER_FAMILY
    return _SAME.get(found.family, found.family)


@lru_cache(maxsize=_DISTINCT_KEPT)
def ua_system(text: str) -> str:
    """The operating system that a user agent names; empty when it is none that we know."""
    found = _resolver()(text[:_LONGEST_READ].strip(), Domain.OS).os
    return "" if found is None or found.family == OTHER_FAMILY else found.family


@cache
def _resolver() -> BasicResolver:
    """The plain one, also where a faster one is installed: everywhere the same families."""
    return BasicResolver(load_builtins())
