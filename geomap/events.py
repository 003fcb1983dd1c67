"""Triggers -> typed, dated, placed events of one article.

Each sentence's triggers are found, those that are negated, planned or wished are dropped, and each that is left gets
its time, place, counts and actors. Mentions of one happening within the article become one event.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from geomap.actors import State, find_actors
from geomap.attach import Spot, dateline_end, nearness, spots_of
from geomap.dates import find_dates
from geomap.dating import COMMEMORATED, date_for, date_of, is_background
from geomap.figures import find_counts
from geomap.gazetteer import COUNTRY_CODES, Gazetteer
from geomap.lexicon import Hit, Lexicon, load_lexicon
from geomap.mentions import MEMORY, SPEECH, fold_mentions
from geomap.model import Article, Count, DatePrecision, Event, Place, Resolution, Role, TimeSpan
from geomap.placing import REMOTE, place_of
from geomap.roles import topic_of
from geomap.scene import Scene, reach_of
from geomap.text import Parsed, parse
from geomap.toponyms import recased

# Of two types in one clause the first listed here stays; the other is how the same happening is told.
_RANK = {t: i for i, t in enumerate(
    ("ceasefire_violation", "mass_grave", "prisoner_release", "explosion", "shelling", "disaster", "protest", "territory_change", "ceasefire", "armed_clash",
     "phone_call", "talks", "meeting", "agreement", "commemoration", "displacement", "troop_movement", "detention", "attack", "visit", "accusation", "statement", "other"))}
_NOT = frozenset(["no", "not", "never", "without", "nobody", "none", "neither", "nor", "any", "denied", "deny", "denies", "cannot", "didn't", "wasn't", "isn't"])
_MODAL = frozenset("would could should may might must will shall can".split())
_MAYBE = _MODAL | frozenset(
    "if unless whether possible possibly potential potentially threat threats threatened threatens threatening risk risks fear fears fearing feared prevent preventing prevents avoid avoiding avert averting refrain stop stopping hope hopes hoped toward towards against future planned plans plan planning demand demanded demands likely unlikely aim aims aimed need needs seek seeks seeking want wants wanted ready willing able order propose proposed proposes proposal proposals call calls called calling urge urged urges".split())
_DEFINITELY_CLAIM = frozenset("accuse accused accuses accusing allege alleged alleges claim claimed claims claiming".split())
_CLAIM = _DEFINITELY_CLAIM | frozenset("said saying says tweeted according".split())
_LINK = re.compile(r"(?:READ (?:MORE|ALSO)|ALSO READ|SEE ALSO|RELATED|MORE ON THIS|Read more|Read also|See also|Related)\b\s*[:|–-]")
_AHEAD = timedelta(days=1)  # a day ahead of the publication may be another time zone's today
_MOSTLY = 0.8
_SHARED_TIME = 1.5
_ANNOUNCED = frozenset({"diplomacy", "peace", "civil"})
_CALLED_OFF = re.compile(r"\b(?:was|were|been|is|are) (?:postponed|cancell?ed|called off|scrapped|delayed|suspended)\b", re.IGNORECASE)
_PLANNED = re.compile(r"\b(?:will|(?:is|are|was|were) (?:to|due|set|expected|scheduled)|scheduled|planned|plans|upcoming|next|ahead of|called? (?:for )?an?)\b", re.IGNORECASE)
_GENERAL = frozenset({"attack", "other"})
_HOW = 9  # words from a death to what caused it
_TAKES_VICTIMS = frozenset({"mass_grave", "protest", "disaster", "detention"})
_TURNS = frozenset("after before following followed when while since".split())
_GAMES = frozenset({"attack", "armed_clash", "shelling", "explosion", "territory_change", "visit", "meeting", "disaster"})
_HURT = frozenset("dead died death wounded injured police hospital gunman gunmen bomb".split())
_THE = frozenset({"the", "that", "this"})
_DETERMINERS = frozenset("the a of these those their his its".split())
_NAMED_STORMS = frozenset("hurricane cyclone typhoon earthquake quake tsunami flood floods wildfire massacre genocide uprising riots bombing bombings".split())
_JUDGED = ("condemn", "denounc", "criti", "decri", "deplor", "call", "describ", "mourn", "investigat", "surviv", "witness", "blam", "claim", "behind")
_PARTIES = frozenset("rebels militants fighters insurgents separatists guerrillas jihadists taliban hamas hezbollah houthis militia army military forces navy".split())
_BECAUSE = frozenset("over about after following since despite".split())


def find_events(article: Article, resolutions: Sequence[Resolution], gazetteer: Gazetteer, lexicon: Lexicon | None = None) -> list[Event]:
    """Events of an article in order of their sentences. Ids are unique over a run: the article's id and a number."""
    lexicon = lexicon or load_lexicon()
    parsed = parse(recased(article.text, gazetteer))
    # Where a report was filed is not where something happened.
    filed = dateline_end(parsed)
    spots = [s for s in spots_of(parsed, resolutions) if s.last > filed]
    times = find_dates(article.text, article.published)
    scene = Scene(article, parsed, spots, times, gazetteer, _parties(spots), _home(spots), {t.start: i for i, t in enumerate(parsed.tokens)})
    drafts: list[Event] = []
    for sentence in parsed.sentences:
        if _is_heading(article.text, parsed, sentence):
            continue
        named = frozenset(s.first for s in scene.spots_in(*sentence) if s.resolution.toponym.role is Role.LITERAL or s.code not in COUNTRY_CODES)
        before = drafts[-MEMORY:]
        hits = [h for h in lexicon.find(parsed.folded, *sentence, named) if _happens(scene, h, sentence) and not _refers_back(parsed, h, sentence, before)]
        hits = [h for h in hits if h.trigger.strength != "again" or _told(before, lexicon, civil=True)]
        chosen = choose(scene, hits, sentence, lexicon)
        deaths = [h for h in hits if h.trigger.strength == "weak" and h not in chosen] if sum(h.trigger.type not in REMOTE for h in chosen) == 1 else []
        begin, end = parsed.tokens[sentence[0]].start, parsed.tokens[sentence[1] - 1].end
        counts = find_counts(article.text, begin, end, [(t.start, t.end) for t in scene.times_in(begin, end)]) if chosen else []
        for hit in chosen:
            drafts += describe(scene, hit, sentence, lexicon, drafts[-MEMORY:], share_of(scene, hit, chosen, counts), [h for h in chosen if h is not hit], deaths)
    merged = fold_mentions(drafts)
    return [replace(event, id=f"{article.id}#{n}") for n, event in enumerate(merged, 1)]


