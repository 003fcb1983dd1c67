"""People counted in a sentence: killed, wounded, detained, released, missing, displaced, with what "at least" leaves open."""

import re

from geomap.model import Count

_WORDS = {w: n for n, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())}
_WORDS |= {w: n * 10 for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_VAGUE = {"dozens": (24, 99), "scores": (40, 99), "hundreds": (200, 999), "thousands": (2000, 9999), "several": (3, 9), "tens of thousands": (20_000, 99_999), "hundreds of thousands": (200_000, 999_999), "tens of millions": (20_000_000, 99_999_999), "a dozen": (12, 12), "a couple": (2, 2), "both": (2, 2), "a": (1, 1), "an": (1, 1), "another": (1, 1)}
_SCALE = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_TENS = "|".join(w for w, n in _WORDS.items() if n >= 20)
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|(?:{_TENS})[- ](?:{'|'.join(w for w, n in _WORDS.items() if 0 < n < 10)})|{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?:\s+(?:hundred|thousand|million))?"
_LOW = "at least|more than|over|upwards of|no fewer than|no less than|in excess of"
_HIGH = "up to|as many as|no more than|fewer than|less than|under"
_ABOUT = "about|around|some|nearly|almost|roughly|approximately|an estimated|estimated"
_PEOPLE = (
    "people|persons?|civilians?|soldiers?|troops|servicem[ae]n|military personnel|militar(?:y|ies)|officers?|police(?: officers?|m[ae]n)?|policem[ae]n|m[ae]n|wom[ae]n|children|child|girls?|boys?|students?|"
    "others?|villagers?|residents?|passengers?|workers?|miners?|migrants?|refugees?|prisoners?(?: of war)?|pows?|hostages?|detainees?|captives?|protesters?|demonstrators?|activists?|militants?|rebels?|fighters?|insurgents?|"
    "gunm[ae]n|attackers?|journalists?|doctors?|teachers?|worshipp?ers|pilgrims?|tourists?|fans|bodies|families|victims?|casualties|deaths|fatalities|injuries|lives|suspects?|guards?|peacekeepers?|members?|personnel|patients|farmers|peasants|persons|inmates|sailors|crew|terrorists?|guerrillas?"
)
_QUANTITY = re.compile(
    rf"\b(?P<mod>{_LOW}|{_HIGH}|{_ABOUT}|between|from)?\s*(?:another |an additional |the (?:other )?)?(?P<n>(?:tens|hundreds) of (?:thousands|millions)|{_NUMBER}|dozens|scores|hundreds|thousands|several|a dozen|a couple)(?![,.]?\d)"
    rf"(?:\s*(?:-|–|to|and|or)\s*(?P<n2>{_NUMBER}))?(?!\s*(?:%|percent|per cent|km|kilomet|miles?|met(?:er|re)s?|years?|-year|days?|hours?|minutes?|weeks?|months?|dollars|euros|times|degrees|th\b|st\b|nd\b|rd\b|a\.m|p\.m|villages|houses|homes|settlements|cities|towns|billion|tons|tonnes|kg|kilos?|kilograms?|pounds|grams|liters|litres|gallons|barrels|vehicles|cars|trucks|weapons|rifles|guns|pistols|boats|ships|acres|hectares|points|goals|:\d))"
    rf"(?:\s+(?:of|of the|of them|of whom))?(?P<who>(?:\s+(?:[\w’'-]+\s+){{0,4}}?(?:{_PEOPLE})\b)?)", re.IGNORECASE)

_KINDS = (
    ("killed_or_missing", r"(?:either )?(?:killed|dead|died) or (?:went |gone |are |reported )?missing|missing or (?:killed|dead)"),
    ("killed", r"killed|dead|died|deaths?|fatalities|lost their lives|lives|die|perished|drowned|massacred|murdered|executed|slain|martyred|shot dead|burned to death|bodies"),
    ("wounded", r"wounded|injured|hurt|injuries|hospitali[sz]ed"),
    ("captured", r"captured|taken prisoner"),
    ("detained", r"detained|arrested|imprisoned|jailed|rounded up|in custody|abducted|kidnapped|taken hostage|held (?:hostage|captive)|being held"),
    ("released", r"released|freed|set free|repatriated|rescued"),
    ("missing", r"missing|unaccounted for|disappeared"),
    ("displaced", r"displaced|evacuated|fled|homeless|resettled|uprooted|forced from their homes|left their homes"),
)
_AFTER = [(kind, re.compile(rf"^(?P<fill>[^.;:\d]{{0,60}}?)\b(?:{words})\b", re.IGNORECASE)) for kind, words in _KINDS]
_BEFORE = [
    ("killed", re.compile(r"\b(?:kill(?:s|ed|ing)?|claim(?:ed|ing) (?:the lives of)?|left|cost(?:ing)?(?: the lives of)?|death toll(?: \w+){0,3} (?:to|at|of|reached)|toll(?: \w+){0,3} (?:to|at)|deaths? of|massacred|murdered|executed|shot dead|gunned down|took the lives of)\s*(?:the lives of )?$", re.IGNORECASE)),
    ("wounded", re.compile(r"\b(?:wound(?:s|ed|ing)|injur(?:es|ed|ing)|hurting|hurt)\s*$", re.IGNORECASE)),
    ("detained", re.compile(r"\b(?:arrest(?:s|ed|ing)?|detain(?:s|ed|ing)?|abduct(?:s|ed|ing)|kidnap(?:s|ped|ping)?|holding|jailed|seized|took)\s*$", re.IGNORECASE)),
    ("captured", re.compile(r"\b(?:captur(?:es|ed|ing))\s*$", re.IGNORECASE)),
    ("released", re.compile(r"\b(?:free[sd]?|freeing|releas(?:es?|ed|ing)|release of|return (?:our|the|of)|return of|handed over|swapped|exchanged|rescued)\s*(?:the |our )?$", re.IGNORECASE)),
    ("displaced", re.compile(r"\b(?:displac(?:ed|ing)|evacuat(?:ed|ing)|resettled|uproot(?:ed|ing)|forced|forcing)\s*$", re.IGNORECASE)),
    ("missing", re.compile(r"\b(?:missing)\s*$", re.IGNORECASE)),
]
_NONE = re.compile(r"\bno (?:casualties|deaths or injuries|one was (?:killed|hurt|injured)|injuries|deaths|fatalities|victims)\b|\bwithout (?:casualties|injuries|loss of life)\b|\bnobody was (?:killed|hurt|injured)\b", re.IGNORECASE)
# Who was among the counted: "70 people, including three infants, were killed".
_ASIDE = re.compile(r",\s(?:including|among them|most of them|many of them|some of them|all of them|mostly|mainly)\b[^,;.]{0,80},(?=\s(?:was|were|have|has|had|died|are)\b)", re.IGNORECASE)
_QUALIFIER = r"(?!said|says|told|and|who)[a-z-]+ "
_PAIR = re.compile(rf"\b(?:an?|one) (?:{_QUALIFIER}){{0,3}}?(?:{_PEOPLE})(?: and (?P<two>an?|one|another|his|her) (?:{_QUALIFIER}){{0,3}}?(?:{_PEOPLE}|wife|husband|son|daughter))? (?:was|were|has been|have been|had been) (?:\w+ly |also )?(?:shot and |shot |stabbed and )?(?P<what>killed|shot dead|dead|murdered|executed|wounded|injured|hurt|arrested|detained|abducted|kidnapped)\b", re.IGNORECASE)
# Where they are from: "17 migrants from Venezuela, Colombia and Central America died".
_NATIVES = re.compile(r"\sfrom (?:the )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*(?:(?:,? and |, )(?:the )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*)+(?= )")
# Of whom: "4,000 of Sittwe's 300,000 residents".
_PART_OF = re.compile(rf"(?P<part>\b(?:{_NUMBER}|dozens|scores|hundreds|several))(?P<whole>\s+(?:out )?of (?:the |its |their |[\w’'-]+['’]s? )?(?:estimated |some |about |nearly )?(?:{_NUMBER}))(?=\s+(?:{_PEOPLE})\b)", re.IGNORECASE)
_NOT_PEOPLE = re.compile(r"^\s*(?:-|–)?\s*(?:year|day|month|week|hour|mile|km|dollar|percent|per cent|minute|metre|meter)", re.IGNORECASE)


def number(text: str) -> int | None:
    """The value of a number in figures or words, "1,200" or "twenty-three thousand"; None when it is not one."""
    words = text.lower().replace("-", " ").split()
    total = 0.0
    for word in words:
        if word in _SCALE:
            total = max(total, 1) * _SCALE[word]
        elif word in _WORDS:
            total += _WORDS[word]
        else:
            try:
                total += float(word.replace(",", ""))
            except ValueError:
                return None
    return int(total)


def find_counts(text: str, start: int, end: int, taken: list[tuple[int, int]]) -> list[Count]:
    """Counts of people in `text[start:end]`; `taken` are spans of dates, whose numbers count nothing."""
    sentence = _ASIDE.sub(lambda m: " " * len(m[0]), text[start:end])
    sentence = _NATIVES.sub(lambda m: " " * len(m[0]), sentence)
    sentence = _PART_OF.sub(lambda m: m["part"] + " " * len(m["whole"]), sentence)
    found: list[Count] = []
    quantities = [m for m in _QUANTITY.finditer(sentence) if not any(a < start + m.end("n") and start + m.start("n") < b for a, b in taken)]
    for i, match in enumerate(quantities):
        if sentence[: match.start("n")].rstrip().endswith(("$", "€", "£")) or _NOT_PEOPLE.match(sentence[match.end("n") :]):
            continue
        following = quantities[i + 1].start() if i + 1 < len(quantities) else len(sentence)
        kind = _kind(sentence, match, following) or _shared_kind(sentence, match, quantities[i + 1 :])
        if kind:
            low, high = _bounds(match)
            found.append(Count(kind, low, high, sentence[match.start("n") : match.end("n")], start + match.start("n"), start + match.end("n")))
    for match in _PAIR.finditer(sentence):
        kind = next(k for k, words in _KINDS if re.fullmatch(words, match["what"], re.IGNORECASE))
        n = 2 if match["two"] else 1
        if not any(c.start < start + match.end() and start + match.start() < c.end for c in found):
            found.append(Count(kind, n, n, match.group(), start + match.start(), start + match.end()))
    for match in _NONE.finditer(sentence):
        found += [Count(kind, 0, 0, match.group(), start + match.start(), start + match.end()) for kind in ("killed", "wounded")]
    return found


def _kind(sentence: str, match: re.Match[str], following: int) -> str | None:
    before = sentence[max(0, match.start() - 50) : match.start()].rstrip()
    for kind, pattern in _BEFORE:
        if pattern.search(before):
            return kind
    begin = max(match.end("n"), match.end("n2"))
    window = sentence[begin : following if following - begin > 3 else len(sentence)]
    # Without people or the effect at once, the number counts something else ("44 days of clashes").
    best: tuple[int, str] | None = None
    for kind, pattern in _AFTER:
        hit = pattern.match(window)
        if hit and (match["who"] or len(hit["fill"].split()) <= 2) and "," not in hit["fill"][:-1] and (best is None or len(hit["fill"]) < best[0]):
            best = (len(hit["fill"]), kind)
    return best[1] if best else None


def _shared_kind(sentence: str, match: re.Match[str], later: list[re.Match[str]]) -> str | None:
    """"293 servicemen and 3 civilians were wounded": the first number shares the second's verb."""
    if later and match["who"] and sentence[match.end() : later[0].start()].strip() in ("and", ",", ", and", "&"):
        return _kind(sentence, later[0], later[1].start() if len(later) > 1 else len(sentence))
    return None


def _bounds(match: re.Match[str]) -> tuple[int | None, int | None]:
    words, mod = match["n"].lower(), (match["mod"] or "").lower()
    if words in _VAGUE:
        low, high = _VAGUE[words]
        return low, None if words.endswith("s") and words not in ("several", "both") else high
    value = number(words)
    if match["n2"] and (second := number(match["n2"])) is not None and value is not None and second > value:
        return value, second
    if value is None:
        return None, None
    if mod and re.fullmatch(_LOW, mod):
        return value + (mod in ("more than", "over", "upwards of", "in excess of")), None
    if mod and re.fullmatch(_HIGH, mod):
        return None, value
    return value, value
