"""Where the data files live: beside the package in a checkout, inside it when installed."""

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