def _is_heading(text: str, parsed: Parsed, sentence: tuple[int, int]) -> bool:
    """A short line without a full stop below the article's top, or one that says so: a subheading or a link to another article."""
    if _LINK.match(text, parsed.tokens[sentence[0]].start):
        return True
    last = parsed.tokens[sentence[1] - 1]
    return sentence[1] - sentence[0] < 14 and last.text not in ".!?…\"”’'):" and last.start > 600 and text[last.end : last.end + 1] in ("\n", "") and text[: parsed.tokens[sentence[0]].start].endswith("\n")


def _parties(spots: Iterable[Spot]) -> tuple[str, ...]:
    seen = Counter(s.place.country_code for s in spots if s.place and s.place.country_code and (s.code in COUNTRY_CODES or s.code == "PPLC"))
    return tuple(sorted(seen, key=lambda code: (-seen[code], code)))


def _home(spots: Iterable[Spot]) -> str:
    """The country that an article is about: the one that four in five of its resolved names are in."""
    codes = Counter(s.place.country_code for s in spots if s.place and s.place.country_code)
    code, n = codes.most_common(1)[0] if codes else ("", 0)
    return code if n >= 3 and n >= _MOSTLY * codes.total() else ""


def _happens(scene: Scene, hit: Hit, sentence: tuple[int, int]) -> bool:
    """Whether a trigger tells of something that happened: not negated, wished, planned or supposed."""
    words = scene.parsed.folded
    before = words[max(sentence[0], hit.first - 5) : hit.first]
    if hit.trigger.type not in REMOTE:
        if (before and before[-1] in ("to", "not", "never", "no")) or any(w in _NOT for w in before[-3:]):
            return False
        parted = next((i + 1 for i in range(len(before) - 1, -1, -1) if before[i] in (",", ";", "”", "\"")), 0)
        if any(w in _MAYBE for w in before[parted:]) or any(w in _MODAL for w in words[hit.first : hit.last]) or _in_name(scene.parsed, hit, sentence):
            return False
        if hit.trigger.type != "agreement" and "to" in before[-2:-1] and words[hit.first - 1].isalpha() and before[-1] in ("begin", "hold", "have", "meet", "start", "resume", "exchange", "release", "withdraw"):
            return False
        # "the freed prisoners", "of jailed former ministers": what somebody is, not what happened.
        if hit.last - hit.first <= 2 and words[hit.first].endswith("ed") and before[-1:] and before[-1] in _DETERMINERS and hit.trigger.strength == "strong":
            return False
    elif any(w in _NOT for w in before[-2:]):
        return False
    elif words[hit.first].startswith("demand") and any(w.startswith(("protest", "demonstrat", "strik", "rall", "march")) for w in words[sentence[0] : hit.first]):
        return False  # what protesters demand is no statement of a government
    # Teams shoot, attack and defend.
    if hit.trigger.type in _GAMES and topic_of(scene.parsed.text) == "sport" and not any(w in _HURT for w in words[sentence[0] : sentence[1]]):
        return False
    inside = scene.spots_in(*sentence)
    if hit.trigger.needs == "place":
        return any(s.resolution.toponym.role is Role.LITERAL or s.first >= hit.last for s in inside)
    if hit.trigger.needs == "actor":
        return _has_speaker(scene, hit, sentence)
    return True


