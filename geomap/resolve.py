"""Put each toponym in the right place: rank the gazetteer's candidates in the context of the article.

A conditional-logit ranker over about twenty features that the literature found to help: population and feature class,
containment ("Paris, Texas"), other places of the article in the same country or unit, nearness to them, one sense per
article. Weights are in `data/resolver.json`, trained by `benchmarks/train_resolver.py`.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from geomap.gazetteer import AREA_CODES, COUNTRY_CODES, Gazetteer
from geomap.geonames import NameKind
from geomap.model import Article, Candidate, Place, Resolution, Role, Toponym
from geomap.resources import data_file
from geomap.senses import class_of
from geomap.text import Parsed, fold, parse

FEATURES = (
    "country", "admin1", "admin2", "populated", "area", "other", "people", "no_people", "main_name", "abbreviation",
    "largest", "contained", "contained_against", "same_country", "same_admin1", "near", "within_150", "alone", "own_country",
    "city_word", "unit_word", "capital", "parent_named", "world_people", "world_capital", "world_near", "world_country", "world_admin1",
    "twin_city", "twin_unit", "world_twin_unit", "famous", "world_famous",
    "siblings_admin1", "siblings_near", "world_siblings_admin1", "world_siblings_near",
)
# Words beside a name that tell what kind of place it is; dropped when the gazetteer lacks the full name.
CITY_WORDS = frozenset("city town village hamlet settlement municipality township port suburb neighbourhood neighborhood capital".split())
UNIT_WORDS = frozenset("county province region district state governorate oblast parish prefecture department raion rayon canton territory republic division".split())
DIRECTIONS = frozenset("north south east west northern southern eastern western central upper lower northeast northwest southeast southwest downtown greater northeastern northwestern southeastern southwestern inner outer".split())
Geocode = Callable[[str, Sequence[str]], list[Place]]  # (name, likely countries) -> places it may mean
_KM_PER_DEGREE = 111.195
_BESIDE = 24  # characters between a name and the one that may contain it
_SEAT_KM = 40  # a unit's middle lies this near its seat only where the unit is the city itself


@dataclass(frozen=True, slots=True)
class Name:
    """One distinct name of an article: its candidates and the places written as containing it."""

    folded: str
    candidates: tuple[tuple[Place, NameKind], ...]
    parents: tuple[Place, ...]
    before: str
    after: str
    twins: frozenset[str]  # countries where it is both a large city and a first-order unit


def distance_km(a: Place, b: Place) -> float:
    """Equirectangular distance in km: within 1 % of great-circle below 1,000 km, enough to rank by."""
    dlon = abs(a.lon - b.lon)
    x = min(dlon, 360 - dlon) * math.cos(math.radians((a.lat + b.lat) / 2))
    return math.hypot(x, a.lat - b.lat) * _KM_PER_DEGREE


def candidates_of(text: str, gazetteer: Gazetteer) -> tuple[tuple[Place, NameKind], ...]:
    """Places that a name as written may mean; without its generic or direction word when the whole is unknown."""
    words = fold(text).split()
    found = gazetteer.lookup(text.removeprefix("the ").removeprefix("The "))
    if not found and "," in text:  # "Washington, D.C." as one name
        inner, _, outer = (part.strip() for part in text.partition(","))
        parents = [p for p, _ in candidates_of(outer, gazetteer)] if inner and outer else []
        return tuple(c for c in candidates_of(inner, gazetteer) if any(_inside(c[0], p) for p in parents)) if parents else ()
    if not found:
        tries = [" ".join(_FULL.get(w, w) for w in words)]
        if words[-1] in CITY_WORDS | UNIT_WORDS:
            tries.append(" ".join(words[:-1]))
        if len(words) > 1 and words[0] in DIRECTIONS | CITY_WORDS | UNIT_WORDS and (words[1] == "of" or words[0] in DIRECTIONS or class_of(words[-1]) == "-"):  # not "City Hall"
            tries.append(" ".join(words[1:]).removeprefix("of "))
        tries += [f"{text}.", f"{text}{'' if text.endswith('.') else '.'}".upper()]  # "Calif", "N.Y" without the last stop
        tries += [f"{' '.join(words)} {unit}" for unit in ("county", "parish", "township", "river", "island")]
        found = next((hit for t in dict.fromkeys(tries) if t and (hit := gazetteer.lookup(t))), [])
    if not found:
        found = [(ordinal, NameKind.DEMONYM) for stem in _stems(words[-1]) for ordinal, kind in gazetteer.lookup(" ".join([*words[:-1], stem])) if kind == NameKind.MAIN]
    return tuple((gazetteer.place(ordinal), kind) for ordinal, kind in found)


_PARTS = frozenset("district area neighbourhood neighborhood suburb quarter region province village town".split())
_FULL = {"twp": "township", "co": "county", "mt": "mount", "ft": "fort", "st": "saint", "saint": "st", "mount": "mt", "n": "north", "s": "south", "e": "east", "w": "west", "no": "north", "so": "south", "dist": "district", "isl": "island"}


def _stems(word: str) -> list[str]:
    """Names that a demonym may be made of: "ohioans" -> "ohio", "minnesotans" -> "minnesota", "londoner" -> "london"."""
    stems = []
    for ending in ("ians", "ian", "ans", "an", "ns", "n", "ers", "er", "ites", "ite", "ese", "is", "i"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            stem = word.removesuffix(ending)
            stems += [stem, stem + "a", stem + "o", stem + "e", stem + "as", stem + "ia"]
    return stems


def prior(place: Place, kind: NameKind) -> float:
    """A context-free guess for the first pass: countries, then first-order units, then population."""
    rank = 9.0 if place.feature_code in COUNTRY_CODES else 6.5 if place.feature_code in ("ADM1", "CONT") else 4.5 if place.feature_code in AREA_CODES else 0.0
    return max(rank, math.log10(place.population + 1)) + (0.5 if kind == NameKind.MAIN else 0.0)


def names_of(parsed: Parsed, toponyms: Iterable[Toponym], gazetteer: Gazetteer) -> dict[str, Name]:
    """The distinct names of an article with candidates and written containment."""
    toponyms = list(toponyms)
    starts = {t.start: i for i, t in enumerate(parsed.tokens)}
    found: dict[str, Name] = {}
    for i, toponym in enumerate(toponyms):
        folded = sense(toponym.text)
        at = starts.get(toponym.start, 0)
        last = at
        while last < len(parsed.tokens) and parsed.tokens[last].start < toponym.end:
            last += 1
        before = parsed.folded[at - 1] if at else ""
        if before == "of" and at > 1:
            before = parsed.folded[at - 2]
        after = parsed.folded[last] if last < len(parsed.tokens) else ""
        parents: tuple[Place, ...] = ()
        following = toponyms[i + 1] if i + 1 < len(toponyms) else None
        if following and following.start - toponym.end <= _BESIDE:
            between = [i for i in range(last, min(last + 4, len(parsed.tokens))) if parsed.tokens[i].start < following.start]
            marks, words = "".join(parsed.tokens[i].text for i in between), [parsed.folded[i] for i in between]
            if marks in (",", "(", "in", "") or (words[0] == "in" and all(w in DIRECTIONS or w == "the" for w in words[1:])) or (words[0] in _PARTS and all(w in DIRECTIONS or w in ("of", "in", "the") for w in words[1:])):  # "in northern Mali", "district of southern Khartoum"
                parents = tuple(p for p, k in candidates_of(following.text, gazetteer) if _can_contain(p) and k != NameKind.DEMONYM)
        known = found.get(folded)
        if known is None:
            candidates = candidates_of(toponym.text, gazetteer)
            found[folded] = Name(folded, candidates, parents, before, after, _twins(candidates))
        else:
            found[folded] = Name(folded, known.candidates, known.parents + parents, known.before + " " + before, known.after + " " + after, known.twins)
    return found


def _twins(candidates: Iterable[tuple[Place, NameKind]]) -> frozenset[str]:
    """New York and Washington are a city and a unit; the bare name is mostly the city."""
    main = [p for p, kind in candidates if kind == NameKind.MAIN]
    return frozenset(p.country_code for p in main if p.feature_code == "ADM1") & {p.country_code for p in main if p.feature_code != "ADM1" and p.population >= 100_000}


def sense(text: str) -> str:
    """What two spellings in one article must share to have one sense; abbreviations stay as written."""
    return text if len(text) <= 6 and (text.isupper() or text.endswith(".")) else fold(text)


def _can_contain(place: Place) -> bool:
    return place.feature_code in COUNTRY_CODES or place.feature_code in ("ADM1", "ADM2") or place.feature_code in AREA_CODES


def _inside(place: Place, parent: Place) -> bool:
    if place.id == parent.id or (parent.country_code and place.country_code != parent.country_code):
        return False
    if parent.feature_code in COUNTRY_CODES:
        return True
    if parent.feature_code == "ADM1" and parent.admin1:
        return place.admin1 == parent.admin1
    return distance_km(place, parent) <= 150


class Siblings:
    """Where an article's names could lie together, before any is resolved.

    Each name gives a vote of one, shared among the units (and 1-degree cells) that its candidates lie in: a name with
    few candidates says more. In local news the unit that most names agree on is where the article is.
    """

    def __init__(self, names: dict[str, Name]) -> None:
        self.own: dict[str, tuple[dict[str, float], dict[tuple[int, int], float]]] = {}
        self.units: dict[str, float] = {}
        self.cells: dict[tuple[int, int], float] = {}
        for key, name in names.items():
            places = [p for p, _ in name.candidates if p.feature_code not in COUNTRY_CODES]
            units = dict.fromkeys((f"{p.country_code}.{p.admin1}" for p in places if p.admin1), 0.0)
            cells = dict.fromkeys(((round(p.lat), round(p.lon)) for p in places), 0.0)
            units = dict.fromkeys(units, 1 / len(units)) if units else {}
            cells = dict.fromkeys(cells, 1 / len(cells)) if cells else {}
            self.own[key] = units, cells
            for unit, vote in units.items():
                self.units[unit] = self.units.get(unit, 0.0) + vote
            for cell, vote in cells.items():
                self.cells[cell] = self.cells.get(cell, 0.0) + vote

    def votes(self, name: Name, place: Place) -> tuple[float, float]:
        """(votes for the place's first-order unit, votes for its cell and the eight around), without the name's own."""
        units, cells = self.own[name.folded]
        unit = f"{place.country_code}.{place.admin1}"
        row, column = round(place.lat), round(place.lon)
        around = [(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        near = sum(self.cells.get(cell, 0.0) - cells.get(cell, 0.0) for cell in around)
        return max(0.0, self.units.get(unit, 0.0) - units.get(unit, 0.0)), max(0.0, near)


def features_of(name: Name, place: Place, kind: NameKind, anchors: list[Place], named: frozenset[str], largest: float, siblings: Siblings) -> dict[str, float]:
    """The ranker's features of one candidate."""
    unit_votes, near_votes = (math.log1p(v) for v in siblings.votes(name, place))
    code = place.feature_code
    near, in_country, in_unit = [], 0, 0
    for a in anchors:
        if a.feature_code not in COUNTRY_CODES and a.id != place.id:
            near.append(distance_km(place, a))
        if a.country_code == place.country_code != "":
            in_country += 1
            in_unit += a.admin1 == place.admin1 != ""
    others = len(anchors) or 1
    is_city, is_unit = code.startswith("PPL"), code in ("ADM1", "ADM2", "ADM3", "ADMD")
    beside = set((name.before + " " + name.after).split())
    contained = any(_inside(place, parent) for parent in name.parents)
    log_people = math.log10(place.population + 1)
    twin = place.country_code in name.twins
    famous = float(is_city and kind == NameKind.MAIN and place.population >= max(largest, 100_000))
    # World news names many countries and means the famous place; local news means the one nearby.
    world = min(1.0, sum("." not in code for code in named) / 4)
    nearness = 1 / (1 + min(near) / 100) if near else 0.0
    same_country = in_country / others
    return {
        "country": float(code in COUNTRY_CODES), "admin1": float(code in ("ADM1", "CONT")), "admin2": float(code == "ADM2"),
        "populated": float(is_city), "area": float(code in AREA_CODES), "other": float(not (is_city or is_unit or code in AREA_CODES or code in COUNTRY_CODES)),
        "people": log_people, "no_people": float(place.population == 0),
        "main_name": float(kind == NameKind.MAIN), "abbreviation": float(kind == NameKind.ABBREVIATION),
        "largest": float(place.population >= largest > 0),
        "contained": float(contained), "contained_against": float(bool(name.parents) and not contained),
        "same_country": same_country,
        "same_admin1": in_unit / others,
        "near": nearness,
        "within_150": sum(d <= 150 for d in near) / others,
        "alone": float(not anchors),
        "own_country": float(bool(place.country_code) and place.country_code in named),
        "city_word": float(is_city and bool(beside & CITY_WORDS)), "unit_word": float(is_unit and bool(beside & UNIT_WORDS)),
        "capital": float(code == "PPLC"),
        "parent_named": float(f"{place.country_code}.{place.admin1}" in named),
        "world_people": world * log_people, "world_capital": world * (code == "PPLC"), "world_near": world * nearness,
        "twin_city": float(is_city and twin and place.population >= 100_000), "twin_unit": float(code == "ADM1" and twin),
        "world_twin_unit": world * float(code == "ADM1" and twin),
        "famous": famous, "world_famous": world * famous,
        "siblings_admin1": unit_votes, "siblings_near": near_votes, "world_siblings_admin1": world * unit_votes, "world_siblings_near": world * near_votes,
        "world_country": world * same_country, "world_admin1": world * (code == "ADM1"),
    }


@cache
def weights() -> dict[str, Any]:
    """Trained weights, calibration and threshold."""
    loaded: dict[str, Any] = json.loads(data_file("data", "resolver.json").read_text(encoding="utf-8"))
    return loaded


def picks_of(names: dict[str, Name], pick: Callable[[Name], Place | None]) -> dict[str, Place]:
    """A provisional place for each name."""
    return {key: place for key, name in names.items() if (place := pick(name))}


def context_of(key: str, picks: dict[str, Place]) -> tuple[list[Place], frozenset[str]]:
    """What the article's other names say about one: their places, and the countries and first-order units among them."""
    anchors = [p for other, p in picks.items() if other != key]
    named = {p.country_code for p in anchors if p.feature_code in COUNTRY_CODES}
    named |= {f"{p.country_code}.{p.admin1}" for p in anchors if p.feature_code == "ADM1"}
    return anchors, frozenset(named)


def scored(name: Name, picks: dict[str, Place], siblings: Siblings, weight: dict[str, float]) -> list[Candidate]:
    """Candidates of a name, best first; their scores are a softmax over the name's candidates."""
    anchors, named = context_of(name.folded, picks)
    largest = max((p.population for p, _ in name.candidates), default=0)
    rows = [(place, features_of(name, place, kind, anchors, named, largest, siblings)) for place, kind in name.candidates]
    totals = [sum(weight[k] * v for k, v in row.items() if v) for _, row in rows]
    top = max(totals, default=0.0)
    exps = [math.exp(t - top) for t in totals]
    ranked = sorted(zip(exps, rows, strict=True), key=lambda r: (-r[0], r[1][0].id))
    candidates = [Candidate(place, e / sum(exps), row) for e, (place, row) in ranked]
    return _seat_first(name, candidates)


def _seat_first(name: Name, candidates: list[Candidate]) -> list[Candidate]:
    """"In Prague" is the city and not the unit of the same name around it, unless a word says "province"."""
    best = candidates[0] if candidates else None
    if best is None or best.place.feature_code not in ("ADM1", "ADM2") or set((name.before + " " + name.after).split()) & UNIT_WORDS:
        return candidates
    seat = next((c for c in candidates if c.place.feature_code.startswith("PPL") and c.features["main_name"] and distance_km(c.place, best.place) <= _SEAT_KM), None)
    if seat is None:
        return candidates
    both = Candidate(seat.place, min(1.0, seat.score + best.score), seat.features)
    return [both, *(c for c in candidates if c is not seat and c is not best), Candidate(best.place, 0.0, best.features)]


def first_guess(name: Name) -> Place | None:
    """The first pass's pick: the likeliest place without context, or inside what the text writes after it."""
    inside = [c for c in name.candidates if any(_inside(c[0], parent) for parent in name.parents)]
    return max(inside or name.candidates, key=lambda c: (prior(*c), c[0].id), default=(None, None))[0]


def resolve_toponyms(article: Article, toponyms: list[Toponym], gazetteer: Gazetteer, *, geocode: Geocode | None = None) -> list[Resolution]:
    """Resolve each toponym to a place, or to None when nothing is known or the score is below the threshold.

    Two passes: the first pass's picks are the anchors of the second. One sense per name and article. `geocode` is
    asked for names that the gazetteer lacks, in the countries that the article names most; its answers are candidates
    like any others.
    """
    trained = weights()
    names = names_of(parse(article.text), toponyms, gazetteer)
    picks = picks_of(names, first_guess)
    if geocode:
        countries = [code for code, _ in Counter(p.country_code for p in picks.values() if p.country_code).most_common(3)]
        lacking = {sense(t.text): t.text for t in toponyms if t.role == Role.LITERAL and not names[sense(t.text)].candidates}
        names |= {key: replace(names[key], candidates=tuple((p, NameKind.MAIN) for p in geocode(text, countries))) for key, text in lacking.items()}
    siblings = Siblings(names)
    for _ in range(2):
        ranked = {key: scored(name, picks, siblings, trained["weights"]) for key, name in names.items()}
        before, picks = picks, {key: candidates[0].place for key, candidates in ranked.items() if candidates}
        if picks == before:
            break  # the same anchors rank the same
    resolutions = []
    for toponym in toponyms:
        best = _as_written(article.text, toponym, ranked[sense(toponym.text)])
        place, score = (best[0].place, confidence(best[0], trained["calibration"])) if best else (None, 0.0)
        if score < trained["threshold"] or _contradicted(names[sense(toponym.text)]):
            place = None
        resolutions.append(Resolution(toponym, place, round(score, 4) if best else 0.0, tuple(best[:5])))
    return resolutions


_UNIT_FOLLOWS = re.compile(r"(?:\s+[Aa]utonomous)?\s+(?:province|region|oblast|governorate|prefecture|state|department|canton|county|district)\b(?! (?:capital|police|court|governor|government|council|officials?|administration))", re.IGNORECASE)
_UNIT_LEADS = re.compile(r"\b(?:state|province|region|department|governorate|prefecture|oblast|county) of\s+$", re.IGNORECASE)
_CITY_LEADS = re.compile(r"\b(?:(?:city|town|village|port|capital|suburb) of|capital,?)\s+$", re.IGNORECASE)


def _as_written(text: str, toponym: Toponym, ranked: list[Candidate]) -> list[Candidate]:
    """"Herat province" is the unit and "the city of Herat" the city, where the pick has such a namesake around it."""
    best = ranked[0] if ranked else None
    if best is None:
        return ranked
    unit = best.place.feature_code in ("ADM1", "ADM2")
    lead = text[max(0, toponym.start - 20) : toponym.start]
    if best.place.feature_code.startswith("PPL") and (_UNIT_FOLLOWS.match(text, toponym.end) or _UNIT_LEADS.search(lead)):
        twin = next((c for c in ranked if c.place.feature_code in ("ADM1", "ADM2") and c.place.country_code == best.place.country_code), None)
    elif unit and _CITY_LEADS.search(lead):
        twin = next((c for c in ranked if c.place.feature_code.startswith("PPL") and c.place.country_code == best.place.country_code), None)
    else:
        return ranked
    if twin is None:
        return ranked
    return [replace(twin, score=best.score, features=best.features), *(c for c in ranked if c is not twin)]


def _contradicted(name: Name) -> bool:
    """Whether the text says that it lies in a country where no candidate does: "Tempi in central Greece" is not Arizona's."""
    countries = [p for p in name.parents if p.feature_code in COUNTRY_CODES]
    return bool(countries) and not any(_inside(c, parent) or c.feature_code in COUNTRY_CODES for c, _ in name.candidates for parent in name.parents)


# What the confidence in a pick rests on, besides its share among the candidates.
CONFIDENCE = ("share", "bias", "country", "admin1", "populated", "people", "main_name", "contained", "contained_against", "own_country", "same_country", "near", "alone", "world_near", "world_people", "world_capital", "largest", "twin_city", "famous", "world_famous")


def confidence(pick: Candidate, calibration: dict[str, float]) -> float:
    """Probability that a pick is right: a logistic model, so that a lone candidate in a country the article never names is doubted."""
    z = sum(calibration[name] * value for name, value in confidence_features(pick.score, pick.features).items())
    return 1 / (1 + math.exp(-max(min(z, 30.0), -30.0)))


def confidence_features(share: float, features: dict[str, float]) -> dict[str, float]:
    """Features of `confidence`: the log-odds of the pick's share, and what the article says around it."""
    share = min(max(share, 1e-4), 1 - 1e-4)
    known = {"share": math.log(share / (1 - share)), "bias": 1.0}
    return {name: known[name] if name in known else features[name] for name in CONFIDENCE}
