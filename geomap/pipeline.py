"""Start reading here: one article in, its events out; many articles in, incidents out.

    articles -> toponyms -> places -> events -> incidents
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from geomap.events import find_events
from geomap.gazetteer import Gazetteer
from geomap.incidents import merge_incidents
from geomap.model import Article, Event, Incident, Place, Resolution
from geomap.resolve import resolve_toponyms
from geomap.toponyms import find_toponyms

Geocode = Callable[[str], Place | None]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one article gave: its resolved toponyms and its events."""

    article: Article
    resolutions: tuple[Resolution, ...]
    events: tuple[Event, ...]


def extract_one(article: Article, gazetteer: Gazetteer, *, geocode: Geocode | None = None) -> Extraction:
    """Everything about one article; a pure function, so any engine may run it anywhere."""
    toponyms = find_toponyms(article, gazetteer)
    resolutions = resolve_toponyms(article, toponyms, gazetteer, geocode=geocode)
    events = find_events(article, resolutions, gazetteer)
    return Extraction(article, tuple(resolutions), tuple(events))


def extract_each(articles: Iterable[Article], gazetteer: Gazetteer, *, geocode: Geocode | None = None) -> Iterator[Extraction]:
    """`extract_one` for each article, in order."""
    return (extract_one(article, gazetteer, geocode=geocode) for article in articles)


def extract(articles: Iterable[Article], gazetteer: Gazetteer, *, geocode: Geocode | None = None) -> list[Incident]:
    """Incidents of many articles, merged across them."""
    return merge_incidents(event for one in extract_each(articles, gazetteer, geocode=geocode) for event in one.events)
