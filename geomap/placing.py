"""Where a happening took place: which place name of its sentence a trigger belongs to.

Fights, floods and marches are placed by a maximum-entropy model over pairs of trigger and name (the words between,
the preposition, what stands nearer), trained by `benchmarks/train_placing.py` on half of Halterman's sentences (2019).
Talks and visits, where a country is mostly a party, are placed by the rules of `attach`.
"""

import re
from collections.abc import Sequence
from functools import cache, partial
from itertools import combinations
from typing import Any

from geomap.attach import AT, KIND_OF_PLACE, SAID, TURN, Spot, anchor_of, before_noun, finer, head_of, nearness, place_by_rule, precision_of
from geomap.gazetteer import AREA_CODES, COUNTRY_CODES
from geomap.lexicon import Hit, Lexicon
from geomap.mentions import SPEECH
from geomap.model import Event, GeoPrecision, Place, Role
from geomap.resources import open_model
from geomap.scene import Scene, reach_of
from geomap.senses import class_of
from geomap.text import Parsed

_LINES = r"\b(?:border(?:s|lands?)?|frontier|line of contact|line of control)\b"
_BORDER = re.compile(_LINES, re.IGNORECASE)
# "in the town", "there": the last town named.
_THERE = re.compile(r"\b(?:in|at|near|outside|across|through|into|around|from|to|of) (?:the|this|that) (?:same )?(?:city|town|village|settlement|port)\b(?! of)|\bthere\b(?! (?:is|are|was|were|has|have|had|will|would|may|might|could|can|should|appears?|seems?)\b)", re.IGNORECASE)
# A border that people fight on, not one that they cross, close or guard.
_FRONT = re.compile(r"(?<!\bits )(?<!cross the )(?<!crossed the )(?<!crossing the )(?<!across the )" + _LINES + r"(?!\s+(?:crossings?|guards?|police|patrols?|agents?|officials?|town|village|city|posts?|controls?|security|with))", re.IGNORECASE)
REMOTE = SPEECH | {"phone_call"}  # what happens nowhere
_PLACE_BOUND = frozenset({"violence", "humanitarian", "posture", "civil", "disaster", "other"})
_SHARED_PLACE = 0.8  # how much nearer another trigger must be to have a place to itself
_TRUCES = frozenset({"ceasefire", "ceasefire_violation"})
_SURE = 0.7  # score of the recogniser from which an unknown name is a place whatever stands before it
THRESHOLD = 0.4  # below it no place is given; at it three in four are right (benchmarks/events.py)
_DISTANCES = (0, 1, 2, 4, 6, 9, 13, 20)
_TELLING = TURN | AT | frozenset("who which that where by said and but".split())
_OFFICES = frozenset("governor mayor prosecutor prosecutors police authorities official officials administration spokesman spokeswoman sheriff coroner council court".split())
_PRONE = frozenset({"geomap:european-union"})  # unions of states, which act and are no place


def place_for(parsed: Parsed, trigger: tuple[int, int], spots: Sequence[Spot], *, diplomacy: bool, place_bound: bool = True) -> tuple[Spot, float] | None:
    """The spot in the trigger's sentence where the event happened, with its score; None when none can be defended.

    `diplomacy`: talks, visits, statements, of which the model has seen none. `place_bound`: see `place_by_rule`.
    """
    spots = [s for s in spots if s.code != "CONT" and not (s.place and s.place.id in _PRONE)]
    if diplomacy:
        return place_by_rule(parsed, trigger, spots, place_bound=place_bound)
    trigger = head_of(parsed, trigger)
    spots = [s for s in spots if not _acts(parsed, trigger, s) and not _speaks(parsed, s)]
    best = max(((_probability(pair_features(parsed, trigger, spot, spots)), -i, spot) for i, spot in enumerate(spots)), default=None)
    if best is None or best[0] < THRESHOLD:
        return None
    spot = best[2]
    inner = finer(parsed, spot, spots)
    return inner or spot, best[0]


def _acts(parsed: Parsed, trigger: tuple[int, int], spot: Spot) -> bool:
    """Whether a name is a state that does something rather than a place: "Baku liberated several cities"."""
    state = spot.code in COUNTRY_CODES or spot.code == "PPLC"
    return state and spot.resolution.toponym.role is Role.ASSOCIATIVE and anchor_of(parsed, spot, trigger, place_bound=True) < 1


def _speaks(parsed: Parsed, spot: Spot) -> bool:
    """Whether a name only says whose office tells of it: "61 were wounded, Donetsk regional governor Pavlo Kyrylenko said"."""
    after = parsed.folded[spot.last : spot.last + 9]
    office = next((i for i, w in enumerate(after[:3]) if w in _OFFICES), None)
    return office is not None and any(w in SAID for w in after[office + 1 :]) and parsed.folded[spot.first - 1] not in AT


