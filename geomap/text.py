"""Tokens, sentences and name folding: every stage sees the text through these, so offsets agree everywhere."""

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# A letter with its combining marks; apostrophes join ("d'Ivoire"), a possessive 's stands alone.
_LETTER = r"[^\W\d_][\u0300-\u036f]*"
_WORD = rf"(?:{_LETTER})+(?:['’ʻʼ`](?!s\b)(?:{_LETTER})+)*"
_TOKEN = re.compile(rf"W\. ?Va\.|(?:[^\W\d_]\.){{2,}}|['’]s\b|{_WORD}|\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?\b|\d+|[^\w\s]|_")

# Abbreviations that keep their full stop and do not end a sentence.
_DOTTED = frozenset(
    "Mr Mrs Ms Dr Prof Gen Lt Col Sgt Capt Maj Cpl Pvt Sen Rep Gov Pres Rev Hon St Ste Mt Ft Jr Sr No Inc Co Corp Ltd vs al Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun approx est Ave Blvd Rd Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Md Mass Mich Minn Miss Mo Mont Neb Nev Okla Ore Pa Tenn Tex Vt Va Wash Wis Wyo Ont Alta Man Sask Que Gov Atty Supt Cmdr Adm Brig Det Insp Msgr Fr Sec".split()
)
_NEVER_ENDS = frozenset("Mr Mrs Ms Dr Prof Gen Lt Col Sgt Capt Maj Cpl Pvt Sen Rep Gov Pres Rev Hon St Ste Mt Ft vs Atty Supt Cmdr Adm Brig Det Insp Msgr".split())
_LETTERS = str.maketrans(
    {"ı": "i", "ə": "a", "Ə": "a", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "þ": "th",
     "ß": "ss", "æ": "ae", "œ": "oe", "Æ": "ae", "ħ": "h", "ŧ": "t", "ŋ": "n"} | dict.fromkeys("'’ʻʼ`´‘ʿʾ.·", ""),
)


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int


@lru_cache(maxsize=200_000)
def fold(name: str) -> str:
    """Lower case without diacritics, apostrophes or full stops; hyphens become spaces. "Kəlbəcər" -> "kalbacar"."""
    if name.isascii():
        plain = name.lower().replace("'", "").replace(".", "").replace("`", "")
    else:
        plain = unicodedata.normalize("NFKD", name.translate(_LETTERS).casefold())
        plain = "".join(c for c in plain if not unicodedata.combining(c)).translate(_LETTERS)
    return " ".join(plain.replace("-", " ").replace("–", " ").split())


def spreadsheet_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that looks like it gets an apostrophe."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def begins_name(word: str) -> bool:
    """Whether a word may begin a name: a capital, or a letter of a script without case."""
    first = word[0]
    return first.isupper() or (not first.isascii() and first.isalpha() and not first.islower())


def tokenize(text: str) -> list[Token]:
    """Words, numbers and punctuation marks with their offsets; known abbreviations keep their full stop."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        word = match.group()
        if text.startswith(".", end) and word in _DOTTED:
            word, end = word + ".", end + 1
        elif word == "." and tokens and tokens[-1].end > start:
            continue
        tokens.append(Token(word, start, end))
    return tokens


def sentences(text: str, tokens: list[Token]) -> list[tuple[int, int]]:
    """Spans of sentences as (first token, one past the last token).

    A blank line ends one too, and a line's end before a capital, unless the text is wrapped at a fixed width.
    """
    spans, first, full = [], 0, _full_line(text)
    for i, token in enumerate(tokens):
        if i + 1 == len(tokens):
            spans.append((first, i + 1))
            break
        following = tokens[i + 1]
        gap = text[token.end : following.start]
        if "\n" in gap and not (gap.count("\n") == 1 and token.end - text.rfind("\n", 0, token.start) - 1 >= full):
            ends = "\n\n" in gap.replace(" ", "").replace("\r", "").replace("\t", "") or _starts(following.text) or not following.text[0].isalpha()
        elif token.text in ".!?…" or (token.text in ("\"", "”", "’", "'", ")") and i > first and tokens[i - 1].text in ".!?…"):
            closes = following.text in ("”", "’", ")", "\"", "'") and not gap
            ends = not closes and (_starts(following.text) or following.text in "\"“‘'([" or following.text.isdigit())
        elif token.text.endswith(".") and len(token.text) > 1:
            ends = token.text[:-1] not in _NEVER_ENDS and _opens_sentence(token.text, following, tokens, i)
        else:
            ends = False
        if ends:
            spans.append((first, i + 1))
            first = i + 1
    return spans


_WRAPPED = (40, 100)  # widths at which mail and wire services wrap lines


def _full_line(text: str) -> float:
    """From which length a line of a hard-wrapped text runs on into the next; infinite for other texts."""
    lengths = [len(line) for line in text.split("\n") if line.strip()]
    if len(lengths) < 4:
        return math.inf
    widest = max(lengths)
    near = sum(length >= 0.75 * widest for length in lengths)
    return 0.6 * widest if _WRAPPED[0] <= widest <= _WRAPPED[1] and 2 * near >= len(lengths) else math.inf


_OPENERS = frozenset("The A An In On At He She It They We But And As After Before While When If This That These Those His Her Its Their There For From With By However Meanwhile Officials Police".split())


def _starts(word: str) -> bool:
    return word[0].isupper() or not word[0].isascii()


def _opens_sentence(word: str, following: Token, tokens: list[Token], i: int) -> bool:
    """After "U.S." or "Ky." a sentence ends only before a word that opens one."""
    return following.text in _OPENERS or following.text in ("“", "\"")


@dataclass(frozen=True, slots=True)
class Parsed:
    """An article's text as tokens, their folded forms and sentence spans (first token, one past the last)."""

    text: str
    tokens: list[Token]
    folded: list[str]
    sentences: list[tuple[int, int]]


@lru_cache(maxsize=4)
def parse(text: str) -> Parsed:
    """Tokens and sentences of a text; cached, since each stage of one article asks for the same."""
    tokens = tokenize(text)
    return Parsed(text, tokens, [fold(t.text) for t in tokens], sentences(text, tokens))
