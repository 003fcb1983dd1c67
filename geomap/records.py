"""What `locate` and `events` write: plain dictionaries with the fields of the output contract."""

from typing import Any

from geomap.gazetteer import Gazetteer
from geomap.model import Actor, Article, Count, DatePrecision, Event, GeoPrecision, Place, Resolution


def place_record(place: Place | None, gazetteer: Gazetteer) -> dict[str, Any]:
    """A place, or all None for an unresolved one."""
    if place is None:
        return dict.fromkeys(("name", "lat", "lon", "country_code", "admin1", "feature_code", "place_id"))
    return {
        "name": place.name, "lat": place.lat, "lon": place.lon, "country_code": place.country_code, "admin1": gazetteer.admin1_name(place),
        "feature_code": place.feature_code, "place_id": place.id,
    }


def mention_record(resolution: Resolution, gazetteer: Gazetteer, *, explain: bool) -> dict[str, Any]:
    """A toponym and its place; `explain` adds the candidates with their features."""
    toponym = resolution.toponym
    row = {"start": toponym.start, "end": toponym.end, "text": toponym.text, "role": str(toponym.role)}
    row |= place_record(resolution.place, gazetteer) | {"score": resolution.score}
    if explain:
        row["candidates"] = [
            place_record(c.place, gazetteer) | {"score": round(c.score, 4), "features": {k: round(v, 3) for k, v in c.features.items() if v}} for c in resolution.candidates
        ]
    return row


def event_record(event: Event, *, explain: bool) -> dict[str, Any]:
    """An event before merging; `explain` adds why type, date and place were chosen."""
    row = {
        "id": event.id, "event_type": event.event_type, "start": event.start, "end": event.end,
        "trigger": event.trigger, "trigger_start": event.trigger_start, "trigger_end": event.trigger_end,
        "date_start": event.date_start, "date_end": event.date_end, "date_precision": str(event.date_precision),
        "place_name": event.place_name or None, "lat": event.lat, "lon": event.lon,
        "geo_precision": int(event.geo_precision) if event.geo_precision else None, "place_basis": event.place_basis or None,
        "reality": event.reality, "claimant": event.claimant or None, "salience": event.salience,
        "counts": [{"kind": c.kind, "low": c.low, "high": c.high, "text": c.text, "start": c.start, "end": c.end} for c in event.counts],
        "actors": [{"name": a.name, "role": a.role, "country_code": a.country_code} for a in event.actors],
        "acled": event.acled, "score": event.score, **({"corrected_by": event.corrected_by} if event.corrected_by else {}),
    }
    return row | ({"why": list(event.why)} if explain else {})


def report_record(event: Event, article: Article | None) -> dict[str, Any]:
    """An event and who reported it, with all that merging it again needs."""
    place = {f: getattr(event.place, f) for f in Place.__dataclass_fields__} if event.place else None
    source = {f: getattr(article, f) for f in _SOURCE} if article else {}
    return {
        "article": event.article_id, "copies": [{"id": c.id} | {f: v for f in _SOURCE if (v := getattr(c, f))} for c in article.copies] if article else [], **{k: v for k, v in source.items() if v}, "sentence": event.sentence, "sentence_start": event.start, "sentence_end": event.end,
        **event_record(event, explain=True), "place": place,
    }


_SOURCE = ("title", "published", "url", "source")


def read_report(report: dict[str, Any]) -> tuple[Event, Article]:
    """What `report_record` wrote; the article comes without its text."""
    copies = tuple(Article(c["id"], "", **{k: c[k] for k in _SOURCE if c.get(k)}) for c in report.get("copies", ()))
    article = Article(report["article"], "", copies=copies, **{k: report[k] for k in _SOURCE if report.get(k)})
    event = Event(
        id=report["id"], article_id=report["article"], event_type=report["event_type"], start=report["sentence_start"], end=report["sentence_end"], sentence=report["sentence"],
        trigger=report["trigger"], trigger_start=report["trigger_start"], trigger_end=report["trigger_end"], date_start=report["date_start"], date_end=report["date_end"],
        date_precision=DatePrecision(report["date_precision"]), place=Place(**report["place"]) if report["place"] else None, place_name=report["place_name"] or "",
        lat=report["lat"], lon=report["lon"], geo_precision=GeoPrecision(report["geo_precision"]) if report["geo_precision"] else None, place_basis=report["place_basis"] or "",
        reality=report["reality"], salience=report["salience"], counts=tuple(Count(**c) for c in report["counts"]), actors=tuple(Actor(**a) for a in report["actors"]),
        claimant=report["claimant"] or "", corrected_by=report.get("corrected_by", ""), acled=report["acled"], score=report["score"], why=tuple(report["why"]),
    )
    return event, article
