"""When a happening was: which time expression of its sentence belongs to it, else what the text before or the publication says."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from geomap.attach import SAID, TURN, barrier, head_of, is_hour
from geomap.dates import amount, moved
from geomap.lexicon import Hit, Lexicon
from geomap.mentions import SPEECH
from geomap.model import DatePrecision, Event, TimeSpan
from geomap.scene import Scene
from geomap.text import Parsed

_HISTORY = 45  # days before publication from which an event is background
_RECENT = 10  # days before publication to which an undated sentence may belong
_WAR = frozenset({"violence", "peace", "humanitarian", "posture"})
_RETELLING = frozenset("recent previous earlier past latest last former".split())
_EARLIER = frozenset(["after", "following", "followed", "since"])
_FIRST = frozenset("worst first most least only".split())
_NAMING = 0.9  # of the 1.2 that a comma parts
_APART = re.compile(r"^\W*(?:just |only |barely |about )?(?P<n>an?|one|two|three|four|five|six|\d{1,2}) (?P<unit>day|week|month|year)s? after\b")


_COUNTED_FROM = re.compile(r"\b(?P<n>an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}) (?P<unit>day|week|month|year)s? after\b(?=[^.;,]{0,60}$)")


def _counted_back(day: str, apart: re.Match[str]) -> tuple[str, str, DatePrecision] | None:
    """The interval that lies "two weeks" before a day; None out of the calendar."""
    found = moved(date.fromisoformat(day), -amount(apart["n"]), apart["unit"])
    return (found[0].isoformat(), found[1].isoformat(), found[2]) if found and found[0] and found[1] else None


def date_for(parsed: Parsed, text: str, trigger: tuple[int, int], sentence: tuple[int, int], spans: Sequence[TimeSpan], *, speech: bool) -> TimeSpan | None:
    """The time expression of the sentence that belongs to the trigger.

    "Armenia said on Monday that 207 were killed": the day is that of the saying, unless `speech` is what is dated.
    """
    trigger = head_of(parsed, trigger)
    begin, end = parsed.tokens[sentence[0]].start, parsed.tokens[sentence[1] - 1].end
    index = {t.start: i for i, t in enumerate(parsed.tokens[sentence[0] : sentence[1]], sentence[0])}
    best: tuple[float, TimeSpan] | None = None
    for span in spans:
        if span.start < begin or span.end > end:
            continue
        at = next((index[s] for s in range(span.start, span.end) if s in index), None)
        if at is None:
            continue
        first, last = trigger
        if parsed.folded[at - 1] == "since" and any(w.endswith("est") or w in _FIRST for w in parsed.folded[max(sentence[0], at - 12) : at - 1]):
            continue  # "the deadliest fighting since 2020" is not of 2020
        distance = at - last if at >= last else first - at
        # "has raged since April 15": the word belongs to the date and parts nothing.
        near = at - 1 if at > last and parsed.folded[at - 1] == "since" else at
        parted = barrier(parsed, last if at >= last else at + 1, near if at >= last else first)
        # "signed in Pretoria, South Africa, on Nov. 2": commas around a name part little.
        if at >= last and not any(w in TURN for w in parsed.folded[last:near]):
            parted -= _NAMING * sum(t.text == "," for t in parsed.tokens[last:near])
        # A date that opens the sentence governs all of it; "Monday, just hours after a shootout" is the shootout's day too.
        # So does the day that ends a sentence of what somebody said.
        opens = at - sentence[0] <= 2 or (at - sentence[0] <= 7 and text[span.end : span.end + 1] == "," and at < first)
        if opens or (speech and span.precision == "day" and span.end >= end - 2):
            parted, distance = parted * 0.4, min(distance, 12)
        between = text[min(span.end, parsed.tokens[first].start) : max(span.start, parsed.tokens[first].start)].lower()
        if re.search(r"\bhours (?:after|before)\b", between):
            parted = 0.5
        # "said on Wednesday, a day after protesters stormed parliament": what follows was that much earlier.
        apart = _APART.search(between) if at < first and span.precision == "day" and span.date_start else None
        if apart:
            parted, back = 0.5, _counted_back(span.date_start or "", apart)
            span = replace(span, date_start=back[0], date_end=back[1], precision=back[2]) if back else span
        if at < first and re.match(r",?\s*when\b", text[span.end : span.end + 8]):
            parted = 0.0  # "since 1991, when the army occupied …"
        if not speech and not apart and any(w in SAID for w in parsed.folded[min(at, last) : max(at, first)]):
            parted += 2.5
        score = -0.05 * distance - parted + (0.3 if span.date_start else -0.5)
        if best is None or score > best[0]:
            best = (score, span)
    return best[1] if best and best[0] > -2.4 else None


COMMEMORATED = (None, None, DatePrecision.UNKNOWN, "commemorated, without a date of its own")


def date_of(scene: Scene, time: TimeSpan | None, kind: str, hit: Hit, sentence: tuple[int, int], before: list[Event], lexicon: Lexicon) -> tuple[str | None, str | None, DatePrecision, str]:
    """The interval, its precision and where it came from: stated, carried from a sentence before, or the publication."""
    if time and time.date_start:
        return time.date_start, time.date_end, time.precision, f'stated "{time.text}"'
    if time and time.precision == DatePrecision.UNKNOWN and scene.article.published is None:
        return None, None, DatePrecision.UNKNOWN, f'"{time.text}" needs a publication date'
    begin = scene.parsed.tokens[sentence[0]].start
    # "… met on Monday after recent clashes": the clashes have a day of their own, told elsewhere if at all.
    lead = scene.parsed.folded[sentence[0] : hit.first]
    # "The attack came 10 days after a gunman killed 10 in Buffalo": counted from what was told.
    apart = _COUNTED_FROM.search(scene.article.text, begin, scene.parsed.tokens[hit.first].start)
    told = [e for e in before if e.date_start and e.date_precision == DatePrecision.DAY and e.salience == "current" and _one_history(lexicon, e.event_type, kind)]
    if apart and told and kind not in SPEECH:
        back = _counted_back(told[-1].date_start or "", apart)
        if back:
            return *back, f'stated "{apart[0].strip()}"'
    if kind not in SPEECH and (any(w in _RETELLING for w in lead[-4:]) or any(w in _EARLIER and not is_hour(scene.parsed, i + 1) for i, w in enumerate(lead[-8:], hit.first - len(lead[-8:])))):
        return None, None, DatePrecision.UNKNOWN, "told as earlier, without a date"
    fights = kind in ("armed_clash", "shelling", "explosion", "attack")
    if fights and any(e.event_type == kind and not e.date_start for e in before):
        return None, None, DatePrecision.UNKNOWN, "as an earlier mention"
    same = [e for e in before if e.event_type == kind and e.date_start]
    if same and begin - same[-1].end < 1500 and kind not in SPEECH:
        last = same[-1]
        return last.date_start, last.date_end, last.date_precision, "carried from an earlier mention"
    recent = [t for t in scene.times_in(begin - 500, begin) if t.precision == DatePrecision.DAY and t.date_start and 0 <= begin - t.end < 450]
    if kind in SPEECH and recent and scene.article.published and 0 <= _days_before(scene.article.published, recent[-1].date_start or "") <= 3:
        return recent[-1].date_start, recent[-1].date_end, DatePrecision.DAY, f'carried "{recent[-1].text}"'
    # After a look back ("In 2022 a missile hit …") talks and what is of another kind are of today again.
    near = [e for e in before if kind not in SPEECH and e.date_start and begin - e.end < 400 and (_lately(scene.article.published, e) or _one_history(lexicon, e.event_type, kind))]
    if near:
        return near[-1].date_start, near[-1].date_end, near[-1].date_precision, "carried from the sentence before"
    day = scene.article.published
    return (day, day, DatePrecision.DAY, "the publication date") if day else (None, None, DatePrecision.UNKNOWN, "none")


def _lately(published: str | None, event: Event) -> bool:
    """Whether an event is of the days before publication, which the sentences after it may be of, too."""
    if not published or not event.date_end:
        return event.salience == "current"
    return _days_before(published, event.date_end) <= _RECENT


def _days_before(published: str, day: str) -> int:
    return (date.fromisoformat(published[:10]) - date.fromisoformat(day)).days


def _one_history(lexicon: Lexicon, a: str, b: str) -> bool:
    """Whether two types are told in one look back: a war with its truce and its refugees, or of one group."""
    groups = {lexicon.types[t].group for t in (a, b)}
    return groups <= _WAR or len(groups) == 1


def is_background(published: str | None, finish: str | None, precision: DatePrecision) -> bool:
    if precision in (DatePrecision.DECADE,):
        return True
    if not finish:
        return False
    if published is None:
        return precision in (DatePrecision.YEAR, DatePrecision.SEASON)
    return _days_before(published, finish) > _HISTORY
