"""Attach time and place to a trigger, by clause and not by nearness alone.

"The Geneva talks followed an EU-mediated meeting on Aug. 31 in Brussels": the words between a trigger and a name or
date decide whether it belongs to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from geomap.gazetteer import AREA_CODES, COUNTRY_CODES
from geomap.model import GeoPrecision, Place, Resolution, Role
from geomap.resolve import distance_km
from geomap.text import Parsed

# Words that begin another happening: what stands on the other side belongs there.
TURN = frozenset("after before following followed follows when while as since until despite because whereas although amid hours days weeks shortly".split())
SAID = frozenset("said says told announced reported emphasized emphasised accused confirmed".split())
_CLAUSE = frozenset([",", ";", ":", "–", "—", "(", ")", "“", "”", '"']) | {"and", "but", "which", "who", "where", "that"}
AT = frozenset("in at near from around outside inside across throughout along off towards toward to into over on against between of".split())
_STRONG_AT = frozenset("in at near outside inside around across along off over through throughout between into to from".split())
_SIDES = ("north", "south", "east", "west", "central", "upper", "lower", "downtown")
_GOING = ("visit", "trip", "travel", "flew", "return", "fled", "march", "mov", "sent", "deploy")
_TOPIC = frozenset("over on of against between for".split())  # talks over Karabakh are not in Karabakh
_WEAK_STRONG = frozenset("over across to from between into".split())  # of a place only where the event is bound to one
# Words that make a literal place a mere qualifier of somebody: "a resident of Baku", "the government of Armenia".
_POSSESSED = frozenset("government president minister ministry leader leaders ambassador army republic republics part people capital king resident residents native citizen citizens embassy state states embassies support supported".split())
# Verbs whose object is where it happened: "struck Cianjur", "shelled the town of Jermuk".
_HIT = frozenset("struck hit hits hitting rocked shook shelled shelling bombed bombarded attacked raided stormed captured seized recaptured retook liberated occupied invaded entered left devastated flooded battered besieged reached visited visiting toured swept".split())
_VERBS = frozenset("fought met held hold holds shot took fell freed".split())
# "in the holy city of Najaf", "north of Baghdad": nouns that go on through "of" to the name.
KIND_OF_PLACE = frozenset(
    "city town village district region province capital port area towns villages cities settlement settlements island suburb suburbs neighbourhood neighborhood county state governorate "
    "north south east west northeast northwest southeast southwest outskirts streets parts part side edge center centre countryside vicinity valley camp airport hilltop base sector front "
    "square border coast tribal heart borders neighbourhoods neighborhoods districts provinces areas km kilometers kilometres miles".split())
# Words at which the walk back from a name to its preposition ends.
_HOURS = frozenset("midnight noon midday dawn dusk sunrise sunset daybreak nightfall dark".split())
_STOP = frozenset("and but or that which who whose as than with without by for after before while when against said says told is was were are be been has have had will would not its their his her according including during about since until".split())


_BESIDE, _INSIDE = 6, 12  # words between a region, or a country, and the place in it that the same sentence names
_DEFENSIBLE = 0.5  # score of a place for talks below which none is given


@dataclass(frozen=True, slots=True)
class Spot:
    """A toponym over tokens [first, last); its place is None where the gazetteer does not know it."""

    resolution: Resolution
    first: int
    last: int

    @property
    def place(self) -> Place | None:
        return self.resolution.place

    @property
    def code(self) -> str:
        """Feature code; an unknown place is taken for a populated one."""
        return self.place.feature_code if self.place else "PPL"


def spots_of(parsed: Parsed, resolutions: Sequence[Resolution]) -> list[Spot]:
    """Toponyms by token position."""
    at = {t.start: i for i, t in enumerate(parsed.tokens)}
    spots = []
    for resolution in resolutions:
        first = at.get(resolution.toponym.start)
        if first is None:
            continue
        last = first
        while last < len(parsed.tokens) and parsed.tokens[last].start < resolution.toponym.end:
            last += 1
        spots.append(Spot(resolution, first, last))
    return spots


def dateline_end(parsed: Parsed) -> int:
    """Token after a dateline such as "JAKARTA, Indonesia (AP) —" that opens the article's text; 0 without one."""
    for first, last in parsed.sentences[:3]:
        for i in range(first + 1, min(first + 24, last)):
            token = parsed.tokens[i]
            if token.text in "—–" or (token.text == "-" and parsed.tokens[i - 1].end < token.start):
                return i + 1
            if not (token.text[0].isupper() or token.text[0].isdigit() or token.text in ",()./"):
                break
    return 0


