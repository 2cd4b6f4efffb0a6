"""The rules of the house, each a function from a project's root to the places that break it.

They read; they import nothing of the project. tests/test_house.py asks them about this project, and
about a small bad one, so that each rule is known to be able to object.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

Rule = Callable[[Path], list[str]]

MODULE_LINES = 400
FUNCTION_LINES = 50
ROOM_MODULES = 12
TEMPLATE_LINES = 200
TEMPLATE_BRANCHES = 3
TEST_MODULE_LINES = 500
VAGUE_ROOMS = {"utils", "util", "core", "common", "helpers", "services", "managers", "misc", "lib"}

# Library → the only places that may import it. What stands in no row anybody may import.
OWNERS = {
    "flask": ("web", "api", "factory", "cli"),
    "werkzeug": ("web", "api", "factory", "cli"),
    "htmx_flask": ("web.fragments",),
    "click": ("cli",),
    "sqlalchemy": ("store", "index", "queries", "accounts"),
    "numpy": ("index", "queries"),
    "alembic": ("store",),
    "psycopg": ("store",),
    "plotly": ("charts.interactive",),
    "weasyprint": ("reports.render", "reports.longtables"),
    "pydyf": ("reports.render", "reports.longtables"),
    "xlsxwriter": ("downloads.files.xlsx",),
    "arro3": ("downloads.files.parquet",),
    "PIL": ("reports.orders.logos",),
    "pyhanko": ("reports.signing",),
    "asn1crypto": ("reports.signing",),
    "httpx": ("ingest.sources", "outgoing.http", "accounts.sso.provider"),
    "botocore": ("outgoing.s3",),
    "smtplib": ("outgoing.mail",),
    "argon2": ("accounts.passwords",),
    "zxcvbn": ("accounts.passwords",),
    "pyotp": ("accounts.factors.totp",),
    "segno": ("accounts.factors.totp",),
    "webauthn": ("accounts.factors.ceremonies",),
    "authlib": ("accounts.sso.provider",),
    "joserfc": ("accounts.sso.provider",),
    "ua_parser": ("events.user_agents",),
}
TYPES_FOR_ALL = {"sqlalchemy": {"Connection", "Engine"}}  # to name in a signature, not to use
# A migration is history: written once, never grown.
HISTORY = Path("auditdash/store/migrations/versions")
# Settings read the environment; a child process is given PATH and HOME and nothing of ours.
ENVIRONMENT = {"settings", "reports.printing.process"}
# Draws the paths of our own icons, which are constants of that file.
DRAWINGS = {Path("templates/macros/icons.html")}


def _modules(root: Path, folder: str = "auditdash") -> Iterator[Path]:
    paths = sorted((root / folder).rglob("*.py"))
    return (path for path in paths if path.parent.relative_to(root) != HISTORY)


def _parsed(root: Path) -> Iterator[tuple[str, Path, ast.Module]]:
    """Dotted name below auditdash, path and tree of each module."""
    for path in _modules(root):
        name = ".".join(path.relative_to(root / "auditdash").with_suffix("").parts)
        yield name, path, ast.parse(path.read_text(encoding="utf-8"))


def _templates(root: Path) -> Iterator[Path]:
    return iter(sorted((root / "templates").rglob("*.html")))


def _place(root: Path, path: Path, line: int | None = None) -> str:
    where = str(path.relative_to(root))
    return where if line is None else f"{where}:{line}"


def _too_long(root: Path, paths: Iterator[Path], limit: int) -> list[str]:
    sizes = [(path, len(path.read_text(encoding="utf-8").split("\n")) - 1) for path in paths]
    return [f"{_place(root, path)}: {size} lines" for path, size in sizes if size > limit]


def long_modules(root: Path) -> list[str]:
    """A module that needs more is two modules."""
    return _too_long(root, _modules(root), MODULE_LINES)


def long_test_modules(root: Path) -> list[str]:
    """So is a test module."""
    return _too_long(root, _modules(root, "tests"), TEST_MODULE_LINES)


def long_templates(root: Path) -> list[str]:
    """A template that needs more has parts and macros."""
    return _too_long(root, _templates(root), TEMPLATE_LINES)


def long_functions(root: Path) -> list[str]:
    """A function fits on a screen."""
    return [
        f"{_place(root, path, node.lineno)}: {node.name} has {size} lines"
        for _, path, tree in _parsed(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]


def full_rooms(root: Path) -> list[str]:
    """A room with more modules is two rooms."""
    rooms: dict[Path, int] = {}
    for path in _modules(root):
        if path.name != "__init__.py":
            rooms[path.parent] = rooms.get(path.parent, 0) + 1
    return [
        f"{_place(root, room)}: {count} modules"
        for room, count in rooms.items()
        if count > ROOM_MODULES
    ]


def vague_names(root: Path) -> list[str]:
    """A name says what is in a room or module, not that something is."""
    return [
        _place(root, path)
        for path in sorted((root / "auditdash").rglob("*"))
        if path.stem in VAGUE_ROOMS
    ]


def busy_doors(root: Path) -> list[str]:
    """`__init__.py` says what its room is for and does nothing."""
    return [
        _place(root, path)
        for _, path, tree in _parsed(root)
        if path.name == "__init__.py" and (len(tree.body) != 1 or ast.get_docstring(tree) is None)
    ]


def modules_without_docstring(root: Path) -> list[str]:
    """Each module begins by saying what it is for."""
    return [
        _place(root, path)
        for _, path, tree in _parsed(root)
        if path.name != "__init__.py" and ast.get_docstring(tree) is None
    ]


def folders_without_init(root: Path) -> list[str]:
    """Without it pytest stops at two modules of one name."""
    folders = {path.parent for path in _modules(root, "tests")}
    return [_place(root, each) for each in sorted(folders) if not (each / "__init__.py").exists()]


def _imports(tree: ast.AST) -> Iterator[tuple[int, str, set[str]]]:
    """Line, module and imported names of each absolute import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, {alias.name}
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module, {alias.name for alias in node.names}


