"""Triggers -> typed, dated, placed events of one article.

Each sentence's triggers are found, those that are negated, planned or wished are dropped, and each that is left gets
its time, place, counts and actors. Mentions of one happening within the article become one event.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from geomap.attach import Spot, date_for, place_for, precision_of, spots_of
from geomap.dates import find_dates
from geomap.figures import find_counts
from geomap.gazetteer import COUNTRY_CODES, Gazetteer
from geomap.lexicon import Hit, Lexicon, load_lexicon
from geomap.model import Actor, Article, Count, DatePrecision, Event, GeoPrecision, Place, Resolution, Role, TimeSpan
from geomap.text import Parsed, parse

_SPEECH = frozenset({"statement", "accusation"})
_REMOTE = _SPEECH | {"phone_call"}
_PLACE_BOUND = frozenset({"violence", "humanitarian", "posture", "civil", "disaster", "other"})
# Of two types in one clause the first listed here stays; the other is how the same happening is told.
_RANK = {t: i for i, t in enumerate(
    ("ceasefire_violation", "mass_grave", "prisoner_release", "explosion", "shelling", "disaster", "protest", "territory_change", "ceasefire", "armed_clash",
     "phone_call", "talks", "meeting", "agreement", "commemoration", "displacement", "troop_movement", "detention", "attack", "visit", "accusation", "statement", "other"))}
_NOT = frozenset("no not never without nobody none neither nor denied deny denies cannot didn't wasn't isn't".split())
_MAYBE = frozenset(
    "would could should may might must will shall can if unless whether possible possibly potential potentially alleged threat threats threatened threatens threatening risk risks fear fears fearing feared prevent preventing "
    "prevents avoid avoiding avert averting refrain stop stopping hope hopes hoped toward towards against future planned plans plan planning demand demanded demands likely unlikely "
    "aim aims aimed need needs seek seeks seeking want wants wanted ready willing able order propose proposed proposes proposal proposals call calls called calling urge urged urges".split())
_CLAIM = frozenset("accuse accused accuses accusing allege alleged alleges claim claimed claims claiming said saying says tweeted according".split())
_DEFINITELY_CLAIM = frozenset("accuse accused accuses accusing allege alleged alleges claim claimed claims claiming".split())
_ANOTHER = frozenset("another second third separate fresh further new".split())
_BORDER = re.compile(r"\bborder(?:s|lands?)?\b|\bfrontier\b|\bline of contact\b|\bline of control\b", re.IGNORECASE)
_HISTORY = 45  # days before publication from which an event is background
_KEEP_WITH = {"statement": 1, "accusation": 1}


@dataclass(frozen=True, slots=True)
class Scene:
    """What the stages found in one article, by token."""

    article: Article
    parsed: Parsed
    spots: list[Spot]
    times: list[TimeSpan]
    gazetteer: Gazetteer
    parties: tuple[str, ...]  # country codes, most named first


def find_events(article: Article, resolutions: Sequence[Resolution], gazetteer: Gazetteer, lexicon: Lexicon | None = None) -> list[Event]:
    """Events of an article in order of their sentences. Ids are unique over a run: the article's id and a number."""
    lexicon = lexicon or load_lexicon()
    parsed = parse(article.text)
    spots = spots_of(parsed, resolutions)
    times = find_dates(article.text, article.published)
    scene = Scene(article, parsed, spots, times, gazetteer, _parties(spots))
    drafts: list[Event] = []
    for sentence in parsed.sentences:
        hits = [h for h in lexicon.find(parsed.folded, *sentence) if _happens(scene, h, sentence)]
        for hit in choose(scene, hits, sentence, lexicon):
            drafts += describe(scene, hit, sentence, lexicon, drafts)
    merged = fold_mentions(drafts)
    return [replace(event, id=f"{article.id}#{n}") for n, event in enumerate(merged, 1)]