def head_of(parsed: Parsed, trigger: tuple[int, int]) -> tuple[int, int]:
    """A trigger without the turning word at its end, which belongs to what comes next: "talks" of "talks followed"."""
    first, last = trigger
    while last - first > 1 and parsed.folded[last - 1] in TURN:
        last -= 1
    return first, last


def barrier(parsed: Parsed, a: int, b: int) -> float:
    """How strongly the words between two token positions part them."""
    between = parsed.folded[min(a, b) : max(a, b)]
    marks = [t.text for t in parsed.tokens[min(a, b) : max(a, b)]]
    turns = sum(not is_hour(parsed, min(a, b) + i + 1) for i, w in enumerate(between) if w in TURN)
    clauses = sum(w in _CLAUSE for w in between) + sum(m in _CLAUSE for m in marks if not m[0].isalpha())
    return 2.5 * turns + 0.6 * clauses


def is_hour(parsed: Parsed, at: int) -> bool:
    """Whether a turning word stands before an hour: "just before midnight", "after 5 p.m."."""
    return at < len(parsed.folded) and (parsed.folded[at] in _HOURS or parsed.folded[at][:1].isdigit())


def place_by_rule(parsed: Parsed, trigger: tuple[int, int], spots: Sequence[Spot], *, place_bound: bool) -> tuple[Spot, float] | None:
    """The spot in the trigger's sentence where talks or a visit took place, with its score; None when none can be defended.

    A country is mostly a party to talks, so only a firm tie makes it the place; a visit (`place_bound`) is to somewhere.
    """
    first, last = trigger = head_of(parsed, trigger)
    best: tuple[float, Spot] | None = None
    chained = -1  # token after the last anchored place, from which ", X" and "and X" go on
    for spot in spots:
        tie = anchor_of(parsed, spot, trigger, place_bound=place_bound)
        if tie == 0 and chained >= 0 and all(parsed.folded[i] in ("and", "") or parsed.tokens[i].text in ",(" for i in range(chained, spot.first)):
            tie = 1.0
        country = spot.code in COUNTRY_CODES
        literal = spot.resolution.toponym.role is Role.LITERAL
        # A region seldom stands for a government, as a country or its capital does.
        if tie == 0 or (not literal and tie < (1.5 if spot.code in AREA_CODES else 2.0)) or (country and tie < (2 if literal else 2.5)):
            continue
        chained = spot.last
        distance = spot.first - last if spot.first >= last else first - spot.last
        score = 1.0 + tie - (0.8 if country else 0.0) - 0.06 * distance + (0.5 if spot.first >= last else 0.0)
        score -= barrier(parsed, last if spot.first >= last else spot.last, spot.first if spot.first >= last else first)
        if best is None or score > best[0]:
            best = (score, spot)
    if best is None or best[0] < _DEFENSIBLE:
        return None
    return finer(parsed, best[1], spots) or best[1], best[0]


def finer(parsed: Parsed, spot: Spot, spots: Sequence[Spot]) -> Spot | None:
    """A smaller literal place inside a spot's, named beside it: the village of "in Edilli, Karabakh"."""
    def beside(s: Spot) -> bool:
        words = abs(s.first - spot.first)
        return words <= _BESIDE or (words <= _INSIDE and spot.code in COUNTRY_CODES and parsed.folded[s.first - 1] in _STRONG_AT)

    near = (s for s in spots if s is not spot and s.resolution.toponym.role is Role.LITERAL and beside(s))
    return next((s for s in near if s.place and spot.place and _finer(s.place, spot.place) and barrier(parsed, s.last, spot.first) < 2), None)


def nearness(parsed: Parsed, trigger: tuple[int, int], first: int, last: int) -> float:
    """How far tokens [first, last) stand from a trigger, by words and by what parts them; small is near."""
    low, high = (trigger[1], first) if first >= trigger[1] else (last, trigger[0])
    return barrier(parsed, low, high) + 0.06 * max(0, high - low)


