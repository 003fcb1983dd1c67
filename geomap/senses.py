"""What kind of thing a common word names: WordNet's classes (person, group, act, place, saying, moving …)."""

from functools import cache, lru_cache

from geomap.resources import data_file


@cache
def _classes() -> dict[str, str]:
    lines = data_file("data", "word_classes.txt").read_text(encoding="utf-8").splitlines()
    return {word: classes for word, _, classes in (line.partition(" ") for line in lines)}


_ENDINGS = (("", ""), ("s", ""), ("es", ""), ("ies", "y"), ("men", "man"), ("ed", ""), ("d", ""), ("ied", "y"), ("ing", ""), ("ing", "e"), ("er", ""), ("ers", ""))


@lru_cache(maxsize=50_000)
def classes_of(word: str) -> tuple[str, ...]:
    """Classes of a lower-case word in any inflection, likeliest first: "n18" a person, "v32" saying; () when unknown.

    The numbers are WordNet's lexicographer files (Fellbaum 1998); a letter says noun or verb.
    """
    known = _classes()
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            stem = word[: len(word) - len(ending)] + instead
            for form in (stem, stem[:-1]) if len(stem) > 3 and stem[-1:] == stem[-2:-1] else (stem,):
                if form in known:
                    return tuple(known[form].split())
    return ()


def class_of(word: str) -> str:
    """The likeliest class of a word, "-" when unknown."""
    found = classes_of(word)
    return found[0] if found else "-"