def _in_name(parsed: Parsed, hit: Hit, sentence: tuple[int, int]) -> bool:
    """Whether a one-word trigger is part of a name: "the Alexandria Blizzard"; storms have names of their own."""
    at = hit.first - sentence[0]
    if hit.last - hit.first > 1 or at == 0 or not parsed.tokens[hit.first].text[:1].isupper() or parsed.folded[hit.first] in _NAMED_STORMS:
        return False
    capital = [t.text[:1].isupper() for t in parsed.tokens[sentence[0] : sentence[1]]]
    if 2 * sum(capital) > len(capital):
        return False  # a headline
    return (at > 1 and capital[at - 1]) or (at + 1 < len(capital) and capital[at + 1])


def _refers_back(parsed: Parsed, hit: Hit, sentence: tuple[int, int], before: list[Event]) -> bool:
    """"Protesters clashed with police over the crash", "Paris condemned the attack": it was told before, and not here."""
    words = parsed.folded[max(0, hit.first - 2) : hit.first]
    lead = parsed.folded[sentence[0] : hit.first]
    if lead[:1] and lead[0] in ("it", "this", "that") and len(lead) < 12 and ("latest" in lead or any(w.endswith("est") or w == "worst" for w in lead[-3:])):
        return bool(before)  # "It was the deadliest attack since", "the latest in a series of crashes"
    if hit.last - hit.first != 1 or len(words) < 2 or words[1] not in _THE:
        return False
    judged = words[0].startswith(_JUDGED) and hit.trigger.strength != "strong"
    return (words[0] in _BECAUSE and any(e.event_type == hit.trigger.type for e in before)) or (judged and bool(before))


