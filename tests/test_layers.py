"""Data flows one way: a module imports only from those named before it."""

import ast
from pathlib import Path

import geomap

ORDER = [
    "model", "errors", "engine", "resources", "text", "senses",
    "timex", "dates", "datelines", "figures", "actors", "lexicon", "geonames", "holdings", "gazetteer", "geocode", "stories", "documents", "fetch", "articles",
    "roles", "toponyms", "resolve", "attach", "scene", "mentions", "dating", "placing", "events", "incidents", "corrections", "pipeline",
    "records", "work", "frame", "partitions", "schemas", "postgis", "maps", "evaluate", "verbs", "cli", "__main__",
]
PACKAGE = Path(geomap.__file__).parent


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "geomap":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names if not alias.name.startswith("__")}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("geomap.")}
    return found


def test_every_module_has_its_place():
    modules = {p.stem for p in PACKAGE.glob("*.py")} | {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert modules - {"__init__"} == set(ORDER)


def test_no_import_runs_back_up():
    for name in ORDER:
        path = PACKAGE / f"{name}.py"
        for file in [path] if path.exists() else sorted((PACKAGE / name).glob("*.py")):
            later = {m for m in imports_of(file) if ORDER.index(m) >= ORDER.index(name)} - {name}
            assert not later, f"{name} imports {later}, which come after it"


def test_modules_stay_small():
    long = {p.name: n for p in PACKAGE.glob("**/*.py") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long