def anchor_of(parsed: Parsed, spot: Spot, trigger: tuple[int, int], *, place_bound: bool) -> float:
    """How firmly grammar ties a name to happenings: 0 not at all, 1 a weak preposition, 2 and more "in", "near", an object."""
    first, last = trigger
    tokens, folded = parsed.tokens, parsed.folded
    if spot.last < len(tokens) and tokens[spot.last].text == "-" and spot.last + 1 < len(tokens) and tokens[spot.last + 1].start == tokens[spot.last].end and folded[spot.last + 1] != "based":
        return 0.0  # "Moscow-brokered"
    if spot.last == first and folded[first] not in _VERBS and not folded[first].endswith("ed"):
        return 2.5 if spot.code not in COUNTRY_CODES else 0.0  # "the Geneva talks"
    if spot.last < first <= spot.last + 3 and folded[spot.last] in ("was", "were", "is", "has", "had"):
        return 2.0  # "Jermuk was shelled"
    if spot.last < first and folded[spot.last] in ("was", "were", "is", "has", "became") and any(w in ("scene", "site") for w in folded[spot.last : spot.last + 5]):
        return 2.5  # "Kramatorsk was also the scene of"
    at = spot.first - 1
    while at >= 0 and spot.first - at <= 7 and _goes_on(parsed, at, last):
        at -= 1
    before = folded[at] if at >= 0 else ""
    literal = spot.resolution.toponym.role is Role.LITERAL
    beside = folded[spot.first - 1] if spot.first else ""
    walked = at < spot.first - 1 and beside not in KIND_OF_PLACE and beside != "the" and not beside.startswith(_SIDES)
    if not literal and (walked or before_noun(parsed, spot.last)):
        return 0.0  # "in a Russian airstrike", "shelled the Syrian army"
    if at == last and (before in ("of", "in", "at", "near") or (place_bound and before in ("for", "over"))):
        return 2.5  # "the invasion of Ukraine", "fighting for Karabakh"
    if before == "to" and any(folded[i].startswith(_GOING) for i in range(first, last)):
        return 2.5  # "a visit to the Armenian capital Yerevan"
    if before == "of":
        return 0.0 if folded[at - 1] in _POSSESSED or tokens[at - 1].text[0].isupper() else 0.5
    if before in _HIT:
        return 2.0
    if before in _STRONG_AT and (place_bound or before not in _WEAK_STRONG):
        return 1.5 if before in _WEAK_STRONG else 2.0
    return 1.0 if before in AT and (place_bound or before not in _TOPIC) else 0.0


def _goes_on(parsed: Parsed, at: int, last: int) -> bool:
    """Whether the walk back from a name may pass this word: an article, an adjective, or "city of"."""
    word, text = parsed.folded[at], parsed.tokens[at].text
    if word == "of":
        return at != last and at > 0 and (parsed.folded[at - 1] in KIND_OF_PLACE or parsed.folded[at - 1].startswith("south") or parsed.folded[at - 1].startswith("north"))
    if text in ("'s", "’s", "-"):
        return True
    return text[0].isalnum() and word not in _STOP and word not in AT and word not in _HIT and word not in _POSSESSED and not (word.endswith("ed") and at >= last)


def before_noun(parsed: Parsed, at: int) -> bool:
    """Whether a noun follows, so that the name is its adjective: "Syrian army", "Israeli-held"."""
    if at >= len(parsed.tokens):
        return False
    text = parsed.tokens[at].text
    return text == "-" or (text[0].isalpha() and parsed.folded[at] not in _STOP and parsed.folded[at] not in KIND_OF_PLACE and parsed.folded[at] not in AT and parsed.folded[at] not in TURN)


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


def covers(wide: Place, narrow: Place) -> bool:
    """Whether one place may be a coarser name of where the other is: a village in its region, a city in its country."""
    precision = precision_of(wide)
    if precision <= GeoPrecision.NEAR:
        return distance_km(wide, narrow) <= 30
    if wide.feature_code == "BDRY":
        return narrow.country_code in wide.id.removeprefix("border:").split("-") and distance_km(wide, narrow) <= 300
    if precision == GeoPrecision.COUNTRY:
        return wide.country_code == narrow.country_code or (narrow.feature_code == "BDRY" and wide.country_code in narrow.id)
    if precision == GeoPrecision.ADMIN1 and wide.admin1:
        return wide.country_code == narrow.country_code and wide.admin1 == narrow.admin1
    return distance_km(wide, narrow) <= 150 and (not wide.country_code or wide.country_code == narrow.country_code)