def _has_speaker(scene: Scene, hit: Hit, sentence: tuple[int, int]) -> bool:
    """Somebody named or an office stands before the trigger: a statement by no one is no event."""
    tokens = scene.parsed.tokens[sentence[0] : hit.first]
    return any(t.text[0].isupper() for t in tokens[1:]) or (bool(tokens) and tokens[0].text[0].isupper() and len(tokens) < 4)


def choose(scene: Scene, hits: list[Hit], sentence: tuple[int, int], lexicon: Lexicon) -> list[Hit]:
    """One trigger for each happening of a sentence: the longest of overlapping ones, one a clause and group."""
    strong = [h for h in hits if h.trigger.strength == "strong" and lexicon.types[h.trigger.type].group in ("violence", "disaster", "civil")]
    absorbed = [h for h in hits if h.trigger.strength != "strong" and any(_one_clause(scene, *sorted((h, s), key=lambda x: x.first)) for s in strong)]
    # "seven were confirmed dead and 20 were presumed dead after a landslide": both deaths are the landslide's.
    absorbed += [h for h in hits if h.trigger.strength != "strong" and any(h.first < a.first and not any(w in _TURNS for w in scene.parsed.folded[h.last : a.first]) for a in absorbed)]
    hits = [h for h in hits if h not in absorbed]
    # A general word yields to one that says how: "a suicide bomber attacked a mosque".
    hits.sort(key=lambda h: (h.trigger.type in _GENERAL, -(h.last - h.first), _RANK[h.trigger.type], h.first))
    kept: list[Hit] = []
    for hit in hits:
        group = lexicon.types[hit.trigger.type].group
        if any(k.first < hit.last and hit.first < k.last for k in kept):
            continue
        rivals = [k for k in kept if lexicon.types[k.trigger.type].group == group or (hit.trigger.type == "attack" and k.trigger.type in _TAKES_VICTIMS) or (k.trigger.type in SPEECH and hit.trigger.type in SPEECH)]
        if any(_one_clause(scene, k, hit) or (k.trigger.type in SPEECH and k.trigger.type == hit.trigger.type) for k in rivals):
            continue
        kept.append(hit)
    return sorted(kept, key=lambda h: h.first)


def _one_clause(scene: Scene, a: Hit, b: Hit) -> bool:
    first, last = (a, b) if a.first < b.first else (b, a)
    between = scene.parsed.folded[first.first + 1 : last.first]
    marks = [t.text for t in scene.parsed.tokens[first.first + 1 : last.first]]
    if last.trigger.strength != "strong" and marks[-1:] == [","] and scene.parsed.folded[last.first].endswith("ing"):
        return not any(w in _TURNS or w in ("and", "but") or w == ";" for w in between)  # "gunmen attacked a village, killing 12"
    if first.trigger.strength == "weak" and last.trigger.strength == "strong" and len(between) <= _HOW:
        parting: frozenset[str] | set[str] = {"before", "since", "that", "which"}  # "were killed when floods hit", "after a bus crashed": how they died
    else:
        parting = _TURNS if "weak" in (a.trigger.strength, b.trigger.strength) else _TURNS | {"and", "that", "which"}
    return not any(w in parting for w in between) and "," not in marks and ";" not in marks