def imported_modules(root: Path, folder: str) -> set[str]:
    """The first name of every module that a folder imports."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in _modules(root, folder))
    return {module.split(".")[0] for tree in trees for _, module, _ in _imports(tree)}


def foreign_imports(root: Path) -> list[str]:
    """Each heavy library has one owner."""
    found = []
    for name, path, tree in _parsed(root):
        for line, module, names in _imports(tree):
            library = module.split(".")[0]
            owners = OWNERS.get(library)
            if owners is None or names <= TYPES_FOR_ALL.get(library, set()):
                continue
            if not any(name == owner or name.startswith(owner + ".") for owner in owners):
                found.append(f"{_place(root, path, line)}: {library} belongs to {owners}")
    return found


def hidden_imports(root: Path) -> list[str]:
    """An import inside a function, or by name, hides a cycle or an upward step from the floors."""
    found = []
    for _, path, tree in _parsed(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found += [_place(root, path, line) for line, _, _ in _imports(node)]
        found += [
            _place(root, path, line)
            for line, module, _ in _imports(tree)
            if module in {"importlib", "importlib.util"}
        ]
    return found


def _is_settings_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "Settings.from_env"


def stray_environment(root: Path) -> list[str]:
    """Only ENVIRONMENT reads it; an entrance may hand it to Settings.from_env whole."""
    found = []
    for name, path, tree in _parsed(root):
        handed = {
            id(argument)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _is_settings_call(node)
            for argument in node.args
        }
        found += [
            _place(root, path, node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}
            and id(node) not in handed
            and name not in ENVIRONMENT
        ]
        found += [
            _place(root, path, line)
            for line, module, names in _imports(tree)
            if module == "os" and names & {"environ", "getenv"}
        ]
    return found


def stray_arguments(root: Path) -> list[str]:
    """Only web/params reads what stands in the address."""
    asked = {"request.args", "request.values", "request.query_string"}
    return [
        _place(root, path, node.lineno)
        for name, path, tree in _parsed(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in asked
        and name != "web.params"
        and not name.startswith("api.")
    ]


_INLINE = re.compile(
    r"""<script\b(?![^>]*\bsrc=) | <style\b | \sstyle\s*= | \son[a-z]+\s*=\s*["'{] | javascript:""",
    re.VERBOSE | re.IGNORECASE,
)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def _template_lines(root: Path) -> Iterator[tuple[Path, int, str]]:
    for path in _templates(root):
        text = path.read_text(encoding="utf-8")
        quiet = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)
        for number, line in enumerate(quiet.split("\n"), start=1):
            yield path, number, line


def inline_code(root: Path) -> list[str]:
    """The Content-Security-Policy refuses it. Paper is no page: WeasyPrint takes its styles."""
    paper = root / "templates" / "reports" / "pdf"
    return [
        f"{_place(root, path, number)}: {line.strip()}"
        for path, number, line in _template_lines(root)
        if _INLINE.search(line) and paper not in path.parents
    ]


def unescaped(root: Path) -> list[str]:
    """Each string of an event is hostile: a template escapes whatever it prints."""
    return [
        f"{_place(root, path, number)}: {line.strip()}"
        for path, number, line in _template_lines(root)
        if re.search(r"\|\s*safe\b|autoescape\s+false", line)
        and path.relative_to(root) not in DRAWINGS
    ]


def action_ladders(root: Path) -> list[str]:
    """A template asks the catalogue; it does not branch on actions."""
    counts: dict[Path, int] = {}
    for path, _, line in _template_lines(root):
        found = re.findall(r"\{%-?\s*(?:el)?if\b[^%]*\baction\b[^%]*(?:==|!=|\bin\b)", line)
        counts[path] = counts.get(path, 0) + len(found)
    return [_place(root, path) for path, count in counts.items() if count > TEMPLATE_BRANCHES]


def unexplained_silence(root: Path) -> list[str]:
    """`# type: ignore` and `# noqa` name what they silence and give a reason."""
    codes = r"[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\b"
    reason = rf"\[[^]]+\]\s*\S|:\s*{codes}\s*[^\s,]"
    silenced = re.compile(rf"#\s*(?:type:\s*ignore|noqa)\b(?!{reason})")
    return [
        _place(root, path, number)
        for folder in ("auditdash", "tests")
        for path in _modules(root, folder)
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
        if silenced.search(line) and path.name not in {"house.py", "test_house.py"}
    ]


def undocumented_settings(root: Path) -> list[str]:
    """Each variable that Settings.from_env reads stands in the README's table."""
    source = (root / "auditdash" / "settings.py").read_text(encoding="utf-8")
    paper = root / "README.md"
    readme = paper.read_text(encoding="utf-8") if paper.exists() else ""
    names = sorted(set(re.findall(r'"(AUDITDASH_[A-Z_]*[A-Z]|DATABASE_URL)"', source)))
    return [name for name in names if not re.search(rf"^\|\s*`{name}`", readme, re.MULTILINE)]


RULES: tuple[Rule, ...] = (
    long_modules,
    long_test_modules,
    long_templates,
    long_functions,
    full_rooms,
    vague_names,
    busy_doors,
    modules_without_docstring,
    folders_without_init,
    foreign_imports,
    hidden_imports,
    stray_environment,
    stray_arguments,
    inline_code,
    unescaped,
    action_ladders,
    unexplained_silence,
    undocumented_settings,
)
