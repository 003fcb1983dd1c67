"""The event lexicon (`data/event_types.toml`): types, their triggers, and finding triggers in a sentence."""

import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from geomap.errors import ConfigError
from geomap.resources import data_file

_STEM = 3  # letters by which a trigger's first word is indexed
_KEPT = 100_000  # words whose triggers are remembered
_GAP = 4  # most words that "..." stands for


@dataclass(frozen=True, slots=True)
class EventType:
    id: str
    group: str
    label: str
    plover: str
    acled: str
    symbol: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """A sequence of word patterns; each is a tuple of alternatives, "..." a gap, "_" any word but "by" and "when", "@" a place name."""

    type: str
    words: tuple[tuple[str, ...], ...]
    acled: str
    strength: str
    needs: str
    tests: tuple["_Test", ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A trigger over tokens [first, last)."""

    trigger: Trigger
    first: int
    last: int


class Lexicon:
    """Event types and an index of their triggers by the first letters of their first word."""

    def __init__(self, table: dict[str, Any], path: Path) -> None:
        self.types: dict[str, EventType] = {}
        self._triggers: dict[str, list[Trigger]] = {}
        self._first: dict[str, tuple[Trigger, ...]] = {}
        try:
            for row in table["type"]:
                kind = EventType(row["id"], row["group"], row["label"], row["plover"], row["acled"], row["symbol"], tuple(row["examples"]))
                self.types[kind.id] = kind
                for group in row["triggers"]:
                    for words in group["words"]:
                        for patterns in _patterns(words):
                            self._add(Trigger(kind.id, patterns, group.get("acled", kind.acled), group.get("strength", "strong"), group.get("needs", ""), _tests(patterns)))
            for words in table["never"]:
                for patterns in _patterns(words):
                    self._add(Trigger("", patterns, "", "never", "", _tests(patterns)))
        except KeyError as missing:
            raise ConfigError(f"{path}: an event type lacks {missing}; every type needs id, group, label, plover, acled, symbol, examples and triggers") from None

    def _add(self, trigger: Trigger) -> None:
        for word in trigger.words[0]:
            self._triggers.setdefault(word.rstrip("*")[:_STEM], []).append(trigger)

    def _beginning(self, word: str) -> tuple[Trigger, ...]:
        """Triggers that may begin with a word; kept, since news says the same words again."""
        known = self._first.get(word)
        if known is None:
            known = tuple(t for t in self._triggers.get(word[:_STEM], ()) if t.tests[0].fits(word))
            if len(self._first) < _KEPT:
                self._first[word] = known
        return known

    def find(self, words: list[str], first: int, last: int, named: frozenset[int] = frozenset()) -> list[Hit]:
        """Triggers in `words[first:last]`, longest first at each place, without those inside an idiom of `never`.

        `named`: the tokens at which a place name begins, which "@" stands for.
        """
        hits = []
        for i in range(first, last):
            for trigger in self._beginning(words[i]):
                end = _match(trigger.tests, 1, words, i + 1, last, named)
                if end:
                    hits.append(Hit(trigger, i, end))
        never = [h for h in hits if h.trigger.strength == "never"]
        return [h for h in hits if h.trigger.strength != "never" and not any(n.first < h.last and h.first < n.last for n in never)]


def _patterns(words: str) -> list[tuple[tuple[str, ...], ...]]:
    """The word patterns of a trigger; several where an alternative has several words ("held|took+place")."""
    choices: list[list[tuple[tuple[str, ...], ...]]] = []
    for word in words.split():
        alternatives = word.split("|")
        single = tuple(a for a in alternatives if "+" not in a)
        choices.append([*([(single,)] if single else []), *(tuple((w,) for w in a.split("+")) for a in alternatives if "+" in a)])
    return [tuple(pattern for part in parts for pattern in part) for parts in product(*choices)]


@dataclass(frozen=True, slots=True)
class _Test:
    """One word pattern made ready: whole words, beginnings, or any word."""

    words: frozenset[str]
    beginnings: tuple[str, ...]
    any: bool
    gap: bool
    place: bool

    def fits(self, word: str) -> bool:
        return word in self.words or word.startswith(self.beginnings) or (self.any and word not in ("by", "when"))


def _tests(patterns: tuple[tuple[str, ...], ...]) -> tuple[_Test, ...]:
    return tuple(_Test(frozenset(a for a in p if not a.endswith("*") and a not in ("_", "@")), tuple(a[:-1] for a in p if a.endswith("*")), "_" in p, p == ("...",), "@" in p) for p in patterns)


def _match(patterns: tuple[_Test, ...], p: int, words: list[str], i: int, last: int, named: frozenset[int]) -> int:
    """End of a match of patterns[p:] at word i, 0 for none."""
    while p < len(patterns):
        while i < last and not words[i]:  # a hyphen: "cease-fire" is "cease fire"
            i += 1
        if patterns[p].gap:
            room = _GAP
            for j in range(i, last + 1):
                if j > i:
                    room -= words[j - 1] != ""  # hyphens take no room
                    if room < 0 or words[j - 1] in (".", ";", ":"):
                        return 0
                end = _match(patterns, p + 1, words, j, last, named)
                if end:
                    return end
            return 0
        if i >= last or not (patterns[p].fits(words[i]) or (patterns[p].place and i in named)):
            return 0
        p, i = p + 1, i + 1
    return i


@cache
def load_lexicon(path: Path | None = None) -> Lexicon:
    """The built-in lexicon, or one's own. Raises ConfigError when it is not valid."""
    path = path or data_file("data", "event_types.toml")
    try:
        return Lexicon(tomllib.loads(path.read_text(encoding="utf-8")), path)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not a readable event lexicon ({error})") from None


@dataclass(frozen=True, slots=True)
class Style:
    """How a group of event types looks."""

    label: str
    colour: str


@cache
def load_styles() -> dict[str, Style]:
    """`data/styles.toml`: group -> style."""
    table = tomllib.loads(data_file("data", "styles.toml").read_text(encoding="utf-8"))
    return {group: Style(row["label"], row["colour"]) for group, row in table.items()}