def describe(scene: Scene, hit: Hit, sentence: tuple[int, int], lexicon: Lexicon, before: list[Event], counts: list[Count], rivals: list[Hit], deaths: list[Hit]) -> list[Event]:
    """The event of a trigger; one for each date where the sentence gives several ("two wars, in 2020 and in 1991").

    `deaths` are weaker triggers that tell the same, whose date is taken where the trigger has none: "were killed on
    Monday as protests resumed".
    """
    parsed, article = scene.parsed, scene.article
    begin, end = parsed.tokens[sentence[0]].start, parsed.tokens[sentence[1] - 1].end
    times = scene.times_in(begin, end)
    kind = _kind_of(hit, before, lexicon, afar=any(is_background(article.published, t.date_end, t.precision) for t in times))
    own = [t for t in times if all(_time_near(scene, hit, t) <= _time_near(scene, r, t) + _SHARED_TIME for r in rivals)]
    reaches = [reach_of(parsed, h) for h in (hit, *(deaths if kind not in SPEECH else ()))]
    time = next((t for reach in reaches if (t := date_for(parsed, article.text, reach, sentence, own, speech=kind in SPEECH))), None)
    if kind in SPEECH and time and time.precision not in (DatePrecision.DAY, DatePrecision.DAYS, DatePrecision.WEEK, DatePrecision.UNKNOWN):
        time = None  # a year or a month in a statement is what it speaks of
    # What is commemorated happened before; the sentence's day is the commemoration's.
    remembered = lexicon.types[kind].group in ("violence", "disaster") and any(r.trigger.type == "commemoration" for r in rivals) and not (time and time.precision == DatePrecision.YEAR)
    several: list[TimeSpan | None] = [t for t in times if t.precision in ("year", "decade") and t.date_start] if re.search(r"\b(?:two|three|both|several) (?:\w+ )?(?:wars|battles|conflicts)\b", article.text[begin:end]) else []
    announced = lexicon.types[kind].group in _ANNOUNCED
    if announced and _CALLED_OFF.search(article.text, parsed.tokens[hit.last - 1].end, end):
        return []
    planned = announced and bool(article.published) and _PLANNED.search(article.text, begin, end) is not None
    counts = [c for c in counts if _counts_for(kind, c.kind)]
    events = []
    for when in several or [time]:
        start, finish, precision, dated = COMMEMORATED if remembered else date_of(scene, when, kind, hit, sentence, before, lexicon)
        if planned and start and date.fromisoformat(start) > date.fromisoformat((article.published or "")[:10]) + _AHEAD:
            continue
        background = remembered or is_background(article.published, finish, precision)
        place, lat, lon, geo, basis = place_of(scene, hit, kind, sentence, lexicon, before, background, rivals)
        label = lexicon.types[kind].label
        reality, claimant = _reality(scene, hit, sentence)
        events.append(Event(
            id="", article_id=article.id, event_type=kind, start=begin, end=end, sentence=article.text[begin:end],
            trigger=article.text[parsed.tokens[hit.first].start : parsed.tokens[hit.last - 1].end],
            trigger_start=parsed.tokens[hit.first].start, trigger_end=parsed.tokens[hit.last - 1].end,
            date_start=start, date_end=finish, date_precision=precision, place=place,
            place_name=place.name if place else "", lat=lat, lon=lon, geo_precision=geo, place_basis=basis,
            reality=reality, claimant=claimant, salience="background" if background else "current",
            counts=tuple(counts), actors=find_actors(parsed, sentence, _states(scene, sentence)), acled=hit.trigger.acled if kind == hit.trigger.type else lexicon.types[kind].acled, score=_score(place, start, hit),
            why=(f"{label}: \"{' '.join('|'.join(w) for w in hit.trigger.words)}\"", f"date: {dated}", f"place: {basis or 'none'}"),
        ))
    return events


def _kind_of(hit: Hit, before: list[Event], lexicon: Lexicon, afar: bool) -> str:
    """A weak trigger ("were killed") tells of the violence or disaster that the article is about, if it is about one."""
    if hit.trigger.strength == "strong":
        return hit.trigger.type
    if hit.trigger.strength == "again":
        told = _told(before, lexicon, civil=True)
        return hit.trigger.type if hit.trigger.type in told else told[-1]
    told = _told(before, lexicon)
    kind = next((t for t in reversed(told) if t != "attack"), hit.trigger.type)
    # Another year's killings may be of the same war, but are not of today's bombing.
    return hit.trigger.type if afar and kind in ("explosion", "shelling") else kind


def _told(before: Iterable[Event], lexicon: Lexicon, *, civil: bool = False) -> list[str]:
    """Types of the violence and disasters told so far; `civil`: of protests too."""
    groups = ("violence", "disaster", "civil") if civil else ("violence", "disaster")
    return [e.event_type for e in before if lexicon.types[e.event_type].group in groups and e.event_type not in ("territory_change", "commemoration")]


