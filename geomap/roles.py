"""Literal or associative: whether something is at a named place, or the name stands for a government, a people,
an adjective or part of an organisation's name (Gritta et al. 2019). A maximum-entropy model over the words around.
"""

from functools import cache
from typing import Any

from geomap.model import Role
from geomap.resources import data_file
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
    # The first preposition or noun to the left decides "in the Armenian capital" and "in northern Armenia".
    for back in range(1, 5):
        if word(first - back) in MOTION:
            row.append(f"loc-{back}" if back < 3 else "loc-far")
            row.append(f"loc|k={kind}|cap={cap(beyond):d}")
            break
    else:
        row.append("noloc|k=" + kind)
    if possessive:
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


@cache
def _tagger() -> Any:
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open(str(data_file("data", "roles.crf")))
    return tagger


def judge_role(parsed: Parsed, span: tuple[int, int], kind: str) -> Role:
    """The likelier role of a recognised name; a demonym is always associative."""
    if kind.startswith("D"):
        return Role.ASSOCIATIVE
    return Role(_tagger().tag([role_features(parsed, span, kind)])[0])
