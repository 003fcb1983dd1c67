"""Doubtful decisions for a person to look at, and what the person decided, applied to every later run.

A correction is found again by its article, trigger and sentence, not by a number that another run may give out anew.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from geomap.attach import precision_of
from geomap.errors import ConfigError
from geomap.gazetteer import Gazetteer
from geomap.lexicon import load_lexicon
from geomap.mentions import PUBLISHED
from geomap.model import DatePrecision, Event, GeoPrecision, Incident, Place
from geomap.resolve import distance_km
from geomap.resources import written_aside
from geomap.text import spreadsheet_cell

_KEY = ("article", "trigger", "sentence")
_ASKED = ("correct_type", "correct_date", "correct_place", "correct_lat", "correct_lon", "not_an_event", "same_as", "by")
COLUMNS = ("incident_id", "event_id", "doubt", "event_type", "date", "place", "deaths", *_KEY, *_ASKED)
_DOUBTED = 0.8  # score below which an event is shown
_APART = 2.0  # reports of deaths that differ by more than this factor


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person decided about one event; an empty field leaves the program's decision."""

    where: str  # file and line, for messages
    values: Mapping[str, str]

    def key(self) -> tuple[str, ...]:
        return tuple(" ".join(self.values[f].split()) for f in _KEY)


def doubts_of(event: Event, incident: Incident) -> list[str]:
    """Why a person should look at an event; [] when nothing speaks against it."""
    group = load_lexicon().types[event.event_type].group if event.event_type in load_lexicon().types else "other"
    deaths = [c.low or c.high or 0 for e in incident.events for c in e.counts if c.kind == "killed" and (c.low or c.high)]
    return [doubt for doubt, holds in (
        ("low score", event.score < _DOUBTED), ("the place is inferred", event.place_basis in ("inferred", "context")), ("no place", event.place is None and group in ("violence", "disaster", "civil")),
        ("no date", not event.date_start), ("the date is the publication's", len(event.why) > 1 and event.why[1] == PUBLISHED),
        ("reports of deaths differ", len(deaths) > 1 and max(deaths) > _APART * min(deaths)),
    ) if holds]


def write_review(incidents: Iterable[Incident], path: str | Path) -> int:
    """Write a CSV of doubtful events with empty columns for corrections; returns how many."""
    path = Path(path)
    rows = [
        {
            "incident_id": incident.incident_id, "event_id": event.id, "doubt": "; ".join(doubts), "event_type": event.event_type, "date": event.date_start or "", "place": event.place_name,
            "deaths": "; ".join(c.text for c in event.counts if c.kind == "killed"), "article": event.article_id, "trigger": event.trigger, "sentence": event.sentence,
        }
        for incident in incidents for event in incident.events if (doubts := doubts_of(event, incident))
    ]
    with written_aside(path) as aside, aside.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({k: spreadsheet_cell(v) for k, v in row.items()} for row in rows)
    return len(rows)


def read_corrections(path: str | Path) -> list[Correction]:
    """Rows of a review in which a person filled something in.

    Raises ConfigError for a missing file or column, and with its line for a value that cannot be right.
    """
    path, found = Path(path), []
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = [c for c in (*_KEY, *_ASKED) if c not in (reader.fieldnames or ())]
            if missing:
                raise ConfigError(f"{path}: lacks the column(s) {', '.join(missing)}; start from `geomap review`")
            for row in reader:
                values = {k: (v or "").strip() for k, v in row.items() if k}
                values |= {k: values[k].removeprefix("'") for k in _KEY}
                if any(values[c] for c in _ASKED if c != "by"):
                    found.append(_checked(Correction(f"{path}, line {reader.line_num}", values)))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})") from None
    return found


def _checked(correction: Correction) -> Correction:
    values = correction.values
    if values["correct_type"] and values["correct_type"] not in load_lexicon().types:
        raise ConfigError(f"{correction.where}: {values['correct_type']!r} is no event type; types are {', '.join(load_lexicon().types)}")
    try:
        _days(values["correct_date"])
    except ValueError:
        raise ConfigError(f"{correction.where}: {values['correct_date']!r} is no date; write YYYY-MM-DD or YYYY-MM-DD/YYYY-MM-DD") from None
    if bool(values["correct_lat"]) != bool(values["correct_lon"]):
        raise ConfigError(f"{correction.where}: correct_lat and correct_lon go together")
    try:
        if values["correct_lat"] and not (-90 <= float(values["correct_lat"]) <= 90 and -180 <= float(values["correct_lon"]) <= 180):
            raise ValueError
    except ValueError:
        raise ConfigError(f"{correction.where}: {values['correct_lat']}, {values['correct_lon']} are no coordinates in degrees") from None
    return correction


def _days(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    first, _, last = text.partition("/")
    return date.fromisoformat(first).isoformat(), date.fromisoformat(last or first).isoformat()


def apply_corrections(events: Sequence[Event], corrections: Sequence[Correction], gazetteer: Gazetteer) -> tuple[list[Event], dict[str, str], list[Correction]]:
    """(events as corrected, label of the incident that an event must be in by its id, corrections that matched nothing).

    A correction beats the program, and `corrected_by` of the event says whose it is. Raises ConfigError for a place
    that the gazetteer lacks and that has no coordinates.
    """
    by_key = {c.key(): c for c in corrections}
    kept: list[Event] = []
    together: dict[str, str] = {}
    used: set[tuple[str, ...]] = set()
    for event in events:
        key = tuple(" ".join(v.split()) for v in (event.article_id, event.trigger, event.sentence))
        correction = by_key.get(key)
        if correction is None:
            kept.append(event)
            continue
        used.add(key)
        if correction.values["not_an_event"]:
            continue
        if correction.values["same_as"]:
            together[event.id] = correction.values["same_as"]
        kept.append(_corrected(event, correction, gazetteer))
    return kept, together, [c for c in corrections if c.key() not in used]


def _corrected(event: Event, correction: Correction, gazetteer: Gazetteer) -> Event:
    values = correction.values
    event = replace(event, corrected_by=values["by"] or "a person", score=1.0)
    if values["correct_type"]:
        event = replace(event, event_type=values["correct_type"], acled=load_lexicon().types[values["correct_type"]].acled)
    days = _days(values["correct_date"])
    if days:
        event = replace(event, date_start=days[0], date_end=days[1], date_precision=DatePrecision.DAY if days[0] == days[1] else DatePrecision.RANGE)
    if values["correct_place"] or values["correct_lat"]:
        place = _place(event, correction, gazetteer)
        event = replace(event, place=place, place_name=place.name, lat=place.lat, lon=place.lon, geo_precision=GeoPrecision.EXACT if values["correct_lat"] else precision_of(place), place_basis="corrected")
    return event


def _place(event: Event, correction: Correction, gazetteer: Gazetteer) -> Place:
    name, lat, lon = (correction.values[f"correct_{f}"] for f in ("place", "lat", "lon"))
    if lat:
        return Place(f"own:{name or f'{lat},{lon}'}", name or f"{lat}, {lon}", float(lat), float(lon), "PPL", country_code=event.place.country_code if event.place else "", source="own")
    known = gazetteer.candidates(name)
    if not known:
        raise ConfigError(f"{correction.where}: the gazetteer knows no {name!r}; add correct_lat and correct_lon")
    before = event.place
    return min(known, key=lambda p: distance_km(p, before)) if before else known[0]

