"""Which articles of a batch tell the same story, judged by the rarer word sequences they share."""

from collections import Counter
from collections.abc import Iterable

from geomap.text import fold, parse

_LENGTH = 4  # words in a shingle (Broder 1997)
_SHARED = 2  # shingles in common that make two articles one story
_COMMON = 0.5  # a shingle in more than this share of the batch says nothing


def shingles(text: str) -> set[str]:
    """Sequences of four words of a text, folded; quotation marks and punctuation left out."""
    words = [fold(t.text) for t in parse(text).tokens if t.text[0].isalnum()]
    return {" ".join(words[i : i + _LENGTH]) for i in range(len(words) - _LENGTH + 1)}


def same_story(texts: dict[str, str], wanted: Iterable[str]) -> dict[str, list[str]]:
    """For each wanted id the other ids whose text shares at least two rarer shingles, most shared first."""
    held = {key: shingles(text) for key, text in texts.items()}
    seen = Counter(s for own in held.values() for s in own)
    most = max(2, _COMMON * len(texts))
    holders: dict[str, list[str]] = {}
    for key, own in held.items():
        for shingle in own:
            if 2 <= seen[shingle] <= most:
                holders.setdefault(shingle, []).append(key)
    found = {}
    for key in wanted:
        shared = Counter(other for s in held[key] for other in holders.get(s, ()) if other != key)
        found[key] = [other for other, n in sorted(shared.items(), key=lambda item: (-item[1], item[0])) if n >= _SHARED]
    return found
