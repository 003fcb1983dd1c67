"""Who acts in a sentence: states, forces, organisations, and named people with their office (`data/actors.toml`)."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from geomap.model import Actor
from geomap.resources import data_file
from geomap.text import Parsed

# A name after an office: two or three capitalised words ("Prime Minister Nikol Pashinyan").
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class State:
    """A country over tokens [first, last): as itself, by its demonym or by its capital."""

    first: int
    last: int
    name: str
    country_code: str
    acts: bool  # named for what it does, not for where it lies


@dataclass(frozen=True, slots=True)
class Cast:
    """The tables of actors.toml, by word."""

    forces: dict[str, str]
    offices: dict[tuple[str, ...], str]
    organisations: re.Pattern[str]
    roles: dict[str, tuple[str, str]]


@cache
def load_cast() -> Cast:
    """`data/actors.toml`, read once."""
    table = tomllib.loads(data_file("data", "actors.toml").read_text(encoding="utf-8"))
    roles = {name: (row["role"], row.get("country", "")) for row in table["organisation"] for name in row["names"]}
    names = "|".join(re.escape(name) for name in sorted(roles, key=lambda n: (-len(n), n)))
    return Cast(
        {word.replace("-", " "): row["role"] for row in table["force"] for word in row["words"].split()},
        {tuple(word.split("-")): row["role"] for row in table["office"] for word in row["words"].split()},
        re.compile(rf"(?<![\w-])(?:{names})(?![\w-])"), roles,
    )


def find_actors(parsed: Parsed, sentence: tuple[int, int], states: Sequence[State]) -> tuple[Actor, ...]:
    """Actors of a sentence (tokens [first, last)), sorted by country, role and name.

    A force is named with its country ("Armenian soldiers"); a person gets the country named just before the office,
    else the only one that the sentence names.
    """
    cast = load_cast()
    words, tokens = parsed.folded, parsed.tokens
    first, last = sentence
    actors: set[Actor] = set()
    taken: set[int] = set()
    for state in states:
        after = " ".join(words[state.last : state.last + 2])
        force = next((w for w in (after, after.partition(" ")[0]) if w in cast.forces), None)
        if force:
            end = tokens[min(state.last + len(force.split()), last) - 1].end
            actors.add(Actor(parsed.text[tokens[state.first].start : end], cast.forces[force], state.country_code))
        if state.acts:
            actors.add(Actor(state.name, "state", state.country_code))
    countries = {s.country_code for s in states}
    for i in range(first, last):
        office = next((size for size in (3, 2, 1) if i not in taken and tuple(words[i : i + size]) in cast.offices), 0)
        if not office:
            continue
        taken |= set(range(i, i + office))
        name = i + office
        while name < min(last, i + office + _MOST_NAMES) and tokens[name].text[:1].isupper() and not any(s.first <= name < s.last for s in states):
            name += 1
        if name - i - office < 2:
            continue
        beside = next((s.country_code for s in states if s.last in (i, i - 1)), next(iter(countries)) if len(countries) == 1 else "")
        actors.add(Actor(parsed.text[tokens[i + office].start : tokens[name - 1].end], cast.offices[tuple(words[i : i + office])], beside))
    begin, end = tokens[first].start, tokens[last - 1].end
    for match in cast.organisations.finditer(parsed.text, begin, end):
        actors.add(Actor(match.group(), *cast.roles[match.group()]))
    return tuple(sorted(actors, key=lambda a: (a.country_code, a.role, a.name)))