def _parties(spots: Iterable[Spot]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for spot in spots:
        place = spot.place
        if place.country_code and (place.feature_code in COUNTRY_CODES or place.feature_code == "PPLC"):
            seen[place.country_code] = seen.get(place.country_code, 0) + 1
    return tuple(sorted(seen, key=lambda code: (-seen[code], code)))


def _happens(scene: Scene, hit: Hit, sentence: tuple[int, int]) -> bool:
    """Whether a trigger tells of something that happened: not negated, wished, planned or supposed."""
    words = scene.parsed.folded
    before = words[max(sentence[0], hit.first - 5) : hit.first]
    if hit.trigger.type not in _REMOTE:
        if before and before[-1] in ("to", "not", "never", "no") or any(w in _NOT for w in before[-3:]):
            return False
        if any(w in _MAYBE for w in before) and not any(m in (",", ";", "”", "\"") for m in before):
            return False
        if hit.trigger.type != "agreement" and "to" in before[-2:-1] and words[hit.first - 1].isalpha() and before[-1] in ("begin", "hold", "have", "meet", "start", "resume", "exchange", "release", "withdraw"):
            return False
    elif any(w in _NOT for w in before[-2:]):
        return False
    inside = [s for s in scene.spots if sentence[0] <= s.first < sentence[1]]
    if hit.trigger.needs == "place":
        return any(s.resolution.toponym.role is Role.LITERAL or s.first >= hit.last for s in inside)
    if hit.trigger.needs == "actor":
        return _has_speaker(scene, hit, sentence)
    return True


def _has_speaker(scene: Scene, hit: Hit, sentence: tuple[int, int]) -> bool:
    """Somebody named or an office stands before the trigger: a statement by no one is no event."""
    tokens = scene.parsed.tokens[sentence[0] : hit.first]
    return any(t.text[0].isupper() for t in tokens[1:]) or bool(tokens) and tokens[0].text[0].isupper() and len(tokens) < 4


def choose(scene: Scene, hits: list[Hit], sentence: tuple[int, int], lexicon: Lexicon) -> list[Hit]:
    """One trigger for each happening of a sentence: the longest of overlapping ones, one a clause and group."""
    strong = {lexicon.types[h.trigger.type].group for h in hits if h.trigger.strength == "strong"}
    if strong & {"violence", "disaster", "civil"} or any(h.trigger.type in ("explosion", "disaster", "protest") for h in hits):
        hits = [h for h in hits if h.trigger.strength != "weak"]
    hits.sort(key=lambda h: (-(h.last - h.first), _RANK[h.trigger.type], h.first))
    kept: list[Hit] = []
    for hit in hits:
        group = lexicon.types[hit.trigger.type].group
        if any(k.first < hit.last and hit.first < k.last for k in kept):
            continue
        rivals = [k for k in kept if lexicon.types[k.trigger.type].group == group or (k.trigger.type in _SPEECH and hit.trigger.type in _SPEECH)]
        if any(k.trigger.type == hit.trigger.type or _one_clause(scene, k, hit) for k in rivals):
            continue
        kept.append(hit)
    return sorted(kept, key=lambda h: h.first)


def _one_clause(scene: Scene, a: Hit, b: Hit) -> bool:
    first, last = (a, b) if a.first < b.first else (b, a)
    between = scene.parsed.folded[first.last : last.first]
    return not any(w in ("after", "before", "following", "followed", "when", "while", "and", ",", ";", "since", "that", "which") for w in between)


def describe(scene: Scene, hit: Hit, sentence: tuple[int, int], lexicon: Lexicon, before: list[Event]) -> list[Event]:
    """The event of a trigger; one for each date where the sentence gives several ("two wars, in 2020 and in 1991")."""
    parsed, article, kind = scene.parsed, scene.article, hit.trigger.type
    begin, end = parsed.tokens[sentence[0]].start, parsed.tokens[sentence[1] - 1].end
    times = [t for t in scene.times if t.start >= begin and t.end <= end]
    time = date_for(parsed, article.text, (hit.first, hit.last), sentence, scene.times)
    several = [t for t in times if t.precision in ("year", "decade") and t.date_start] if re.search(r"\b(?:two|three|both|several) (?:\w+ )?(?:wars|battles|conflicts)\b", article.text[begin:end]) else []
    counts = find_counts(article.text, begin, end, [(t.start, t.end) for t in scene.times])
    counts = [c for c in counts if _counts_for(kind, c.kind)]
    events = []
    for when in several or [time]:
        start, finish, precision, dated = _dated(scene, when, kind, begin, before)
        background = _is_background(article.published, finish, precision)
        place, lat, lon, geo, basis = _placed(scene, hit, sentence, lexicon, before, background)
        label = lexicon.types[kind].label
        events.append(Event(
            id="", article_id=article.id, event_type=kind, start=begin, end=end, sentence=article.text[begin:end],
            trigger=article.text[parsed.tokens[hit.first].start : parsed.tokens[hit.last - 1].end],
            trigger_start=parsed.tokens[hit.first].start, trigger_end=parsed.tokens[hit.last - 1].end,
            date_start=start, date_end=finish, date_precision=precision, place=place,
            place_name=place.name if place else "", lat=lat, lon=lon, geo_precision=geo, place_basis=basis,
            reality=_reality(scene, hit, sentence), salience="background" if background else "current",
            counts=tuple(counts), actors=_actors(scene, sentence), acled=hit.trigger.acled, score=_score(place, start, hit),
            why=(f"{label}: \"{' '.join('|'.join(w) for w in hit.trigger.words)}\"", f"date: {dated}", f"place: {basis or 'none'}"),
        ))
    return events


_COUNTED = {
    "prisoner_release": {"released"}, "detention": {"detained", "captured"}, "displacement": {"displaced"},
    "talks": set(), "meeting": set(), "phone_call": set(), "visit": set(), "statement": set(), "accusation": {"missing"}, "agreement": set(),
    "ceasefire": set(), "ceasefire_violation": {"killed", "wounded"}, "commemoration": set(), "troop_movement": set(),
}


def _counts_for(kind: str, count: str) -> bool:
    return count in _COUNTED.get(kind, {"killed", "wounded", "missing", "killed_or_missing", "displaced", "captured", "detained"})


def _dated(scene: Scene, time: TimeSpan | None, kind: str, begin: int, before: list[Event]) -> tuple[str | None, str | None, DatePrecision, str]:
    """The interval, its precision and where it came from: stated, carried from a sentence before, or the publication."""
    if time and time.date_start:
        return time.date_start, time.date_end, time.precision, f'stated "{time.text}"'
    if time and time.precision == DatePrecision.UNKNOWN and scene.article.published is None:
        return None, None, DatePrecision.UNKNOWN, f'"{time.text}" needs a publication date'
    same = [e for e in before if e.event_type == kind and e.date_start]
    if same and begin - same[-1].end < 1500 and kind not in _SPEECH:
        last = same[-1]
        return last.date_start, last.date_end, last.date_precision, "carried from an earlier mention"
    if kind in _SPEECH or not before:
        day = scene.article.published
        return (day, day, DatePrecision.DAY, "the publication date") if day else (None, None, DatePrecision.UNKNOWN, "none")
    near = [e for e in before if e.date_start and begin - e.end < 400]
    if near:
        return near[-1].date_start, near[-1].date_end, near[-1].date_precision, "carried from the sentence before"
    day = scene.article.published
    return (day, day, DatePrecision.DAY, "the publication date") if day else (None, None, DatePrecision.UNKNOWN, "none")


def _is_background(published: str | None, finish: str | None, precision: DatePrecision) -> bool:
    if precision in (DatePrecision.DECADE,):
        return True
    if not finish:
        return False
    if published is None:
        return precision in (DatePrecision.YEAR, DatePrecision.SEASON)
    return (date.fromisoformat(published[:10]) - date.fromisoformat(finish)).days > _HISTORY


Placed = tuple[Place | None, float | None, float | None, GeoPrecision | None, str]
_NOWHERE: Placed = (None, None, None, None, "")


def _placed(scene: Scene, hit: Hit, sentence: tuple[int, int], lexicon: Lexicon, before: list[Event], background: bool) -> Placed:
    """Where it happened: stated in the sentence, a border between the parties, or carried in context; else nowhere."""
    kind = hit.trigger.type
    group = lexicon.types[kind].group
    if kind in _REMOTE:
        return _NOWHERE
    inside = [s for s in scene.spots if sentence[0] <= s.first < sentence[1]]
    begin, end = scene.parsed.tokens[sentence[0]].start, scene.parsed.tokens[sentence[1] - 1].end
    bound = group in _PLACE_BOUND
    found = place_for(scene.parsed, (hit.first, hit.last), inside, place_bound=bound)
    if found and not (group == "violence" and _BORDER.search(scene.article.text, begin, end) and found[0].place.feature_code in COUNTRY_CODES):
        place = found[0].place
        return place, place.lat, place.lon, precision_of(place), "stated"
    fights = group == "violence" or kind in ("ceasefire", "ceasefire_violation")
    if fights and len(scene.parties) > 1 and not background:
        border = scene.gazetteer.border(*scene.parties[:2])
        if border and _BORDER.search(scene.article.text):
            basis = "stated" if _BORDER.search(scene.article.text, begin, end) else "inferred"
            return border, border.lat, border.lon, GeoPrecision.AREA, basis
    if fights or group in ("disaster", "civil", "humanitarian"):
        near = [e for e in before if e.place and begin - e.end < 600 and (e.salience == "background") == background and e.event_type not in ("talks", "meeting", "visit")]
        if near and near[-1].place:
            place = near[-1].place
            return place, place.lat, place.lon, precision_of(place), "context"
        literal = [s for s in scene.spots if s.last <= sentence[0] and s.resolution.toponym.role is Role.LITERAL and begin - s.resolution.toponym.end < 500 and precision_of(s.place) <= GeoPrecision.AREA]
        if literal and (fights and background or group in ("disaster", "civil")):
            place = literal[-1].place
            return place, place.lat, place.lon, precision_of(place), "context"
    return _NOWHERE


def _reality(scene: Scene, hit: Hit, sentence: tuple[int, int]) -> str:
    """Claimed when a party accuses, alleges or says it; the speech act itself is asserted."""
    if hit.trigger.type in _SPEECH:
        return "asserted"
    words = scene.parsed.folded[sentence[0] : sentence[1]]
    lead = scene.parsed.folded[sentence[0] : hit.first]
    if any(w in _DEFINITELY_CLAIM for w in lead):
        return "claimed"
    speaker = any(s.resolution.toponym.role is Role.ASSOCIATIVE for s in scene.spots if sentence[0] <= s.first < sentence[1])
    quoted = scene.article.text[scene.parsed.tokens[sentence[0]].start] in "\"“"
    fighting = hit.trigger.type in ("armed_clash", "shelling", "explosion", "attack", "ceasefire_violation", "mass_grave", "detention", "territory_change")
    return "claimed" if fighting and speaker and any(w in _CLAIM for w in (words if quoted else lead)) else "asserted"


def _actors(scene: Scene, sentence: tuple[int, int]) -> tuple[Actor, ...]:
    """States that act in the sentence, as their names, demonyms and capitals tell."""
    actors = {}
    for spot in scene.spots:
        if sentence[0] <= spot.first < sentence[1] and spot.resolution.toponym.role is Role.ASSOCIATIVE:
            country = scene.gazetteer.country(spot.place.country_code)
            if country and (spot.place.feature_code in COUNTRY_CODES or spot.place.feature_code == "PPLC"):
                actors[country.country_code] = Actor(country.name, "state", country.country_code)
    return tuple(actors[code] for code in sorted(actors))


def _score(place: Place | None, start: str | None, hit: Hit) -> float:
    return round(0.5 + 0.2 * bool(place) + 0.15 * bool(start) + 0.1 * (hit.trigger.strength == "strong") + 0.05 * (hit.last - hit.first > 1), 2)


def fold_mentions(drafts: list[Event]) -> list[Event]:
    """Several mentions of one happening in an article become one event, the best told one, in order."""
    kept: list[Event] = []
    for draft in drafts:
        twin = next((i for i, e in enumerate(kept) if _same(e, draft)), None)
        if twin is None:
            kept.append(draft)
        else:
            kept[twin] = _joined(kept[twin], draft)
    return kept


def _same(a: Event, b: Event) -> bool:
    if a.event_type != b.event_type or any(w in _ANOTHER for w in re.findall(r"\w+", b.sentence[max(0, b.trigger_start - b.start - 12) : b.trigger_start - b.start].lower())):
        return False
    if a.event_type in _SPEECH:
        return a.sentence == b.sentence
    if a.date_start and b.date_start and a.date_end and b.date_end and (a.date_start > b.date_end or b.date_start > a.date_end):
        return False
    if a.place and b.place and a.place.id != b.place.id:
        return precision_of(a.place) >= GeoPrecision.ADMIN1 or precision_of(b.place) >= GeoPrecision.ADMIN1
    return True


def _width(event: Event) -> int:
    if not event.date_start or not event.date_end:
        return 99_999
    return (date.fromisoformat(event.date_end) - date.fromisoformat(event.date_start)).days


def _joined(a: Event, b: Event) -> Event:
    """The better told mention, with the narrower date, the finer place and the counts of both."""
    best, other = (a, b) if (a.place is not None, bool(a.counts), -a.start) >= (b.place is not None, bool(b.counts), -b.start) else (b, a)
    counts: dict[tuple[str, int | None, int | None], Count] = {(c.kind, c.low, c.high): c for c in (*a.counts, *b.counts)}
    dated = min((a, b), key=_width)
    return replace(best, date_start=dated.date_start, date_end=dated.date_end, date_precision=dated.date_precision, counts=tuple(counts.values()), actors=tuple(sorted({*a.actors, *b.actors}, key=lambda x: x.country_code)))
