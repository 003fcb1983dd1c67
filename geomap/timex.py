"""The grammar of time expressions in news English: what they look like. `geomap.dates` says what days they mean."""

import re
from collections.abc import Iterator

MONTHS = {name: i for i, names in enumerate(
    ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
     "september sept sep", "october oct", "november nov", "december dec"), 1) for name in names.split()}
WEEKDAYS = {name: i for i, names in enumerate(
    ("monday mon", "tuesday tues tue", "wednesday wed", "thursday thurs thur thu", "friday fri", "saturday sat", "sunday sun")) for name in names.split()}
NUMBERS = {name: i for i, name in enumerate("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(), 1)}
NUMBERS |= {"a": 1, "an": 1, "couple": 2, "a couple of": 2, "several": 3, "few": 3, "a few": 3, "a dozen": 12, "thirty": 30, "forty": 40, "fifty": 50}
SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 2)}

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?"
_WEEKDAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Mon\.|Tues?\.|Wed\.|Thurs?\.|Fri\.|Sat\.|Sun\.)"
_NUMBER = r"(?:\d{1,3}|a couple of|a few|a dozen|an?|several|few|couple|" + "|".join(n for n in NUMBERS if " " not in n and len(n) > 2 and n not in ("few", "couple", "several")) + ")"
_UNIT = r"(?P<{}>day|week|month|year|decade|hour|minute|century)s?"
_YEAR = r"(?:1[5-9]\d\d|20\d\d)"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_PART = r"(?:\s+(?:early\s+|late\s+)?(?:morning|afternoon|evening|night|noon|midnight))?"
_DASH = r"\s*(?:-|–|—|to|and|through|until)\s*"

# Words that point at a time without saying which; the values are TIMEX3's.
VAGUE = {
    "now": "PRESENT_REF", "nowadays": "PRESENT_REF", "currently": "PRESENT_REF", "at present": "PRESENT_REF", "at the moment": "PRESENT_REF", "presently": "PRESENT_REF",
    "recently": "PAST_REF", "previously": "PAST_REF", "in the past": "PAST_REF", "the past": "PAST_REF", "formerly": "PAST_REF",
    "soon": "FUTURE_REF", "in the (?:near )?future": "FUTURE_REF", "the (?:near )?future": "FUTURE_REF",
}