def share_of(scene: Scene, hit: Hit, chosen: list[Hit], counts: list[Count]) -> list[Count]:
    """The counts of a sentence that belong to this trigger and not to another of its triggers."""
    index = scene.index

    def distance(h: Hit, at: int) -> float:
        return nearness(scene.parsed, (h.first, h.last), at, at)

    kept = []
    for count in counts:
        at = index.get(count.start, hit.first)
        rivals = [h for h in chosen if _counts_for(h.trigger.type, count.kind)]
        if hit in rivals and distance(hit, at) <= min(distance(h, at) for h in rivals):
            kept.append(count)
    return kept


_COUNTED = {
    "prisoner_release": {"released"}, "detention": {"detained", "captured"}, "displacement": {"displaced"},
    "talks": set(), "meeting": set(), "phone_call": set(), "visit": set(), "statement": set(), "accusation": {"missing"}, "agreement": set(),
    "ceasefire": set(), "ceasefire_violation": {"killed", "wounded"}, "commemoration": set(), "troop_movement": set(),
}


def _counts_for(kind: str, count: str) -> bool:
    return count in _COUNTED.get(kind, {"killed", "wounded", "missing", "killed_or_missing", "displaced", "captured", "detained"})


def _time_near(scene: Scene, hit: Hit, time: TimeSpan) -> float:
    begin, end = scene.parsed.tokens[hit.first].start, scene.parsed.tokens[hit.last - 1].end
    low, high = (end, time.start) if time.start >= end else (time.end, begin)
    words = scene.article.text[low:high]
    return 0.06 * len(words.split()) + 0.6 * sum(words.count(m) for m in (",", ";", " and ", " which ", " that "))


def _reality(scene: Scene, hit: Hit, sentence: tuple[int, int]) -> tuple[str, str]:
    """Claimed when a party accuses, alleges or says it, with the state that does; the speech act itself is asserted."""
    if hit.trigger.type in SPEECH:
        return "asserted", ""
    words = scene.parsed.folded[sentence[0] : sentence[1]]
    lead = scene.parsed.folded[sentence[0] : hit.first]
    quoted = scene.article.text[scene.parsed.tokens[sentence[0]].start] in "\"“"
    # Who claims stands before the verb of claiming, but after a quotation.
    verb = next((i for i, w in enumerate(words) if w in _CLAIM), len(words))
    speakers = [s for s in _states(scene, sentence) if s.acts and (quoted or s.first < sentence[0] + verb)]
    party = "" if speakers else next((w for w in reversed(lead[:verb]) if w in _PARTIES), "")
    fighting = hit.trigger.type in ("armed_clash", "shelling", "explosion", "attack", "ceasefire_violation", "mass_grave", "detention", "territory_change")
    accused = any(w in _DEFINITELY_CLAIM for w in lead)
    if accused or (fighting and (speakers or party) and any(w in _CLAIM for w in (words if quoted else lead))):
        return "claimed", speakers[0].name if speakers else party
    return "asserted", ""


def _states(scene: Scene, sentence: tuple[int, int]) -> list[State]:
    """Countries of a sentence, as their names, demonyms and capitals tell."""
    states = []
    for spot in scene.spots_in(*sentence):
        country = scene.gazetteer.country(spot.place.country_code) if spot.place and (spot.code in COUNTRY_CODES or spot.code == "PPLC") else None
        if country:
            states.append(State(spot.first, spot.last, country.name, country.country_code, spot.resolution.toponym.role is Role.ASSOCIATIVE))
    return states


def _score(place: Place | None, start: str | None, hit: Hit) -> float:
    return round(0.5 + 0.2 * bool(place) + 0.15 * bool(start) + 0.1 * (hit.trigger.strength == "strong") + 0.05 * (hit.last - hit.first > 1), 2)
