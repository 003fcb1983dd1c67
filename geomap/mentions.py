"""Several mentions of one happening within an article become one event."""

import re
from dataclasses import replace
from datetime import date

from geomap.attach import covers, precision_of
from geomap.lexicon import load_lexicon
from geomap.model import Count, Event

SPEECH = frozenset({"statement", "accusation"})
MEMORY = 120  # events back that a mention may join or borrow from, which keeps long texts linear
_ANOTHER = re.compile(r"\b(?:another|(?:a|the) (?:second|third)|separate|further)\s+(?:\w+\s+)?$", re.IGNORECASE)
_EARLIER = re.compile(r"\W*(?:(?:just |only )?(?:hours|days|weeks|months|years) (?:earlier|before)|(?:in )?(?:a )?separate(?:ly)?|previously)\b", re.IGNORECASE)
_MENTION_FAMILY = {"meeting": "talks"}
_GO_ON = frozenset(["he", "she", "they", "it"])
PUBLISHED = "date: the publication date"


def fold_mentions(drafts: list[Event]) -> list[Event]:
    """Several mentions of one happening in an article become one event, the best told one, in order."""
    kept: list[Event] = []
    for draft in drafts:
        oldest = max(0, len(kept) - MEMORY)
        twin = next((i for i in range(oldest, len(kept)) if _same(kept[i], draft)), None)
        if twin is None:
            kept.append(draft)
        else:
            kept[twin] = _joined(kept[twin], draft)
    return kept


def _same(a: Event, b: Event) -> bool:
    if _MENTION_FAMILY.get(a.event_type, a.event_type) != _MENTION_FAMILY.get(b.event_type, b.event_type) or told_apart(a, b):
        return False
    if a.event_type in SPEECH:
        return a.date_start == b.date_start and (a.sentence == b.sentence or _one_speaker(a, b))
    if PUBLISHED in (a.why[1], b.why[1]) and a.salience == b.salience and width_of(a) <= 7 >= width_of(b):
        pass  # the publication day stands for "lately"
    elif a.date_start and b.date_start and a.date_end and b.date_end and (a.date_start > b.date_end or b.date_start > a.date_end):
        return False
    if a.place and b.place and a.place.id != b.place.id:
        return covers(a.place, b.place) or covers(b.place, a.place)
    return True


def told_apart(a: Event, b: Event) -> bool:
    """Whether the later of two mentions in an article is called another one: "a second quake", "Days earlier, gunmen …"."""
    later = max(a, b, key=lambda e: e.trigger_start)
    if a.sentence != b.sentence and _EARLIER.match(later.sentence):
        return True
    return bool(_ANOTHER.search(later.sentence[: later.trigger_start - later.start])) and "anniversary" not in later.trigger


def _one_speaker(a: Event, b: Event) -> bool:
    """Whether the second of two speech acts goes on with the first: by pronoun, or by a name before both verbs."""
    first, second = (a, b) if a.start <= b.start else (b, a)
    words = re.findall(r"\w+", second.sentence)
    if words and words[0].lower() in _GO_ON and second.start - first.end < 200:
        return True
    leads = [set(re.findall(r"\b[A-Z][a-z]{3,}\b", e.sentence[: e.trigger_start - e.start])) for e in (a, b)]
    return bool(leads[0] & leads[1])


def width_of(event: Event) -> int:
    """Days that an event's interval spans; very many when it has none."""
    if not event.date_start or not event.date_end:
        return 99_999
    return (date.fromisoformat(event.date_end) - date.fromisoformat(event.date_start)).days


def _joined(a: Event, b: Event) -> Event:
    """The better told mention, with the narrower date, the finer place and the counts of both."""
    # In one sentence the plainer trigger tells it ("earthquake", not "killing"); else the finer place, then the counts.
    best = min((a, b), key=lambda e: (precision_of(e.place) if e.place else 9, *((-e.score, 0) if a.start == b.start else (not e.counts, e.start))))
    counts: dict[tuple[str, int | None, int | None], Count] = {(c.kind, c.low, c.high): c for c in (*a.counts, *b.counts)}
    dated = min((a, b), key=lambda e: (e.why[1] == PUBLISHED and e.date_start is not None, width_of(e)))
    kind = "talks" if "talks" in (a.event_type, b.event_type) else best.event_type
    why = (best.why[0], dated.why[1], *best.why[2:])
    types = load_lexicon().types
    finer = next((e.acled for e in (best, a, b) if e.acled and e.acled != types[e.event_type].acled), best.acled)
    return replace(best, event_type=kind, acled=finer, why=why, date_start=dated.date_start, date_end=dated.date_end, date_precision=dated.date_precision, counts=tuple(counts.values()), actors=tuple(sorted({*a.actors, *b.actors}, key=lambda x: (x.country_code, x.role, x.name))))
