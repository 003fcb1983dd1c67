"""Start reading here: one article in, its events out; many articles in, incidents out.

    articles -> toponyms -> places -> events -> incidents
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial

from geomap.engine import each
from geomap.errors import ConfigError
from geomap.events import find_events
from geomap.gazetteer import Gazetteer
from geomap.incidents import merge_incidents
from geomap.model import Article, Event, Incident, Resolution
from geomap.resolve import Geocode, resolve_toponyms
from geomap.toponyms import find_toponyms


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one article gave: its resolved toponyms and its events."""

    article: Article
    resolutions: tuple[Resolution, ...]
    events: tuple[Event, ...]
    n_toponyms: int = 0


def extract_one(article: Article, gazetteer: Gazetteer, *, geocode: Geocode | None = None) -> Extraction:
    """Everything about one article; a pure function, so any engine may run it anywhere."""
    toponyms = find_toponyms(article, gazetteer)
    resolutions = resolve_toponyms(article, toponyms, gazetteer, geocode=geocode)
    events = find_events(article, resolutions, gazetteer)
    return Extraction(article, tuple(resolutions), tuple(events), len(resolutions))


def extract_at(index: str, article: Article) -> Extraction:
    """`extract_one` in a worker, which opens the gazetteer's file itself; the candidates stay behind."""
    one = extract_one(article, _opened(index))
    return replace(one, resolutions=tuple(replace(r, candidates=()) for r in one.resolutions))


@cache
def _opened(index: str) -> Gazetteer:
    return Gazetteer.open(index)


def extract_each(articles: Iterable[Article], gazetteer: Gazetteer, *, geocode: Geocode | None = None, engine: str = "serial", workers: int | None = None, scheduler: str | None = None) -> Iterator[Extraction]:
    """`extract_one` for each article, in order, on any engine (see `geomap.engine`)."""
    if engine == "serial":
        return (extract_one(article, gazetteer, geocode=geocode) for article in articles)
    if geocode:
        raise ConfigError("a geocoder keeps its distance between requests and so needs --engine serial")
    return each(partial(extract_at, str(gazetteer.path)), articles, engine=engine, workers=workers, scheduler=scheduler)


def extract(articles: Iterable[Article], gazetteer: Gazetteer, *, geocode: Geocode | None = None) -> list[Incident]:
    """Incidents of many articles, merged across them."""
    return merge_incidents(event for one in extract_each(articles, gazetteer, geocode=geocode) for event in one.events)
