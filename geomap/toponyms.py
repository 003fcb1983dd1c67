"""Recognise place names in text and tell what they do there.

Capitalised runs are tagged by a linear-chain CRF (Lafferty et al. 2001; features after Halterman's and Lieberman's
findings: gazetteer hits by kind and size, words around, use elsewhere in the article). The role of each name is then
judged by a maximum-entropy model. Both models are trained by `benchmarks/train_toponyms.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from geomap.gazetteer import COUNTRY_CODES, Gazetteer
from geomap.geonames import NameKind
from geomap.model import Article, Toponym
from geomap.resources import data_file, open_model
from geomap.roles import judge_role
from geomap.senses import class_of
from geomap.text import Parsed, Token, begins_name, parse

CONNECTORS = frozenset("of the and de la del el al da do dos di du der den von van le les los las upon on an ar es en i y".split())
LOCATIVE = frozenset("in at near from to around outside inside across throughout toward towards into outskirts between over via through".split())
TITLES = frozenset("mr mrs ms dr prof gen lt col sgt capt maj sen rep gov rev president minister secretary senator judge chief officer coach king queen prince mayor detective sheriff deputy lord lady sir spokesman spokeswoman chairman director attorney".split())
SAYING = frozenset("said says told added asked accused urged called warned vowed denied announced insisted agreed rejected blamed wants wanted condemned claimed".split())


_SIZES = ((1_000_000, "61"), (100_000, "52"), (15_000, "33"), (2_000, "14"), (0, "05"))


@dataclass(frozen=True, slots=True)
class Match:
    """A gazetteer name over tokens [first, last)."""

    first: int
    last: int
    key: int


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(data_file("data", name).read_text(encoding="utf-8").lower().split())


def name_runs(parsed: Parsed) -> Iterator[tuple[int, int]]:
    """Spans of tokens, within a sentence, that begin and end with a capital and hold only capitals and connectors."""
    tokens = parsed.tokens
    for first, last in parsed.sentences:
        i = first
        while i < last:
            if not begins_name(tokens[i].text):
                i += 1
                continue
            end = j = i + 1
            while j < last:
                if begins_name(tokens[j].text):
                    end = j + 1
                elif not (tokens[j].text in CONNECTORS or (tokens[j].text in "-–&" and tokens[j].start == tokens[j - 1].end) or _hyphened(tokens, j, last)) or j - end > (2 if _hyphened(tokens, end + 1, last) else 1):
                    break
                j += 1
            yield i, end
            i = end


def _hyphened(tokens: list[Token], j: int, last: int) -> bool:
    """Whether a word stands between two hyphens, as in "Port-au-Prince"."""
    return j + 1 < last and tokens[j - 1].text == "-" == tokens[j + 1].text and tokens[j - 1].end == tokens[j].start and tokens[j].end == tokens[j + 1].start


class Lookup:
    """Gazetteer names in one article's tokens, and what kinds of place each may mean."""

    def __init__(self, parsed: Parsed, gazetteer: Gazetteer) -> None:
        self.parsed, self.gazetteer = parsed, gazetteer
        self._runs: dict[tuple[int, int], list[Match]] = {}
        self.kinds: dict[int, str] = gazetteer.__dict__.setdefault("_kinds", {})

    def longest(self, first: int, last: int) -> list[Match]:
        """Leftmost longest names in a run; kept, since features and the second look ask for the same."""
        if (first, last) not in self._runs:
            self._runs[first, last] = self._longest(first, last)
        return self._runs[first, last]

    def _longest(self, first: int, last: int) -> list[Match]:
        words = [t.text for t in self.parsed.tokens[first:last]]
        return [Match(first + a, first + b, key) for a, b, key in self.gazetteer.longest(words, self.parsed.folded[first:last])]

    def kind_of(self, first: int, last: int) -> str:
        """The letters of the name over tokens [first, last), "-" when the gazetteer lacks it."""
        match = self.exact(first, last)
        return self.kind(match.key) if match else "-"

    def exact(self, first: int, last: int) -> Match | None:
        """The gazetteer name that covers tokens [first, last) and no more."""
        if last == first + 1 and (key := self.gazetteer.abbreviation(self.parsed.tokens[first].text)) is not None:
            return Match(first, last, key)
        found = self.gazetteer.trie.get(" ".join(w for w in self.parsed.folded[first:last] if w))
        return None if found is None else Match(first, last, int(found))

    def kind(self, key: int) -> str:
        """A letter for the weightiest place a name may mean, and whether it is the place's main name."""
        known = self.kinds.get(key)
        if known is None:
            known = self.kinds[key] = self._judge(key)
        return known

    def _judge(self, key: int) -> str:
        best, main = "", "a"
        for ordinal, kind in self.gazetteer.postings(key):
            place = self.gazetteer.place(ordinal)
            code = place.feature_code
            if kind == NameKind.DEMONYM:
                letter = "9D"
            elif code in COUNTRY_CODES:
                letter = "8C"
            elif code in ("ADM1", "CONT"):
                letter = "7A"
            elif code == "ADM2":
                letter = "4B"
            elif code.startswith("PPL"):
                letter = next(size for least, size in _SIZES if place.population >= least)
            else:
                letter = "5R"
            best = max(best, letter)
            main = "m" if kind in (NameKind.MAIN, NameKind.ABBREVIATION) else main
        return best[1:] + main


