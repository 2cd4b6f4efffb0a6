"""What stands in deploy/ agrees with what it is deployed by hand."""

from __future__ import annotations

import re
from configparser import RawConfigParser, SectionProxy

from auditdash.settings import ROOT

_UNIT = ROOT / "deploy" / "auditdash.service"
_CONTAINER = ROOT / "deploy" / "Containerfile"


def test_a_container_has_what_setup_installs() -> None:
    setup = (ROOT / "setup.sh").read_text(encoding="utf-8")
    running = setup.partition("find_what_running_needs() {")[2].partition("\n}")[0]
    needed = set(re.findall(r"\bneed ([\w.-]+)", running)) - {"python3-venv"}
    container = _CONTAINER.read_text(encoding="utf-8")
    listed = container.partition("--no-install-recommends")[2].partition("&&")[0]
    assert needed
    assert set(listed.replace("\\", " ").split()) == needed


def test_what_serves_cannot_read_its_history() -> None:
    service = _service()
    assert service["InaccessiblePaths"] == f"-{service['WorkingDirectory']}/.git"
    assert ".git" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_systemd_waits_longer_than_the_workers() -> None:
    service = _service()
    graceful = re.search(
        r"^graceful_timeout = (\d+)", (ROOT / "gunicorn.conf.py").read_text("utf-8"), re.MULTILINE
    )
    assert graceful
    assert int(service["TimeoutStopSec"]) > int(graceful[1])
    assert service["ExecStart"].endswith("/auditdash serve")


def _service() -> SectionProxy:
    unit = RawConfigParser(strict=False)  # Environment stands there more than once
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their case
    unit.read(_UNIT, encoding="utf-8")
    return unit["Service"]
