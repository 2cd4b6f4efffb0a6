"""What stands in deploy/ agrees with what it is deployed by hand."""

from __future__ import annotations

import re
from configparser import RawConfigParser, SectionProxy

from auditdash.settings import ROOT

_UNIT = ROOT / "deploy" / "auditdash.service"
_CONTAINER = ROOT / "deploy" / "Containerfile"
_OF_GIT = {".git/HEAD", ".git/packed-refs", ".git/refs"}  # by which commit it is known


def test_a_container_has_what_setup_installs() -> None:
    setup = (ROOT / "setup.sh").read_text(encoding="utf-8")
    running = setup.partition("find_what_running_needs() {")[2].partition("\n}")[0]
    needed = set(re.findall(r"\bneed ([\w.-]+)", running)) - {"python3-venv"}
    container = _CONTAINER.read_text(encoding="utf-8")
    listed = container.partition("--no-install-recommends")[2].partition("&&")[0]
    assert needed
    assert set(listed.replace("\\", " ").split()) == needed | {"tini"}


def test_a_container_hears_its_stop_from_the_start() -> None:
    container = _CONTAINER.read_text(encoding="utf-8")
    assert '\nENTRYPOINT ["tini", "--", "auditdash"]\n' in container


def test_a_container_is_nobody_with_rights() -> None:
    found = re.search(r"^USER (\d+):(\d+)$", _CONTAINER.read_text(encoding="utf-8"), re.MULTILINE)
    assert found  # names would not tell Kubernetes that it is not root
    assert min(map(int, found.groups())) >= 1000


def test_a_container_has_the_program_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if not line.startswith("#")]
    assert patterns[0] == "*"
    inside = {line.removeprefix("!") for line in patterns if line.startswith("!")}
    code = "".join(path.read_text("utf-8") for path in (ROOT / "auditdash").rglob("*.py"))
    named = set(re.findall(r'\bROOT / "([\w.]+)"', code)) - {".git", "instance"}
    assert {"templates", "static", "fonts", "gunicorn.conf.py", "pyproject.toml"} <= named
    assert named <= inside
    assert {"auditdash", "app.py", "requirements.txt"} <= inside
    assert all((ROOT / name).exists() for name in inside if not name.startswith(".git/"))
    assert {name for name in inside if name.startswith(".git")} == _OF_GIT


def test_what_serves_cannot_read_its_history() -> None:
    service = _service()
    folder = f"{service['WorkingDirectory']}/.git"
    assert service["TemporaryFileSystem"] == f"{folder}:ro"
    shown = service["BindReadOnlyPaths"].split()
    assert {path.removeprefix(f"-{service['WorkingDirectory']}/") for path in shown} == _OF_GIT


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