def document_features(parsed: Parsed) -> tuple[dict[str, set[str]], set[str]]:
    """How each capitalised word is used in the whole article, and the words it holds in lower case."""
    uses: dict[str, set[str]] = {}
    lower: set[str] = set()
    tokens, folded, given = parsed.tokens, parsed.folded, _words("given_names.txt")
    for i, token in enumerate(tokens):
        if not token.text[0].isupper():
            if token.text.isalpha():
                lower.add(token.text)
            continue
        before = folded[i - 1] if i else ""
        after = folded[i + 1] if i + 1 < len(tokens) else ""
        if before in LOCATIVE:
            uses.setdefault(folded[i], set()).add("in")
        elif before in TITLES or (before in given and tokens[i - 1].text[0].isupper()):
            uses.setdefault(folded[i], set()).add("person")
        if after in SAYING:
            uses.setdefault(folded[i], set()).add("says")
    return uses, lower


def _shape(word: str) -> str:
    if word.isupper():
        return "AA" if len(word) > 1 else "A"
    return "A.a" if "." in word else "Aa" if word[:1].isupper() and word[1:].islower() else "mixed"


def run_features(parsed: Parsed, lookup: Lookup, run: tuple[int, int], document: tuple[dict[str, set[str]], set[str]], sentence_starts: set[int]) -> list[list[str]]:
    """Features of each token of a run, as strings for the CRF."""
    tokens, folded = parsed.tokens, parsed.folded
    uses, lower = document
    given, common = _words("given_names.txt"), _words("common_words.txt")
    first, last = run
    hits: dict[int, tuple[str, str]] = {}
    for match in lookup.longest(first, last):
        kind, length = lookup.kind(match.key), min(match.last - match.first, 3)
        for i in range(match.first, match.last):
            hits[i] = ("B" if i == match.first else "I", f"{kind}{length}")

    def word(i: int) -> str:
        return folded[i] or tokens[i].text if 0 <= i < len(tokens) else "^"

    def hit(i: int) -> str:
        return "".join(hits.get(i, ("", "")))

    rows = []
    for i in range(first, last):
        text, w = tokens[i].text, word(i)
        before, after = word(i - 1), word(i + 1)
        g = hit(i)
        row = [
            "b", "w=" + w, "s=" + _shape(text), "x3=" + w[-3:], "x2=" + w[-2:], "g=" + g,
            "-1=" + before, "+1=" + after, "-2=" + word(i - 2), "+2=" + word(i + 2),
            "g-1=" + hit(i - 1), "g+1=" + hit(i + 1), "g|-1=" + g + "|" + before, "g|+1=" + g + "|" + after,
        ]
        if i in sentence_starts:
            row.append("start")
            row.append("start|g=" + g)
        if i == first:
            row.append("first")
        if i == last - 1:
            row.append("last|g=" + g)
        if w in common:
            row.append("common" + ("|low" if w in lower else "") + "|g=" + g[:2])
        if w in given:
            row.append("given|g=" + g[:2])
        if before in given:
            row.append("given-1")
        if before in TITLES:
            row.append("title-1")
        if before in LOCATIVE:
            row.append("loc-1|" + g[:1])
        for use in sorted(uses.get(w, ())):
            row.append("doc=" + use)
            row.append("doc=" + use + "|g=" + g[:2])
        rows.append(row)
    # A run's outer neighbours see past it: what precedes and follows the whole name.
    ahead, behind = word(last), word(first - 1)
    for row in rows:
        row.append("run+1=" + ahead)
        row.append("run-1=" + behind)
        row.append("len=" + str(min(last - first, 4)))
    return rows


def spans_of(labels: list[str], first: int) -> list[tuple[int, int]]:
    """Token spans of B I I … labels."""
    spans: list[tuple[int, int]] = []
    for i, label in enumerate(labels, first):
        if label == "B":
            spans.append((i, i + 1))
        elif label == "I" and spans and spans[-1][1] == i:
            spans[-1] = (spans[-1][0], i + 1)
    return spans


@cache
def _tagger() -> Any:
    return open_model("toponyms.crf")


# A name surely recognised once in an article is believed elsewhere in it at this lower probability.
_SURE, _SECOND_LOOK = 0.8, 0.08
_VESSEL = frozenset({"flagged", "registered"})  # "the Singapore-flagged Dali" is a ship
_CERTAIN = 0.95  # from which a name is a place though somebody in the article bears it


_UPPER_SHARE, _LOWER_SHARE = 0.7, 0.003


