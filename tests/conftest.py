import os
import sys
from pathlib import Path

import pytest

from geomap.gazetteer import Gazetteer
from geomap.model import Article
from geomap.pipeline import extract_one

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer.open()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Gold and corpora that lie beside the project where it is developed; a user's machine has none."""
    if not (SHARED / "gold" / "articles.json").exists():
        if os.environ.get("CI"):
            pytest.fail(f"{SHARED} is missing, and CI must not skip")
        pytest.skip("needs the gold sets beside the project")
    sys.path[:0] = [str(SHARED / "tools"), str(ROOT / "benchmarks")]
    return SHARED


@pytest.fixture(scope="session")
def tell(gazetteer):
    """Events of a short text."""

    def run(text: str, published: str | None = "2022-10-04"):
        return extract_one(Article("a", text, published=published), gazetteer).events

    return run
