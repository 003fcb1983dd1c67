"""What `locate` and `events` write: plain dictionaries with the fields of the output contract."""

from typing import Any

from geomap.gazetteer import Gazetteer
from geomap.model import Event, Place, Resolution


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
        "reality": event.reality, "salience": event.salience,
        "counts": [{"kind": c.kind, "low": c.low, "high": c.high, "text": c.text, "start": c.start, "end": c.end} for c in event.counts],
        "actors": [{"name": a.name, "role": a.role, "country_code": a.country_code} for a in event.actors],
        "acled": event.acled, "score": event.score,
    }
    return row | ({"why": list(event.why)} if explain else {})
