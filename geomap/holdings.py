"""What a user keeps beside the built-in gazetteer: places of their own, and GeoNames country files that were downloaded."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from geomap import geonames
from geomap.errors import GazetteerError
from geomap.resources import written_aside

GEONAMES = "https://download.geonames.org/export/dump"
_TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
_PIECE = 1 << 16


def data_folder() -> Path:
    """Where a user's own places and installed country files are kept."""
    return Path(os.environ.get("GEOMAP_CACHE") or platformdirs.user_data_dir("geomap")) / "places"


def own_places() -> list[Path]:
    """A user's own place files, in stable order."""
    return sorted(p for p in data_folder().glob("*") if p.suffix.lower() in (".csv", ".geojson", ".json"))


def add_places(path: Path) -> int:
    """Keep a user's places for every later run; returns how many. Raises GazetteerError and keeps nothing when a row is wrong."""
    try:
        count = sum(1 for _ in geonames.read_own_places(path))
        folder = data_folder()
        with written_aside(folder / path.name) as aside:
            aside.write_bytes(path.read_bytes())
    except OSError as error:
        raise GazetteerError(f"{path}: cannot be read or kept ({error.strerror})") from None
    return count


def installed_dumps() -> list[Path]:
    """GeoNames country files that `install_country` downloaded, in stable order."""
    return sorted((data_folder() / "geonames").glob("[A-Z][A-Z].zip"))


def checksum(dump: Path) -> str:
    """SHA-256 of an installed country file, as noted when it was verified; of any other file, computed."""
    import hashlib

    note = dump.with_suffix(".sha256")
    return note.read_text(encoding="ascii") if note.exists() else hashlib.sha256(dump.read_bytes()).hexdigest()


def install_country(code: str, *, base_url: str = "", progress: Callable[[int, int], None] = lambda done, total: None) -> Path:
    """Download a country's GeoNames file (CC BY 4.0) for every later run; `progress` gets bytes done and in all.

    A download that broke off goes on where it stopped, if the file has not changed on the server. GeoNames publishes no
    checksums: the file is checked by its length and by the CRC-32 of the zip, and its SHA-256 is kept beside it.
    Raises GazetteerError without network, for an unknown code, and for a damaged file (which is not kept).
    """
    import hashlib
    import zipfile

    code = code.upper()
    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise GazetteerError(f"{code}: not a two-letter ISO 3166 country code such as AM")
    url = f"{base_url or os.environ.get('GEOMAP_GEONAMES_URL') or GEONAMES}/{code}.zip"
    folder = data_folder() / "geonames"
    target, part = folder / f"{code}.zip", folder / f".{code}.zip.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _download(url, part, progress)
        with zipfile.ZipFile(part) as packed:
            if packed.testzip() is not None or f"{code}.txt" not in packed.namelist():
                raise zipfile.BadZipFile
        target.with_suffix(".sha256").write_text(hashlib.sha256(part.read_bytes()).hexdigest(), encoding="ascii")
        part.replace(target)
        _tag(part).unlink(missing_ok=True)
    except zipfile.BadZipFile:
        part.unlink(missing_ok=True)
        raise GazetteerError(f"{url}: the file came damaged and was not kept; try again") from None
    except OSError as error:
        raise GazetteerError(f"{folder}: cannot be written ({error.strerror or error})") from None
    return target


def _tag(part: Path) -> Path:
    """Beside a piece of a download: which version of the file on the server it is a piece of."""
    return part.with_suffix(".tag")


def _download(url: str, part: Path, progress: Callable[[int, int], None]) -> None:
    import requests

    have = part.stat().st_size if part.exists() and _tag(part).exists() else 0
    headers = {"Range": f"bytes={have}-", "If-Range": _tag(part).read_text(encoding="latin-1")} if have else {}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
            if answer.status_code == 404:
                raise GazetteerError(f"{url}: GeoNames has no file for this country code")
            if answer.status_code not in (200, 206):
                raise GazetteerError(f"{url}: the server answered {answer.status_code}; try again later")
            have = have if answer.status_code == 206 else 0
            total = have + int(answer.headers.get("Content-Length") or 0)
            version = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
            _tag(part).write_text(version, encoding="latin-1")
            if not version:
                _tag(part).unlink()
            answer.raw.enforce_content_length = False  # else a connection that breaks takes the last piece with it
            with part.open("ab" if have else "wb") as out:
                for piece in answer.iter_content(_PIECE):
                    out.write(piece)
                    have += len(piece)
                    progress(have, total)
    except requests.RequestException as error:
        host = url.split("/")[2]
        reason = "the download broke off; the same command goes on where it stopped" if have else "no network, or the server is down; on a connected machine fetch the file and use `geomap gazetteer build`"
        raise GazetteerError(f"{url}: {host} cannot be reached ({type(error).__name__}): {reason}") from None
    if total and have < total:
        raise GazetteerError(f"{url}: {have:,} of {total:,} bytes came; the same command goes on where it stopped")
