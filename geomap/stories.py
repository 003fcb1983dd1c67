"""Which articles of a batch tell the same story, judged by the rarer word sequences they share."""

import zlib
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


_SAMPLE = 8  # one shingle in eight is looked at first
_COPY = 0.8  # share of shingles in common (Jaccard) that makes two texts copies of one


def copies_of(texts: dict[str, str]) -> dict[str, list[str]]:
    """For the first of each set of near-equal texts, the ids of the others, in order.

    Candidates share sampled shingles (the same sample in every text), so the work grows with the copies, not the pairs.
    """
    held = {key: frozenset(shingles(text)) for key, text in texts.items()}
    holders: dict[str, list[str]] = {}
    copies: dict[str, list[str]] = {}
    equal: dict[str, str] = {}
    for key, own in held.items():
        plain = " ".join(texts[key].split())
        first = equal.setdefault(plain, key)
        if first != key:
            copies.setdefault(first, []).append(key)
            continue
        sample = [s for s in own if zlib.crc32(s.encode()) % _SAMPLE == 0]
        likely = Counter(other for s in sample for other in holders.get(s, ()))
        original = next((o for o, n in sorted(likely.items(), key=lambda c: (-c[1], c[0])) if 2 * n >= len(sample) and len(own & held[o]) >= _COPY * len(own | held[o])), None)
        if original is not None:
            copies.setdefault(original, []).append(key)
            continue
        for shingle in sample:
            listed = holders.setdefault(shingle, [])
            if len(listed) < 50:  # boilerplate shared by all says nothing
                listed.append(key)
    return copies
