"""Where files live: data beside the package in a checkout or inside it when installed, the cache, and results written whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


def data_file(folder: str, name: str = "") -> Path:
    """Path of a file in `gazetteer/` or `data/`.

    Raises FileNotFoundError when the installation is incomplete.
    """
    for base in (_ROOT, Path(str(files("geomap"))) / "_data"):
        path = base / folder / name
        if path.exists() and (base != _ROOT or (_ROOT / "pyproject.toml").exists()):
            return path
    raise FileNotFoundError(f"{folder}/{name} is missing from this installation of geomap; install it again")


def open_model(name: str) -> Any:
    """A trained CRFsuite model of `data/`, ready to tag."""
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open(str(data_file("data", name)))
    return tagger


def cache_folder() -> Path:
    """Where what can be made again is kept: GEOMAP_CACHE, else the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("GEOMAP_CACHE") or platformdirs.user_cache_dir("geomap"))


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path to write to, renamed into place when the block ends well: an interrupted run leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    yield aside
    aside.replace(path)