def pair_features(parsed: Parsed, trigger: tuple[int, int], spot: Spot, spots: Sequence[Spot]) -> list[str]:
    """Features of one name beside one trigger, `spots` being all names of the sentence."""
    first, last = trigger
    words, tokens = parsed.folded, parsed.tokens
    after = spot.first >= last
    side = ">" if after else "<"
    low, high = (last, spot.first) if after else (spot.last, first)
    between = words[low:high]
    others = [s for s in spots if s is not spot]
    tie = anchor_of(parsed, spot, trigger, place_bound=True)
    near = nearness(parsed, trigger, spot.first, spot.last)
    rank = min(sum(nearness(parsed, trigger, s.first, s.last) < near for s in others), 4)
    better = min(sum(anchor_of(parsed, s, trigger, place_bound=True) > tie for s in others), 3)
    closer = min(sum((s.first >= last) == after and abs(s.first - first) < abs(spot.first - first) for s in others), 3)
    at = _preposition(parsed, spot)
    prep = _told_by(words[at], words[at] in words[first:last]) if at >= 0 else "^"
    above = words[at - 1] if at > 0 else "^"
    following = words[spot.last] if spot.last < len(words) else "^"
    code = "C" if spot.code in COUNTRY_CODES else "1" if spot.code == "ADM1" else "A" if spot.code in AREA_CODES else "?" if spot.place is None else "P"
    role = "l" if spot.resolution.toponym.role is Role.LITERAL else "a"
    distance = sum(len(between) > d for d in _DISTANCES)
    marks = min(sum(not tokens[i].text[0].isalnum() for i in range(low, high)), 4)
    verbs = min(sum(class_of(w)[0] == "v" for w in between), 3)
    turns = min(sum(w in TURN for w in between), 2)
    said = any(w in SAID for w in between)
    inside = code == "C" and any(spot.first - 6 <= s.first <= spot.last + 4 and s.code not in COUNTRY_CODES for s in others)
    return [
        "b", f"tie={tie}", f"tie={tie}|{side}", f"d={distance}{side}", f"p={prep}", f"p={prep}|{side}", f"p={prep}|{code}", f"code={code}|{role}", f"role={role}|p={prep}",
        f"n={following}", f"nc={class_of(following)}|{role}", f"v={verbs}{side}", f"c={marks}{side}", f"t={turns}{side}", f"said={said:d}{side}",
        f"closer={closer}{side}", f"rank={rank}", f"rank={rank}|tie={tie}", f"better={better}|tie={tie}", f"o={spot.first <= 3:d}{side}|p={prep}", f"others={min(len(others), 4)}",
        f"inside={inside:d}|{code}", f"code={code}|rank={min(rank, 3)}", f"vc={class_of(words[first])}|{side}", f"vx={words[first][-3:]}|{side}",
        f"w2={above}", f"w2c={class_of(above)}|p={prep}", f"first={between[0] if between else '-'}|{side}", f"last={between[-1] if between else '-'}|{side}",
        f"and={'and' in between:d}{side}c{min(marks, 2)}", f"adj={before_noun(parsed, spot.last):d}|{role}",
        *[f"bw={w}" for w in between if w in _TELLING][:8],
    ]


def _told_by(word: str, own: bool) -> str:
    """The word before a name as a feature: itself if of grammar, else its class; "!" for the trigger's own verb."""
    return "!" if own else word if word in _TELLING or len(word) < 3 else class_of(word)


def _preposition(parsed: Parsed, spot: Spot) -> int:
    """The token that ties a name to its sentence: "in" of "in the northern city of Aleppo"; -1 at the text's start."""
    words, at = parsed.folded, spot.first - 1
    while at >= 0 and spot.first - at <= 7:
        word = words[at]
        through = word == "of" and at > 0 and words[at - 1] in KIND_OF_PLACE
        if not (through or word in ("the", "a", "an") or word in KIND_OF_PLACE or parsed.tokens[at].text[0].isupper() or word.endswith(("ern", "ly"))):
            break
        at -= 1
    return at


@cache
def _tagger() -> Any:
    return open_model("placing.crf")


def _probability(features: list[str]) -> float:
    tagger = _tagger()
    tagger.set([features])
    return float(tagger.marginal("here", 0))


Placed = tuple[Place | None, float | None, float | None, GeoPrecision | None, str]
_NOWHERE: Placed = (None, None, None, None, "")


def _at(place: Place, basis: str, precision: GeoPrecision | None = None) -> Placed:
    return place, place.lat, place.lon, precision or precision_of(place), basis


