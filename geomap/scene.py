"""One article as the event stage sees it: its tokens, its places and times by token, and where a trigger reaches."""

from bisect import bisect_left
from dataclasses import dataclass

from geomap.attach import Spot
from geomap.gazetteer import Gazetteer
from geomap.lexicon import Hit
from geomap.model import Article, TimeSpan
from geomap.text import Parsed


@dataclass(frozen=True, slots=True)
class Scene:
    """What the stages found in one article, by token."""

    article: Article
    parsed: Parsed
    spots: list[Spot]
    times: list[TimeSpan]
    gazetteer: Gazetteer
    parties: tuple[str, ...]  # country codes, most named first
    home: str  # country code of four in five of all places named; "" where no country has so many
    index: dict[int, int]  # token at a character

    def spots_in(self, first: int, last: int) -> list[Spot]:
        """Toponyms that begin in tokens [first, last)."""
        return self.spots[bisect_left(self.spots, first, key=lambda s: s.first) : bisect_left(self.spots, last, key=lambda s: s.first)]

    def times_in(self, begin: int, end: int) -> list[TimeSpan]:
        """Time expressions within characters [begin, end)."""
        return [t for t in self.times[bisect_left(self.times, begin, key=lambda t: t.start) : bisect_left(self.times, end, key=lambda t: t.start)] if t.end <= end]


def reach_of(parsed: Parsed, hit: Hit) -> tuple[int, int]:
    """A trigger's tokens; for "were killed when" up to the word that opens how it happened."""
    if hit.trigger.strength == "weak":
        opens = next((i for i in range(hit.last, min(hit.last + 6, len(parsed.folded))) if parsed.folded[i] in ("when", "as")), None)
        if opens:
            return hit.first, opens + 1
    return hit.first, hit.last
