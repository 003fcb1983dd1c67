"""Merge events of the same happening, within and across articles, into incidents.

An event joins a group only when it is compatible with every event in it (complete linkage), so a vague "last month"
never chains two days together. Events are blocked by family, month and country, which keeps the work near-linear.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from geomap.attach import covers, precision_of
from geomap.mentions import PUBLISHED, SPEECH, told_apart, width_of
from geomap.model import Event, GeoPrecision, Incident
from geomap.text import fold

# Types that outlets use for one another.
_FAMILY = {
    "shelling": "armed_clash", "attack": "armed_clash", "meeting": "talks", "ceasefire": "agreement",
}
_DIPLOMACY = frozenset({"talks", "meeting", "agreement", "visit", "phone_call", "commemoration"})
_PERSONS = frozenset({"head of state", "head of government", "minister", "official"})
_SAME_WORDS = 0.18  # share of words that two reports of one statement have in common
_MONTH = 31  # days
_LATELY = 3  # days before a report within which what it tells without a day mostly was
_MAX_SPAN = 400  # days: wider intervals are blocked by year


def merge_incidents(events: Iterable[Event], known: Mapping[str, str] | None = None, together: Mapping[str, str] | None = None) -> list[Incident]:
    """Group events into incidents, in order of date and id. The result does not depend on the events' order.

    `known`: incident ids of events merged before; an incident keeps the id of most of its events. `together`: labels
    that a person gave to events; those of one label are one incident.
    """
    events = list(events)
    casts = _casts(events)
    ordered = sorted(events, key=lambda e: (width_of(e), e.date_start or "9999", e.place is None, e.article_id, e.trigger_start, e.event_type))
    blocks: dict[tuple[str, ...], set[int]] = {}
    groups: list[list[Event]] = []
    for event in ordered:
        filed, searched = _blocks(event, casts)
        options = {i for key in searched for i in blocks.get(key, ())}
        fits = [(_likeness(groups[i], event), -i) for i in options if all(compatible(event, other, casts) for other in groups[i])]
        if fits:
            chosen = -max(fits)[1]
            groups[chosen].append(event)
        else:
            chosen = len(groups)
            groups.append([event])
        for key in filed:
            blocks.setdefault(key, set()).add(chosen)
    if together:
        groups = _joined_by(groups, together)
    incidents = _keep_ids([_incident(group) for group in groups], known or {})
    return sorted(incidents, key=lambda i: (min(e.date_start or "9999" for e in i.events), i.incident_id))


def _incident(group: list[Event]) -> Incident:
    ordered = tuple(sorted(group, key=lambda e: (precision_of(e.place) if e.place else 9, width_of(e), not e.counts, e.article_id, e.start)))
    kinds = sorted({e.event_type for e in group}, key=lambda t: (-sum(e.event_type == t for e in group), t))
    first = min(group, key=lambda e: (e.article_id, e.trigger_start, e.event_type, e.date_start or ""))
    digest = hashlib.sha256(f"{first.article_id}\x1f{first.trigger_start}\x1f{first.event_type}\x1f{first.date_start}".encode()).hexdigest()[:12]
    return Incident(f"{kinds[0]}-{digest}", kinds[0], ordered)


def _joined_by(groups: list[list[Event]], together: Mapping[str, str]) -> list[list[Event]]:
    """Groups that hold events of one label as one group."""
    home: dict[str, list[Event]] = {}
    kept: list[list[Event]] = []
    for group in groups:
        labels = sorted({together[e.id] for e in group if e.id in together})
        target = next((home[label] for label in labels if label in home), None)
        if target is None:
            kept.append(group)
            target = group
        else:
            target.extend(group)
        for label in labels:
            home.setdefault(label, target)
    return kept


def _keep_ids(incidents: list[Incident], known: Mapping[str, str]) -> list[Incident]:
    """Give each known id to the incident that holds most of its events; each is given once."""
    votes: dict[tuple[str, str], int] = {}
    for incident in incidents:
        for event in incident.events:
            if event.id in known:
                votes[known[event.id], incident.incident_id] = votes.get((known[event.id], incident.incident_id), 0) + 1
    given: dict[str, str] = {}
    for (old, new), _ in sorted(votes.items(), key=lambda v: (-v[1], v[0])):
        if old not in given.values() and new not in given:
            given[new] = old
    return [replace(i, incident_id=given.get(i.incident_id, i.incident_id)) for i in incidents]


def _blocks(event: Event, casts: Mapping[str, frozenset[str]]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Keys that an event is filed under and searched by: its family with a month and a country, a person, its article.

    An event bound to no country is searched among all of its month, and found by all of them.
    """
    family = _FAMILY.get(event.event_type, event.event_type)
    months, lands = _months(event), sorted(_lands(event, casts))
    voices = sorted(_people(event)) if event.event_type in SPEECH else []
    own = [(family, "in", event.article_id), *((family, month, "by", name) for month in months for name in voices), *((family, month, land) for month in months for land in lands)]
    everywhere, nowhere = [(family, month) for month in months], [(family, month, "") for month in months]
    return own + everywhere + ([] if lands else nowhere), own + (nowhere if lands else everywhere)


def _lands(event: Event, casts: Mapping[str, frozenset[str]]) -> set[str]:
    """Countries by which another report of an event could be found: of its place, of its actors, of its article."""
    found = _known(event, casts)
    if event.place is None:
        return found
    if event.place.feature_code == "BDRY":
        return found | set(event.place.id.removeprefix("border:").split("-"))
    return found | {event.place.country_code} if event.place.country_code else set()


