"""The house holds: CONTRIBUTING.md's floors, owners, sizes and documents, as tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from textwrap import dedent

import click
import pytest

from auditdash.cli.main import main
from auditdash.settings import ROOT
from tests import house
from tests.house import RULES, Rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_this_house_keeps_the_rule(rule: Rule) -> None:
    assert rule(ROOT) == [], rule.__doc__


def test_imports_only_go_down() -> None:
    seen = _lint_imports(ROOT)
    assert seen.returncode == 0, seen.stdout


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it silences all loggers of the one that it runs in."""
    program = str(Path(sys.executable).with_name("lint-imports"))
    command = [program, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for word, child in command.commands.items():
            yield from _commands(child, f"{name} {word}")


def test_every_command_and_option_has_help() -> None:
    silent = []
    for name, command in _commands(main, "auditdash"):
        if not command.help:
            silent.append(name)
        silent += [
            f"{name} {option.opts[0]}"
            for option in command.params
            if isinstance(option, click.Option) and not option.help
        ]
    assert silent == []


_REQUIREMENT = re.compile(r"(?P<name>[a-z0-9-]+)(?:\[[a-z]+\])?==[\w.]+ +# \w.+")


def _read_requirements(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith(("#", "-r "))]
    found = [_REQUIREMENT.fullmatch(line) for line in wanted]
    assert None not in found, f"{name}: expected `name==version  # why` on each line"
    return {each["name"] for each in found if each}


def test_every_library_that_is_imported_is_pinned_with_its_reason() -> None:
    runs = _read_requirements("requirements.txt")
    owners = {
        module: {name.lower() for name in names}
        for module, names in packages_distributions().items()
    }
    ours = {"auditdash", "tests", *sys.stdlib_module_names}
    tests = runs | _read_requirements("requirements-dev.txt")
    for folder, pinned in (("auditdash", runs), ("tests", tests)):
        modules = house.imported_modules(ROOT, folder) - ours
        assert {each for each in modules if not owners.get(each, set()) & pinned} == set()


# Each line breaks the rule before it, and nothing else does in a tree of this one file.
_BAD: tuple[tuple[Rule, str, str], ...] = (
    (house.long_modules, "auditdash/store/big.py", "x = 1\n" * 401),
    (house.long_test_modules, "tests/store/test_big.py", "x = 1\n" * 501),
    (house.long_templates, "templates/big.html", "<p>x</p>\n" * 201),
    (house.long_functions, "auditdash/web/a.py", "def f():\n" + "    x = 1\n" * 50),
    (house.vague_names, "auditdash/utils/a.py", ""),
    (house.vague_names, "auditdash/web/helpers.py", ""),
    (house.busy_doors, "auditdash/web/__init__.py", '"""Pages."""\nimport os\n'),
    (house.busy_doors, "auditdash/web/__init__.py", ""),
    (house.modules_without_docstring, "auditdash/web/a.py", "x = 1\n"),
    (house.folders_without_init, "tests/web/test_a.py", ""),
    (house.foreign_imports, "auditdash/store/a.py", "from flask import request\n"),
    (house.foreign_imports, "auditdash/web/a.py", "import plotly.graph_objects\n"),
    (house.foreign_imports, "auditdash/web/a.py", "from sqlalchemy import Engine, select\n"),
    (house.foreign_imports, "auditdash/reports/run.py", "from weasyprint import HTML\n"),
    (house.hidden_imports, "auditdash/web/a.py", "def f():\n    import json\n"),
    (house.hidden_imports, "auditdash/web/a.py", "import importlib\n"),
    (house.stray_environment, "auditdash/web/a.py", "import os\nx = os.environ['HOME']\n"),
    (house.stray_environment, "auditdash/cli/a.py", "import os\nx = os.getenv('HOME')\n"),
    (house.stray_environment, "auditdash/cli/a.py", "from os import environ\n"),
    (house.stray_arguments, "auditdash/web/a.py", "x = request.args.get('q')\n"),
    (house.inline_code, "templates/a.html", '<p style="color: red">x</p>'),
    (house.inline_code, "templates/a.html", '<p class="x"\n style="color: red">x</p>'),
    (house.inline_code, "templates/a.html", '<button onclick="f()">x</button>'),
    (house.inline_code, "templates/a.html", "<script>f()</script>"),
    (house.inline_code, "templates/a.html", "<style>p { color: red }</style>"),
    (house.inline_code, "templates/a.html", '<a href="javascript:f()">x</a>'),
    (house.unescaped, "templates/a.html", "{{ event.actor|safe }}"),
    (house.unescaped, "templates/a.html", "{% autoescape false %}"),
    (house.action_ladders, "templates/a.html", "{% if event.action == 'x' %}\n" * 4),
    (house.unexplained_silence, "auditdash/web/a.py", "x = 1  # type: ignore[assignment]\n"),
    (house.unexplained_silence, "auditdash/web/a.py", "x = 1  # noqa: S603\n"),
    (house.unexplained_silence, "auditdash/web/a.py", "x = 1  # noqa\n"),
    (house.undocumented_settings, "auditdash/settings.py", 'env.get("AUDITDASH_NEW")\n'),
)

_GOOD = {
    "auditdash/settings.py": """\
        \"\"\"Settings.\"\"\"
        import os
        x = os.environ.get("AUDITDASH_ZONE")
        """,
    "auditdash/cli/main.py": """\
        \"\"\"Commands.\"\"\"
        import os
        from sqlalchemy import Connection, Engine
        settings = Settings.from_env(os.environ)
        x = 1  # noqa: S603 - the command is ours
        y = 1  # type: ignore[assignment]  # the stub is wrong
        """,
    "templates/reports/pdf/a.html": "<style>p { color: red }</style>",
    "templates/a.html": """\
        {# <script>a comment</script> #}
        <script src="/static/a.js" defer></script><b data-style="x" data-on="y">{{ z }}</b>
        """,
    "README.md": "| `AUDITDASH_ZONE` | the zone |",
}


def _lay(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def good_house(tmp_path: Path) -> Path:
    for name, text in _GOOD.items():
        _lay(tmp_path, name, dedent(text))
    return tmp_path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_house_breaks_no_rule(rule: Rule, good_house: Path) -> None:
    assert rule(good_house) == []


@pytest.mark.parametrize(("rule", "name", "text"), _BAD, ids=lambda part: None)
def test_each_rule_sees_what_breaks_it(rule: Rule, name: str, text: str, good_house: Path) -> None:
    _lay(good_house, name, text)
    assert any(name.split("/")[0] in place or "AUDITDASH" in place for place in rule(good_house))


def test_a_full_room_is_seen(good_house: Path) -> None:
    for number in range(13):
        _lay(good_house, f"auditdash/store/table_{number}.py", '"""A table."""\n')
    assert house.full_rooms(good_house) == ["auditdash/store: 13 modules"]


def test_every_rule_has_been_seen_to_object() -> None:
    assert {rule for rule, _, _ in _BAD} | {house.full_rooms} == set(RULES)


def test_an_import_upwards_is_seen(tmp_path: Path) -> None:
    name = "bad_house"
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    _, _, contract = contract.partition("[tool.importlinter]")
    contract = "[tool.importlinter]" + contract.replace('"auditdash"', f'"{name}"')
    shutil.copytree(
        ROOT / "auditdash", tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
    )
    for path in (tmp_path / name).rglob("*.py"):
        text = path.read_text(encoding="utf-8").replace("auditdash.", f"{name}.")
        path.write_text(text, encoding="utf-8")
    _lay(tmp_path, f"{name}/store/schema.py", f"from {name}.queries import rows\n")
    _lay(tmp_path, "pyproject.toml", contract)
    seen = _lint_imports(tmp_path)
    assert seen.returncode == 1
    assert f"{name}.store is not allowed to import {name}.queries" in seen.stdout
