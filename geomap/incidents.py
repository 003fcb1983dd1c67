"""Merge events of the same happening, within and across articles, into incidents.

An event joins a group only when it is compatible with every event in it (complete linkage), so a vague "last month"
never chains two days together. Events are blocked by family and month, which keeps the work near-linear.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta

from geomap.attach import covers, precision_of
from geomap.mentions import SPEECH, told_apart, width_of
from geomap.model import Event, Incident
from geomap.text import fold

# Types that outlets use for one another.
_FAMILY = {
    "shelling": "armed_clash", "attack": "armed_clash", "meeting": "talks", "ceasefire": "agreement",
}
_DIPLOMACY = frozenset({"talks", "agreement", "visit", "phone_call", "commemoration"})
_SAME_WORDS = 0.25  # share of words that two reports of one statement have in common
_MAX_SPAN = 400  # days: wider intervals are blocked by year


def merge_incidents(events: Iterable[Event]) -> list[Incident]:
    """Group events into incidents, in order of date and id. The result does not depend on the events' order."""
    ordered = sorted(events, key=lambda e: (width_of(e), e.date_start or "9999", e.place is None, e.article_id, e.trigger_start, e.event_type))
    blocks: dict[tuple[str, str], list[int]] = {}
    groups: list[list[Event]] = []
    for event in ordered:
        keys = _blocks(event)
        options = {i for key in keys for i in blocks.get(key, ())}
        fits = [(_likeness(groups[i], event), -i) for i in options if all(compatible(event, other) for other in groups[i])]
        if fits:
            chosen = -max(fits)[1]
            groups[chosen].append(event)
        else:
            chosen = len(groups)
            groups.append([event])
        for key in keys:
            held = blocks.setdefault(key, [])
            if chosen not in held:
                held.append(chosen)
    incidents = [_incident(group) for group in groups]
    return sorted(incidents, key=lambda i: (min(e.date_start or "9999" for e in i.events), i.incident_id))


def _incident(group: list[Event]) -> Incident:
    ordered = tuple(sorted(group, key=lambda e: (precision_of(e.place) if e.place else 9, width_of(e), not e.counts, e.article_id, e.start)))
    kinds = sorted({e.event_type for e in group}, key=lambda t: (-sum(e.event_type == t for e in group), t))
    first = min(group, key=lambda e: (e.article_id, e.trigger_start, e.event_type, e.date_start or ""))
    digest = hashlib.sha256(f"{first.article_id}\x1f{first.trigger_start}\x1f{first.event_type}\x1f{first.date_start}".encode()).hexdigest()[:12]
    return Incident(f"{kinds[0]}-{digest}", kinds[0], ordered)


def _blocks(event: Event) -> list[tuple[str, str]]:
    """Family and month (or year, or none) under which likely partners are found."""
    family = _FAMILY.get(event.event_type, event.event_type)
    if not event.date_start or not event.date_end:
        return [(family, f"undated {event.article_id}")]
    first = date.fromisoformat(event.date_start) - timedelta(days=1)
    last = date.fromisoformat(event.date_end) + timedelta(days=1)
    if (last - first).days > _MAX_SPAN:
        return [(family, f"{y}") for y in range(first.year, min(last.year, first.year + 12) + 1)]
    months = []
    at = first.replace(day=1)
    while at <= last:
        months.append((family, at.isoformat()[:7]))
        at = (at + timedelta(days=32)).replace(day=1)
    return [*months, *{(family, m[1][:4]) for m in months}] if (last - first).days > 200 else months


def compatible(a: Event, b: Event) -> bool:
    """Whether two events may be one happening: family, time and place agree, and for speech the words."""
    if _FAMILY.get(a.event_type, a.event_type) != _FAMILY.get(b.event_type, b.event_type):
        return False
    if a.article_id == b.article_id and a.sentence == b.sentence and a.event_type == b.event_type and a.date_start != b.date_start:
        return False
    if not _in_time(a, b) or (a.article_id == b.article_id and told_apart(a, b)):
        return False
    if a.event_type in SPEECH or b.event_type in SPEECH:
        return a.event_type == b.event_type and _alike(a.sentence, b.sentence) >= _SAME_WORDS
    return _in_place(a, b) and _counts_agree(a, b)


def _in_time(a: Event, b: Event) -> bool:
    if not (a.date_start and a.date_end and b.date_start and b.date_end):
        return a.article_id == b.article_id
    slack = 1 if _FAMILY.get(a.event_type, a.event_type) in _DIPLOMACY else 0
    gap = max(date.fromisoformat(a.date_start), date.fromisoformat(b.date_start)) - min(date.fromisoformat(a.date_end), date.fromisoformat(b.date_end))
    return gap.days <= slack


def _in_place(a: Event, b: Event) -> bool:
    if a.place is None or b.place is None:
        shared = {x.country_code for x in a.actors} & {x.country_code for x in b.actors}
        return bool(shared) or a.article_id == b.article_id
    return a.place.id == b.place.id or covers(a.place, b.place) or covers(b.place, a.place)


def _counts_agree(a: Event, b: Event) -> bool:
    """Deaths a factor of ten apart are two happenings."""
    deaths = [max((c.low or c.high or 0 for c in e.counts if c.kind == "killed"), default=0) for e in (a, b)]
    return not all(deaths) or max(deaths) <= 10 * min(deaths)


def _likeness(group: list[Event], event: Event) -> float:
    """How well an event fits a group, to choose among several."""
    actors = {x.country_code for x in event.actors}
    score = 0.0
    for other in group:
        same_place = event.place is not None and other.place is not None and event.place.id == other.place.id
        score = max(score, same_place + 0.5 * (event.date_start == other.date_start) + 0.3 * bool(actors & {x.country_code for x in other.actors}) + _alike(event.sentence, other.sentence))
    return score


def _alike(a: str, b: str) -> float:
    """Jaccard overlap of the longer words."""
    first, second = ({w for w in fold(s).replace(",", " ").split() if len(w) > 3} for s in (a, b))
    return len(first & second) / len(first | second) if first and second else 0.0