def place_of(scene: Scene, hit: Hit, kind: str, sentence: tuple[int, int], lexicon: Lexicon, before: list[Event], background: bool, rivals: list[Hit]) -> Placed:
    """Where it happened: stated in the sentence, a border between the parties, or known from the context; else nowhere."""
    group = lexicon.types[kind].group
    if kind in REMOTE:
        return _NOWHERE
    # A place much nearer to another happening of the sentence is that one's; an unsure name that nothing places is a person's.
    inside = [s for s in scene.spots_in(*sentence) if all(_near(scene, hit, s) <= _near(scene, r, s) + _SHARED_PLACE for r in rivals)]
    inside = [s for s in inside if s.place or _stands_there(scene, s, hit) or s.resolution.toponym.score >= _SURE]
    bound = group in _PLACE_BOUND
    find = partial(place_for, scene.parsed, reach_of(scene.parsed, hit), diplomacy=not bound, place_bound=bound or kind == "visit")
    found = find(inside)
    begin, end = scene.parsed.tokens[sentence[0]].start, scene.parsed.tokens[sentence[1] - 1].end
    at_border = _BORDER.search(scene.article.text, begin, end) is not None
    if found and found[0].place is None:
        # A village that the gazetteer lacks: what is known around it stands for it, as "near".
        known = find([s for s in inside if s.place and s.first > found[0].first])
        if not known or known[0].place is None or known[0].first - found[0].last > 6:
            return _NOWHERE
        return _at(known[0].place, "stated", max(GeoPrecision.NEAR, precision_of(known[0].place)))
    if found and found[0].place and not (group == "violence" and at_border and found[0].code in COUNTRY_CODES):
        return _at(found[0].place, "stated")
    if not bound and kind not in _TRUCES:
        return _NOWHERE
    # The only place of the sentence comes before what is known from elsewhere; one that the gazetteer lacks forbids it.
    if any(s.place is None and s.resolution.toponym.role is Role.LITERAL and _stands_there(scene, s, hit) for s in inside):
        return _NOWHERE
    here = [s.place for s in inside if _is_somewhere(scene, s) and _tie(scene, s, hit)]
    if len(here) == 1 and here[0] and not at_border and group not in ("posture", "other"):
        return _at(here[0], "context")
    return _from_context(scene, hit, kind, sentence, lexicon, before, background, at_border)


def _from_context(scene: Scene, hit: Hit, kind: str, sentence: tuple[int, int], lexicon: Lexicon, before: list[Event], background: bool, at_border: bool) -> Placed:
    """The place of a happening whose sentence names none: of the event it tells more of, "the city", a border, what was told before, the country."""
    group, begin = lexicon.types[kind].group, scene.parsed.tokens[sentence[0]].start
    end = scene.parsed.tokens[sentence[1] - 1].end
    earlier = [s for s in scene.spots_in(sentence[0] - 150, hit.first) if _is_somewhere(scene, s) and begin - s.resolution.toponym.end < 500]
    more = next((e for e in reversed(before) if e.event_type == kind), None) if hit.trigger.strength == "again" else None
    if more and more.place:
        return _at(more.place, "context", more.geo_precision)
    towns = [s.place for s in earlier if s.place and s.code.startswith("PPL")]
    if towns and _THERE.search(scene.article.text, begin, end):
        return _at(towns[-1], "context")
    fights = group == "violence" or kind in _TRUCES
    if fights and not background:
        # The two neighbours that the article names most.
        border = next((b for pair in combinations(scene.parties[:3], 2) if (b := scene.gazetteer.border(*pair))), None)
        if border and _FRONT.search(scene.article.text):
            return _at(border, "stated" if at_border else "inferred", GeoPrecision.AREA)
    if fights or group in ("disaster", "civil", "humanitarian"):
        near = [e.place for e in before if e.place and begin - e.end < 600 and (e.salience == "background") == background and lexicon.types[e.event_type].group in (group, "violence" if fights else group)]
        # History need not have happened in the town of today's news, but in its region.
        told = [s.place for s in earlier if s.place and s.last <= sentence[0] and not (background and precision_of(s.place) < GeoPrecision.ADMIN1) and (not scene.parties or s.place.country_code in ("", *scene.parties[:3]))]
        around = near[-1] if near else told[-1] if told and group != "humanitarian" else None
        if around:
            return _at(around, "context")
    if group in ("violence", "disaster", "civil", "humanitarian") and not background and (country := scene.gazetteer.country(scene.home)):
        return _at(country, "inferred", GeoPrecision.COUNTRY)
    return _NOWHERE


def _is_somewhere(scene: Scene, spot: Spot) -> bool:
    """Whether a name is a known place smaller than a country, and not whose office speaks."""
    return spot.place is not None and spot.place.id not in _PRONE and spot.resolution.toponym.role is Role.LITERAL and precision_of(spot.place) <= GeoPrecision.AREA and not _speaks(scene.parsed, spot)


def _stands_there(scene: Scene, spot: Spot, hit: Hit) -> bool:
    """Whether a preposition makes a name the place of something, which tells villages without an entry from people."""
    return _tie(scene, spot, hit) >= 1


def _tie(scene: Scene, spot: Spot, hit: Hit) -> float:
    return anchor_of(scene.parsed, spot, (hit.first, hit.last), place_bound=True)


def _near(scene: Scene, hit: Hit, spot: Spot) -> float:
    return nearness(scene.parsed, (hit.first, hit.last), spot.first, spot.last)
