"""Which program stands behind a user agent."""

from __future__ import annotations

import time

import pytest

from auditdash.events.user_agents import ua_family

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML)"
CHROME = f"{MAC}/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (CHROME, "Chrome"),
        (f"{CHROME} Edg/126.0.0.0", "Edge"),
        (f"{MAC}/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox"),
        (f"{PHONE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari"),
        (f"{PHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "Chrome"),
        (f"{CHROME.replace('Chrome', 'HeadlessChrome')}", "HeadlessChrome"),
        ("curl/8.5.0", "curl"),
        ("curl", "curl"),
        ("python-requests/2.32.3", "python-requests"),
        ("Python-Requests", "python-requests"),
        ("python-httpx/0.27.0", "python-httpx"),
        ("Python/3.11 aiohttp/3.9.5", "aiohttp"),
        ("Go-http-client/2.0", "Go-http-client"),
        ("Wget/1.21.4", "Wget"),
        ("okhttp/4.12.0", "okhttp"),
        ("PostmanRuntime/7.39.0", "PostmanRuntime"),
        ("Terraform/1.8 (+https://www.terraform.io)", "Terraform"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Other"),
        ("rubyesque/1", "Other"),
        ("", "Other"),
        ("\u202e\n", "Other"),
    ],
)
def test_a_user_agent_is_of_a_family(text: str, family: str) -> None:
    assert ua_family(text) == family


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "Mozilla/5.0 (" + "1.1." * 250_000, "(" * 50_000]
)
def test_a_hostile_user_agent_takes_no_time(text: str) -> None:
    ua_family("warm up")
    started = time.process_time()
    assert ua_family(text) == "Other"
    assert time.process_time() - started < 0.5