EXPRESSION = re.compile(r"(?<!\w)(?=[\w'’])(?:" + "|".join((
    rf"(?P<iso>\b{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b)",
    rf"(?P<md_range>\b(?P<mr_m>{_MONTH})\s*(?P<mr_a>{_DAY}){_DASH}(?:(?P<mr_m2>{_MONTH})\s*)?(?P<mr_b>{_DAY})\b(?:st|nd|rd|th)?(?:,?\s+(?P<mr_y>{_YEAR}))?(?!\d))",
    rf"(?P<dm_range>\b(?P<dr_a>{_DAY}){_DASH}(?P<dr_b>{_DAY})\s+(?P<dr_m>{_MONTH})(?:,?\s+(?P<dr_y>{_YEAR}))?)",
    rf"(?P<md>(?:(?P<md_w>{_WEEKDAY}),?\s+)?\b(?P<md_m>{_MONTH})\s*(?P<md_d>{_DAY})(?:st|nd|rd|th)?\b(?:,?\s+(?P<md_y>{_YEAR})\b)?(?!:?\d))",
    rf"(?P<dm>(?:(?P<dm_w>{_WEEKDAY}),?\s+)?\b(?:the\s+)?(?P<dm_d>{_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<dm_m>{_MONTH})(?:,?\s+(?P<dm_y>{_YEAR})\b)?)",
    rf"(?P<slash>\b(?P<sl_a>\d{{1,2}})/(?P<sl_b>\d{{1,2}})/(?P<sl_y>{_YEAR}|\d\d)\b)",
    rf"(?P<my>(?:\b(?P<my_part>early|mid|late|the (?:beginning|middle|end) of)[\s-]+)?(?:\b(?P<my_rel>last|next|this|this past)\s+)?\b(?P<my_m>{_MONTH})(?:,?\s+(?:of\s+)?(?P<my_y>{_YEAR})\b|,?\s+(?P<my_rely>last|this|next)\s+year\b)?)",
    rf"(?P<season>(?:\b(?P<se_rel>last|next|this|this past|the)\s+)?\b(?P<se_s>spring|summer|autumn|fall|winter)\b(?:\s+(?:of\s+)?(?P<se_y>{_YEAR}))?)",
    rf"(?P<quarter>\b(?:the\s+)?(?P<qu>first|second|third|fourth|1st|2nd|3rd|4th)[\s-]+quarter\b(?:\s+(?:of\s+)?(?P<qu_y>{_YEAR}))?)",
    r"(?P<decade>\b(?:the\s+)?(?:(?P<de_part>early|mid|late)[\s-]+)?(?P<de>1[5-9]\d|20\d)0'?s\b|\b(?:the\s+)?(?:(?P<de_part2>early|mid|late)[\s-]+)?['’](?P<de2>\d)0s\b)",
    rf"(?P<years>\b(?:(?:from|between)\s+)?(?P<ys_a>{_YEAR})(?:-|–|—|\s+to\s+|\s+and\s+)(?P<ys_b>{_YEAR}|\d\d)\b(?![-/\d]))",
    rf"(?P<weekday>(?:\b(?P<wd_rel>last|next|this|this past|this coming|the following|the previous|late|early)\s+)?\b(?P<wd>{_WEEKDAY}){_PART})(?!-)",
    rf"(?P<ago>\b(?:(?:about|almost|nearly|some|more than|over|around|at least|just)\s+)?(?P<ag_n>{_NUMBER})(?:\s+and\s+a\s+half)?\s+{_UNIT.format('ag_u')}\s+ago\b)",
    rf"(?P<shift>\b(?:(?:about|almost|nearly|some|more than|over|around|just)\s+)?(?P<sh_n>{_NUMBER}|the)\s+{_UNIT.format('sh_u')}\s+(?P<sh_dir>earlier|before|prior|later|after|afterwards?)\b)",
    rf"(?P<past>\b(?:(?:over|in|during|for|within)\s+)?(?:the\s+)?(?P<pa_dir>past|last|next|coming|previous)\s+(?P<pa_n>{_NUMBER})\s+{_UNIT.format('pa_u')}\b)",
    rf"(?P<recent>\b(?:in\s+)?(?:recent|the (?:past|last) few)\s+{_UNIT.format('re_u')}\b)",
    r"(?P<unit>\b(?:(?P<un_part>early|earlier|late|later|the (?:beginning|start|middle|end) of|mid)[\s-]+)?(?P<un_rel>last|next|this|this past|the past|the previous|the following|the coming|the next|the current|the same|previous|coming|that)\s+(?P<un>week|month|year|decade|century|weekend|day|quarter)\b)",
    r"(?P<deictic>\b(?:today|yesterday|tomorrow|tonight|the next (?:morning|afternoon|evening)|the following (?:morning|afternoon|evening)|overnight(?!\s+(?:on\s+|into\s+)?[A-Z][a-z]+day)|last night|this morning|this afternoon|this evening|the day before yesterday|the day after tomorrow|the day before|the next day|the following day|the previous day|earlier in the day|earlier (?=on the same day))\b)",
    r"(?P<holiday>\b(?:Christmas(?: Eve| Day)?|New Year['’]s (?:Eve|Day)|Thanksgiving(?: Day)?|Halloween|Good Friday|Easter(?: Sunday| Monday)?|Valentine['’]s Day|May Day)\b)",
    r"(?P<vague>\b(?:" + "|".join(VAGUE) + r")\b(?!-))",
    rf"(?P<year>\b(?:(?P<ye_part>early|mid|late|the (?:beginning|start|middle|end) of)[\s-]+)?(?P<ye>{_YEAR})\b(?![-/]\d|\s*(?:people|troops|soldiers|men|women|dead|killed|prisoners|hostages|dollars|km|miles|meters|metres|feet|percent|%)))",
)) + ")", re.IGNORECASE)


# Words that an expression may begin with; the grammar is tried at these and at numbers only, which costs a fifth.
_FIRST = frozenset(
    [*MONTHS, *WEEKDAYS, *SEASONS, *(n.split()[0] for n in NUMBERS)]
    + "the a an about almost nearly some more over around at just early mid late last next this from between in during for within past coming previous recent earlier later that".split()
    + "today yesterday tomorrow tonight overnight first second third fourth christmas new thanksgiving halloween good easter valentine may few couple several dozen".split()
    + [words.split()[0] for words in VAGUE]
)
_WORD = re.compile(r"\w+")


def expressions(text: str) -> Iterator[re.Match[str]]:
    """Matches of the grammar, leftmost first, without overlap."""
    end = 0
    for word in _WORD.finditer(text):
        start = word.start()
        if start < end:
            continue
        if text[start].isdigit():
            start -= start > end and text[start - 1] in "'’"
        elif word[0].lower() not in _FIRST:
            continue
        match = EXPRESSION.match(text, start)
        if match is None and start != word.start():
            match = EXPRESSION.match(text, word.start())
        if match:
            end = match.end()
            yield match
