"""The README stays true: its verbs exist, its files are there, its figures are those of the benchmarks' documents."""

import re
from pathlib import Path

import pytest

from geomap.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"`?geomap (map|extract|draw|locate|events|review|gazetteer|evaluate)\b", README))))
def test_verbs_of_the_readme_exist(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0


def test_files_that_the_documents_name_exist():
    named = set()
    for document in ("README.md", "CONTRIBUTING.md", "data/README.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))):
        text = (ROOT / document).read_text(encoding="utf-8")
        named |= set(re.findall(r"\b((?:geomap|benchmarks|gazetteer|data|docs|tests)/[\w./-]+\.\w+)", text))
    assert named and not [name for name in sorted(named) if not (ROOT / name).exists()]


def test_python_of_the_readme_runs(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})