def recased(text: str, gazetteer: Gazetteer) -> str:
    """A text in capitals, or without any, with the case that the models were trained on; of the same length.

    Capitals become capitalised words, abbreviations aside. In a text without capitals, words of gazetteer names that
    are no common words get one: the case is the only sign that the models have.
    """
    letters, upper = sum(map(str.isalpha, text)), sum(map(str.isupper, text))
    shouting = upper >= _UPPER_SHARE * letters
    if letters < 20 or not (shouting or upper <= _LOWER_SHARE * letters):
        return text
    titled = _WORDS.sub(lambda word: _titled(word[0]), text)
    known: set[int] = set()
    for start, end, _ in gazetteer.names_in(titled):
        words = list(_WORDS.finditer(titled, start, end))
        if len(words) > 1 or not _is_common(words[0][0].lower()):
            known.update(word.start() for word in words)

    def case(word: re.Match[str]) -> str:
        if word.start() in known:
            return _titled(word[0])
        country = shouting and len(word[0]) < 4 and any(gazetteer.place(o).feature_code in COUNTRY_CODES for o, _ in gazetteer.lookup(word[0]))
        if not shouting or country or len(word[0]) == 1:
            return word[0]
        lowered = word[0].lower()
        opens = text[max(0, word.start() - 8) : word.start()].rstrip(" \n\"“'([")[-1:] in ("", ".", "!", "?", "]")
        return lowered if _is_common(lowered) and len(lowered) == len(word[0]) and not opens else _titled(word[0])

    return _WORDS.sub(case, text)


def _titled(word: str) -> str:
    titled = word[0].upper() + word[1:].lower()
    return titled if len(titled) == len(word) else word


def _is_common(word: str) -> bool:
    return len(word) < 4 or class_of(word) != "-" or word in CONNECTORS or word in _words("common_words.txt")


_WORDS = re.compile(r"[^\W\d_]+")


_SETTLEMENTS = frozenset("village town city settlement hamlet township municipality suburb".split())
_CUED = 0.5  # score of a name that only its surroundings tell to be a place


def _cued(parsed: Parsed, run: tuple[int, int]) -> bool:
    """Whether the words around say that an unknown name is a place: "in Mkhchyan village", "the village of Edilli"."""
    words, (first, last) = parsed.folded, run
    before, after = words[first - 1] if first else "", words[last] if last < len(words) else ""
    return last - first <= 3 and ((before in LOCATIVE and after in _SETTLEMENTS) or (before == "of" and first > 1 and words[first - 2] in _SETTLEMENTS))


def _surnames(parsed: Parsed, runs: list[tuple[int, int]], found: dict[tuple[int, int], float]) -> set[str]:
    """The last names of people whom the article gives a title and a first name: "Mayor Ekrem Imamoglu"."""
    taken = {i for first, last in found for i in range(first, last)}
    titled = ((i, last) for first, last in runs for i in range(max(first, last - 4), last - 2) if parsed.folded[i] in TITLES)
    return {parsed.folded[last - 1] for title, last in titled if not taken.intersection(range(title, last))}


def find_toponyms(article: Article, gazetteer: Gazetteer) -> list[Toponym]:
    """Place names of an article in order, with role. Their spans do not overlap; `text[start:end]` is the toponym."""
    parsed = parse(recased(article.text, gazetteer))
    lookup, document = Lookup(parsed, gazetteer), document_features(parsed)
    starts = {first for first, _ in parsed.sentences}
    tagger = _tagger()
    found: dict[tuple[int, int], float] = {}
    maybe: dict[tuple[int, int], float] = {}
    sure: set[str] = set()
    runs = list(name_runs(parsed))
    for run in runs:
        labels = tagger.tag(run_features(parsed, lookup, run, document, starts))
        spans = spans_of(labels, run[0])
        for first, last in spans:
            found[first, last] = min(tagger.marginal(labels[i - run[0]], i - run[0]) for i in range(first, last))
            if found[first, last] >= _SURE:
                sure.add(" ".join(parsed.folded[first:last]))
        if not spans and _cued(parsed, run):
            spans, found[run] = [run], _CUED
        taken = {i for first, last in spans for i in range(first, last)}
        for match in lookup.longest(*run):
            around = [i for i in (match.first - 1, match.last) if run[0] <= i < run[1]]
            if not taken.intersection(range(match.first, match.last)) and not any(begins_name(parsed.tokens[i].text) and i not in taken and i not in starts for i in around):
                maybe[match.first, match.last] = tagger.marginal("B", match.first - run[0])
    found |= {span: p for span, p in maybe.items() if p >= _SECOND_LOOK and " ".join(parsed.folded[span[0] : span[1]]) in sure}
    found = {span: p for span, p in found.items() if parsed.folded[span[0] - 1] not in _VESSEL}
    people = _surnames(parsed, runs, found)
    found = {span: p for span, p in found.items() if not (p < _CERTAIN and span[1] == span[0] + 1 and parsed.folded[span[0]] in people and "in" not in document[0].get(parsed.folded[span[0]], ()))}
    toponyms = []
    for (first, last), score in sorted(found.items()):
        begin, end = parsed.tokens[first].start, parsed.tokens[last - 1].end
        role = judge_role(parsed, (first, last), lookup.kind_of(first, last))
        toponyms.append(Toponym(begin, end, article.text[begin:end], role, round(score, 4)))
    return toponyms