def _months(event: Event) -> list[str]:
    """Months that an event's days and the days beside them fall in; years where they are very many."""
    if not event.date_start or not event.date_end:
        return []
    first = date.fromisoformat(event.date_start) - timedelta(days=1)
    last = date.fromisoformat(event.date_end) + timedelta(days=1)
    years = [f"{y}" for y in range(first.year, min(last.year, first.year + 12) + 1)]
    if (last - first).days > _MAX_SPAN:
        return years
    months = []
    at = first.replace(day=1)
    while at <= last:
        months.append(at.isoformat()[:7])
        at = (at + timedelta(days=32)).replace(day=1)
    return [*months, *years] if (last - first).days > 200 else months


def _casts(events: Iterable[Event]) -> dict[str, frozenset[str]]:
    """The two countries that each article names most as actors: who "both sides" are."""
    named: dict[str, dict[str, int]] = {}
    for event in events:
        counts = named.setdefault(event.article_id, {})
        for code in _countries(event):
            counts[code] = counts.get(code, 0) + 1
    return {article: frozenset(sorted(counts, key=lambda c: (-counts[c], c))[:2]) for article, counts in named.items()}


def _countries(event: Event) -> set[str]:
    return {a.country_code for a in event.actors if a.country_code}


def _known(event: Event, casts: Mapping[str, frozenset[str]]) -> set[str]:
    """Countries of an event; its article's where it names none, or is of talks and statements, whose sides go unnamed."""
    own = _countries(event)
    return own | casts.get(event.article_id, frozenset()) if not own or event.event_type in _DIPLOMACY | SPEECH else own


def _people(event: Event) -> set[str]:
    """Family names of the people that an event names."""
    return {a.name.split()[-1] for a in event.actors if a.role in _PERSONS}


def compatible(a: Event, b: Event, casts: Mapping[str, frozenset[str]]) -> bool:
    """Whether two events may be one happening: family, time and place agree, and for speech the words or the speaker.

    `casts`: the countries that each article is about.
    """
    if _FAMILY.get(a.event_type, a.event_type) != _FAMILY.get(b.event_type, b.event_type):
        return False
    if a.event_type != b.event_type and "attack" in (a.event_type, b.event_type) and max(width_of(a), width_of(b)) > _MONTH:
        return False  # a war of a year is not one of its attacks
    if a.article_id == b.article_id and a.sentence == b.sentence and (a.event_type != b.event_type or a.date_start != b.date_start):
        return False  # the sentence tells them apart
    if not _in_time(a, b) or (a.article_id == b.article_id and told_apart(a, b)):
        return False
    if a.event_type in SPEECH or b.event_type in SPEECH:
        one_voice = a.article_id != b.article_id and bool(_people(a) & _people(b))
        return a.event_type == b.event_type and (one_voice or (_alike(a.sentence, b.sentence) >= _SAME_WORDS and bool(_known(a, casts) & _known(b, casts))))
    return _in_place(a, b, casts) and _counts_agree(a, b)


def _in_time(a: Event, b: Event) -> bool:
    if not (a.date_start and a.date_end and b.date_start and b.date_end):
        return a.article_id == b.article_id
    # A happening without a day of its own was some days before its report, if it is told of the very place.
    lately = a.place and b.place and a.place.id == b.place.id and precision_of(a.place) <= GeoPrecision.NEAR and PUBLISHED in (*a.why, *b.why)
    slack = 1 if _FAMILY.get(a.event_type, a.event_type) in _DIPLOMACY else _LATELY if lately else 0
    gap = max(date.fromisoformat(a.date_start), date.fromisoformat(b.date_start)) - min(date.fromisoformat(a.date_end), date.fromisoformat(b.date_end))
    return gap.days <= slack


def _in_place(a: Event, b: Event, casts: Mapping[str, frozenset[str]]) -> bool:
    if a.place is None or b.place is None:
        return bool(_known(a, casts) & _known(b, casts)) or a.article_id == b.article_id
    return a.place.id == b.place.id or covers(a.place, b.place) or covers(b.place, a.place)


def _counts_agree(a: Event, b: Event) -> bool:
    """Deaths a factor of ten apart are two happenings."""
    deaths = [_deaths(e) for e in (a, b)]
    return not all(deaths) or max(deaths) <= 10 * min(deaths)


def _deaths(event: Event) -> int:
    return max((c.low or c.high or 0 for c in event.counts if c.kind == "killed"), default=0)


def _likeness(group: list[Event], event: Event) -> float:
    """How well an event fits a group, to choose among several."""
    actors = _countries(event)
    score = 0.0
    for other in group:
        same_place = event.place is not None and other.place is not None and event.place.id == other.place.id
        score = max(score, same_place + 0.5 * (event.date_start == other.date_start) + 0.3 * bool(actors & _countries(other)) + 0.5 * bool(_deaths(event) and _deaths(event) == _deaths(other)) + _alike(event.sentence, other.sentence))
    return score


def _alike(a: str, b: str) -> float:
    """Jaccard overlap of the longer words, by their first five letters."""
    first, second = ({w[:5] for w in fold(s).replace(",", " ").split() if len(w) > 3} for s in (a, b))
    return len(first & second) / len(first | second) if first and second else 0.0
