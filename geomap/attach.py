"""Attach time and place to a trigger, by clause and not by nearness alone.

"The Geneva talks followed an EU-mediated meeting on Aug. 31 in Brussels": the words between a trigger and a name or
date decide whether it belongs to it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from geomap.gazetteer import AREA_CODES, COUNTRY_CODES
from geomap.model import GeoPrecision, Place, Resolution, Role, TimeSpan
from geomap.text import Parsed

# Words that begin another happening: what stands on the other side belongs there.
_TURN = frozenset("after before following followed follows when while as since until despite because whereas although amid hours days weeks shortly".split())
_CLAUSE = frozenset(", ; : – — ( ) “ ” \"".split()) | {"and", "but", "which", "who", "where", "that"}
_AT = frozenset("in at near from around outside inside across throughout along off towards toward to into over on against between of".split())
_STRONG_AT = frozenset("in at near outside inside around across along off over".split())
# Words that make a literal place a mere qualifier of somebody: "a resident of Baku", "the government of Armenia".
_POSSESSED = frozenset("government president minister ministry leader leaders ambassador army republic republics part people capital king resident residents native citizen citizens embassy state states embassies support supported".split())


@dataclass(frozen=True, slots=True)
class Spot:
    """A resolved toponym over tokens [first, last)."""

    resolution: Resolution
    first: int
    last: int

    @property
    def place(self) -> Place:
        assert self.resolution.place is not None
        return self.resolution.place


def spots_of(parsed: Parsed, resolutions: Sequence[Resolution]) -> list[Spot]:
    """Resolved toponyms by token position."""
    at = {t.start: i for i, t in enumerate(parsed.tokens)}
    spots = []
    for resolution in resolutions:
        first = at.get(resolution.toponym.start)
        if resolution.place is None or first is None:
            continue
        last = first
        while last < len(parsed.tokens) and parsed.tokens[last].start < resolution.toponym.end:
            last += 1
        spots.append(Spot(resolution, first, last))
    return spots


def barrier(parsed: Parsed, a: int, b: int) -> float:
    """How strongly the words between two token positions part them."""
    between = parsed.folded[min(a, b) : max(a, b)]
    marks = [t.text for t in parsed.tokens[min(a, b) : max(a, b)]]
    turns = sum(w in _TURN for w in between)
    clauses = sum(w in _CLAUSE for w in between) + sum(m in _CLAUSE for m in marks)
    return 2.5 * turns + 0.5 * clauses


def place_for(parsed: Parsed, trigger: tuple[int, int], spots: Sequence[Spot], *, place_bound: bool) -> tuple[Spot, float] | None:
    """The spot in the trigger's sentence where the event happened, with its score; None when none can be defended.

    `place_bound`: the event happens somewhere even when only a country is named (clashes, floods), unlike talks,
    where a country is mostly a party.
    """
    first, last = trigger
    best: tuple[float, int, Spot] | None = None
    for spot in spots:
        place, before = spot.place, parsed.folded[spot.first - 1] if spot.first else ""
        literal = spot.resolution.toponym.role is Role.LITERAL
        country = place.feature_code in COUNTRY_CODES
        beside = spot.last == first or (spot.last == first - 1 and parsed.tokens[spot.last].text in "'’s-")
        earlier = parsed.folded[spot.first - 2] if spot.first > 1 else ""
        if place.feature_code in ("CONT",) or place.id == "geomap:european-union":
            continue
        if before in ("of", "s") and earlier in _POSSESSED:
            continue
        located = before in _STRONG_AT or (before == "the" and earlier in _STRONG_AT)
        if not literal and not (beside and not country and place.feature_code.startswith("PPL")) and not (located and place_bound):
            continue
        if country and not (located or (literal and before in _AT and place_bound)):
            continue
        score = 1.0 + 1.5 * located + 0.5 * (before in _AT) + 2.5 * beside - (0.8 if country else 0.0)
        distance = spot.first - last if spot.first >= last else first - spot.last
        score -= 0.06 * distance + barrier(parsed, last if spot.first >= last else spot.last, spot.first if spot.first >= last else first)
        score += 0.5 if spot.first >= last else 0.0
        if best is None or (score, -spot.first) > (best[0], -best[2].first):
            best = (score, spot.first, spot)
    if best is None or best[0] < 0.2:
        return None
    finer = [s for s in spots if s is not best[2] and _finer(s.place, best[2].place) and s.resolution.toponym.role is Role.LITERAL and abs(s.first - best[2].first) <= 6 and barrier(parsed, s.last, best[2].first) < 2]
    return (finer[0] if finer else best[2]), best[0]


def _finer(a: Place, b: Place) -> bool:
    """Whether `a` is a smaller place inside `b`."""
    if a.country_code != b.country_code or precision_of(a) >= precision_of(b):
        return False
    return precision_of(b) >= GeoPrecision.AREA or a.admin1 == b.admin1


def precision_of(place: Place) -> GeoPrecision:
    """UCDP's where_prec of a place taken as a whole."""
    code = place.feature_code
    if code in COUNTRY_CODES:
        return GeoPrecision.COUNTRY
    if code == "CONT":
        return GeoPrecision.INTERNATIONAL
    if code in AREA_CODES:
        return GeoPrecision.AREA
    return {"ADM1": GeoPrecision.ADMIN1, "ADM2": GeoPrecision.ADMIN2}.get(code, GeoPrecision.EXACT)


def date_for(parsed: Parsed, text: str, trigger: tuple[int, int], sentence: tuple[int, int], spans: Sequence[TimeSpan]) -> TimeSpan | None:
    """The time expression of the sentence that belongs to the trigger."""
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
        distance = at - last if at >= last else first - at
        parted = barrier(parsed, last if at >= last else at + 1, at if at >= last else first)
        # A date that opens the sentence governs all of it; "Monday, just hours after a shootout" is the shootout's day too.
        if at - sentence[0] <= 2:
            parted *= 0.4
        between = text[min(span.end, parsed.tokens[first].start) : max(span.start, parsed.tokens[first].start)].lower()
        if re.search(r"\bhours (?:after|before)\b", between):
            parted = 0.5
        score = -0.05 * distance - parted + (0.3 if span.date_start else -0.5)
        if best is None or score > best[0]:
            best = (score, span)
    return best[1] if best and best[0] > -3.2 else None
