"""The frozen records that pass between stages.

Offsets are 0-based code points into `Article.text` exactly as given, end exclusive. Coordinates are WGS84 degrees.
Dates are ISO 8601 (YYYY-MM-DD). An unknown value is None or "", never 0.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What a place name does in its sentence (Gritta et al. 2019, "A Pragmatic Guide to Geoparsing Evaluation")."""

    LITERAL = "literal"
    ASSOCIATIVE = "associative"


class GeoPrecision(IntEnum):
    """UCDP's `where_prec`."""

    EXACT = 1
    NEAR = 2
    ADMIN2 = 3
    ADMIN1 = 4
    AREA = 5
    COUNTRY = 6
    INTERNATIONAL = 7


class DatePrecision(StrEnum):
    DAY = "day"
    DAYS = "days"
    WEEK = "week"
    MONTH = "month"
    MONTHS = "months"
    SEASON = "season"
    YEAR = "year"
    DECADE = "decade"
    RANGE = "range"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Article:
    """One news article; `published_basis` says where the date came from (record, text, option, inferred, none).

    `copies` are articles of other names or outlets with the same text, kept without it.
    """

    id: str
    text: str
    title: str = ""
    published: str | None = None
    published_basis: str = "none"
    url: str = ""
    source: str = ""
    copies: tuple["Article", ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A gazetteer entry. `admin1` is GeoNames' first-order code; `population` is 0 when unknown."""

    id: str
    name: str
    lat: float
    lon: float
    feature_code: str
    country_code: str = ""
    admin1: str = ""
    population: int = 0
    source: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Toponym:
    """A place name at a span of text; `score` is the recogniser's probability of the span."""

    start: int
    end: int
    text: str
    role: Role = Role.LITERAL
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a toponym may mean, with its probability and the features it was judged by."""

    place: Place
    score: float
    features: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolution:
    """A toponym and the place it was resolved to; None below the threshold or where nothing is known."""

    toponym: Toponym
    place: Place | None
    score: float = 0.0
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A time expression and the closed interval of days it stands for."""

    start: int
    end: int
    text: str
    date_start: str | None
    date_end: str | None
    precision: DatePrecision


@dataclass(frozen=True, slots=True)
class Count:
    """People counted: `kind` is killed, wounded, captured, detained, released, missing, displaced or killed_or_missing."""

    kind: str
    low: int | None
    high: int | None
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Actor:
    name: str
    role: str
    country_code: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Words showing an event type in one article. lat and lon are None when no place can be defended."""

    id: str
    article_id: str
    event_type: str
    start: int
    end: int
    sentence: str
    trigger: str
    trigger_start: int
    trigger_end: int
    date_start: str | None
    date_end: str | None
    date_precision: DatePrecision
    place: Place | None
    place_name: str
    lat: float | None
    lon: float | None
    geo_precision: GeoPrecision | None
    place_basis: str
    reality: str
    salience: str
    counts: tuple[Count, ...] = ()
    actors: tuple[Actor, ...] = ()
    claimant: str = ""
    corrected_by: str = ""
    acled: str = ""
    score: float = 0.0
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """One happening, told by one or more events."""

    incident_id: str
    event_type: str
    events: tuple[Event, ...]
