"""Literal or associative: whether something is at a named place, or the name stands for a government, a people,
an adjective or part of an organisation's name (Gritta et al. 2019). A maximum-entropy model over the words around.
"""

import re
from functools import cache, lru_cache
from typing import Any

from geomap.model import Role
from geomap.resources import open_model
from geomap.senses import class_of, classes_of
from geomap.text import Parsed

MOTION = frozenset("in at near from to around outside inside across throughout toward towards into via through off along above below beyond within".split())
SAYING = frozenset("said says told added asked accused urged called warned vowed denied announced insisted agreed rejected blamed wants wanted condemned claimed has have had is was will would could should may might must".split())


def role_features(parsed: Parsed, span: tuple[int, int], kind: str) -> list[str]:
    """Features of one recognised name over tokens [first, last); `kind` is the gazetteer's letter for it."""
    first, last = span
    tokens, folded = parsed.tokens, parsed.folded

    def word(i: int) -> str:
        return folded[i] or tokens[i].text if 0 <= i < len(tokens) else "^"

    def cap(i: int) -> bool:
        return 0 <= i < len(tokens) and tokens[i].text[0].isupper()

    before, after = word(first - 1), word(last)
    possessive = tokens[last].text[1:] == "s" and tokens[last].text[0] in "'’" if last < len(tokens) else False
    beyond = last + 1 if possessive else last
    head = word(beyond)
    row = [
        "b", "k=" + kind, "-1=" + before, "+1=" + after, "-2=" + word(first - 2), "+2=" + word(last + 1),
        f"cap={cap(first - 1):d}{cap(beyond):d}", f"k={kind}|cap={cap(beyond):d}", "+x3=" + head[-3:], "k=" + kind + "|+x2=" + head[-2:],
        "h=" + head, "k=" + kind + "|-1=" + before, "long=" + str(min(last - first, 3)),
    ]
    # "Baku and Yerevan accused": what follows the last of the named.
    chain = beyond
    while chain + 1 < len(tokens) and (tokens[chain].text == "," or folded[chain] in ("and", "or")) and cap(chain + 1) and chain - last < 10:
        chain += 1
        while chain < len(tokens) and cap(chain):
            chain += 1
    back = first
    while back > 1 and (tokens[back - 1].text == "," or folded[back - 1] in ("and", "or")) and cap(back - 2) and first - back < 10:
        back -= 1
        while back > 0 and cap(back - 1):
            back -= 1
    own = "-".join(folded[first:last])
    row += [
        "w=" + own, "ch=" + word(chain), "chx=" + word(chain)[-2:] + f"|cap={cap(chain):d}", "bk=" + word(back - 1), "bk2=" + word(back - 2), "k|bk=" + kind + word(back - 1),
        "-12=" + word(first - 2) + "|" + before, "+12=" + after + "|" + word(last + 1), "+2x=" + word(beyond + 1)[-2:], "k|h=" + kind[:1] + head, "-1|h=" + before + "|" + head[-2:],
        "-3=" + word(first - 3), f"cap2={cap(first - 2):d}{cap(beyond + 1):d}", "the" if before == "the" else "nothe",
    ]
    # What kind of thing the noun after it names ("Texas lawmakers", "Texas towns"), and the verbs and nouns around.
    end = beyond
    while end + 1 < len(tokens) and end - beyond < 3 and classes_of(folded[end + 1])[:1] and classes_of(folded[end + 1])[0][0] == "n" and not cap(end + 1):
        end += 1
    noun = class_of(word(end)) if not cap(beyond) else "C"
    verb = next((class_of(word(i)) for i in range(beyond, min(beyond + 6, len(tokens))) if class_of(word(i))[0] == "v"), "-")
    left = next((class_of(word(i)) for i in range(first - 1, max(first - 6, -1), -1) if class_of(word(i))[0] in "vn"), "-")
    row += [
        "hc=" + class_of(head), "nc=" + noun, f"k|nc={kind}{noun}", f"-1|nc={before}|{noun}", "vc=" + verb, f"k|vc={kind}{verb}", "lc=" + left, f"-1|lc={before}|{left}",
        "chc=" + class_of(word(chain)), "b1c=" + class_of(before), "b2c=" + class_of(word(first - 2)), f"-1|b2c={before}|{class_of(word(first - 2))}",
    ]
    # The first preposition or noun to the left decides "in the Armenian capital" and "in northern Armenia".
    for back in range(1, 5):
        if word(first - back) in MOTION:
            row.append(f"loc-{back}" if back < 3 else "loc-far")
            row.append(f"loc|k={kind}|cap={cap(beyond):d}")
            break
    else:
        row.append("noloc|k=" + kind)
    topic = topic_of(parsed.text)
    row += [f"t={topic}", f"t={topic}|k={kind}", f"t={topic}|-1={before}"]
    if first == 0 or tokens[first - 1].text in ".!?”\"—:":
        row += ["start|vc=" + verb, "start|h=" + class_of(head)]
    row.append(f"seq={class_of(before)[:1]}{before in _FUNCTION:d}|{class_of(head)}")
    if possessive:
        row.append("poss|nc=" + noun)
        row.append("poss")
        row.append("poss|k=" + kind)
    if head in SAYING:
        row.append("says|k=" + kind)
    if not any(c.isalnum() for c in after):
        row.append("end|k=" + kind)
        row.append("end|-1=" + before)
    if before == ",":
        row.append("comma|k=" + kind)
    if tokens[first].text.isupper() and len(tokens[first].text) > 3:
        row.append("caps")
    return row


_FUNCTION = frozenset("the a an of to and or for with by from as that which who but than against between among under over about".split())
_SPORT = re.compile(r"\b(?:season|coach|league|match|goals?|football|basketball|tournament|championship|playoffs?|cup|team|scored|players?|game)\b")


@lru_cache(maxsize=4)
def topic_of(text: str) -> str:
    """"sport" where a team may bear its town's name; a word in forty is a sports word there."""
    return "sport" if len(_SPORT.findall(text)) * 60 > text.count(" ") else "news"


@cache
def _tagger() -> Any:
    return open_model("roles.crf")


def judge_role(parsed: Parsed, span: tuple[int, int], kind: str) -> Role:
    """The likelier role of a recognised name; a demonym is always associative."""
    if kind.startswith("D"):
        return Role.ASSOCIATIVE
    return Role(_tagger().tag([role_features(parsed, span, kind)])[0])
