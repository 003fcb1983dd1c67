"""Time expressions in news English -> closed intervals of days, against the publication date.

Conventions follow TIMEX3 (Pustejovsky et al. 2003) where it says: a weekday is the last one on or before the
publication day, unless the clause speaks of the future; a month without a year is the nearest past one; "last month"
is the calendar month; "two months ago" is a month, "two days ago" a day. "A week earlier" counts from the date before it.
"""

import csv
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from geomap.model import DatePrecision, TimeSpan
from geomap.resources import data_file
from geomap.timex import MONTHS, NUMBERS, SEASONS, WEEKDAYS, expressions

# Words that put the clause in the future, looked for in the 60 characters before.
_FUTURE = re.compile(r"\b(?:will|shall|to be held|scheduled|due|expected|plan(?:s|ned)? to|is to|are to|going to|set to|set for|upcoming)\b(?:(?!\bsaid\b|\btold\b)[^.;,])*$", re.IGNORECASE)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        return day
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _month(year: int, month: int, part: str | None = None) -> tuple[date, date]:
    last = monthrange(year, month)[1]
    part = (part or "").lower()
    first, end = (1, 10) if part.startswith("early") or "beginning" in part else (11, 20) if part.startswith("mid") or "middle" in part else (21, last) if part.startswith("late") or "end" in part else (1, last)
    return date(year, month, first), date(year, month, end)


def _year(year: int, part: str | None = None) -> tuple[date, date]:
    part = (part or "").lower()
    first, last = (1, 4) if part.startswith("early") or "beginning" in part or "start" in part else (5, 8) if part.startswith("mid") or "middle" in part else (9, 12) if part.startswith("late") or "end" in part else (1, 12)
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


class Resolver:
    """Turns one match into an interval; `published` anchors it and `last` is the date mentioned before."""

    def __init__(self, published: date | None) -> None:
        self.published, self.last = published, published

    def span(self, match: re.Match[str], text: str) -> TimeSpan | None:
        kind = str(match.lastgroup) if match.lastgroup in _RULES else next(k for k in _RULES if match.group(k) is not None)
        future = bool(_FUTURE.search(text, max(0, match.start() - 60), match.start()))
        try:
            found = _RULES[kind](self, match, future)
        except (OverflowError, ValueError):  # a date before year 1 or after 9999
            found = None
        if found is None:
            return None
        first, last, precision = found
        if first and kind not in ("years", "decade", "recent", "past"):
            self.last = first
        return TimeSpan(match.start(), match.end(), match.group(), first.isoformat() if first else None, last.isoformat() if last else None, precision)

    def nearest(self, month: int, day: int, future: bool) -> date | None:
        """The year-less date nearest before the publication (or after it, in the future)."""
        if self.published is None:
            return None
        options = [d for y in (-1, 0, 1) if (d := _day(self.published.year + y, month, day))]
        if future:
            later = [d for d in options if 0 <= (d - self.published).days < 300]
            if later:
                return min(later)
        # A few days ahead is likelier than almost a year ago ("the Nov. 8 election").
        past = [d for d in options if d <= self.published + timedelta(days=45)]
        return max(past) if past else None


Found = tuple[date | None, date | None, DatePrecision] | None
P = DatePrecision


def month_of(name: str) -> int:
    return MONTHS[name.lower().rstrip(".")]


def _iso(r: Resolver, m: re.Match[str], future: bool) -> Found:
    day = _day(*map(int, m["iso"].split("-")))
    return (day, day, P.DAY) if day else None


def _range(r: Resolver, m: re.Match[str], future: bool, prefix: str) -> Found:
    month = month_of(m[f"{prefix}_m"])
    second = month_of(m["mr_m2"]) if prefix == "mr" and m["mr_m2"] else month
    year = int(m[f"{prefix}_y"]) if m[f"{prefix}_y"] else None
    a, b = int(m[f"{prefix}_a"]), int(m[f"{prefix}_b"])
    first = _day(year, month, a) if year else r.nearest(month, a, future)
    last = _day(first.year, second, b) if first else None
    if first and last and last > first:
        return first, last, P.DAYS
    return None


def _named_year(month: int, day: int, following: str) -> int | None:
    """The year of a day that stands for what happened on it, "the September 11th attacks"."""
    word = following.split()[0].lower().strip(".,;:") if following[:1] == " " and following.split() else ""
    return next((year for words, year in _named_days().get((month, day), ()) if word in words), None)


@cache
def _named_days() -> dict[tuple[int, int], list[tuple[frozenset[str], int]]]:
    """`data/named_days.csv`: (month, day) -> what may follow it, and its year."""
    days: dict[tuple[int, int], list[tuple[frozenset[str], int]]] = {}
    with data_file("data", "named_days.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            month, day = row["day"].split("-")
            days.setdefault((int(month), int(day)), []).append((frozenset(row["words"].split("|")), int(row["year"])))
    return days


def _calendar_day(r: Resolver, m: re.Match[str], future: bool, prefix: str) -> Found:
    month, day = month_of(m[f"{prefix}_m"]), int(m[f"{prefix}_d"])
    year = int(m[f"{prefix}_y"]) if m[f"{prefix}_y"] else _named_year(month, day, m.string[m.end() : m.end() + 30])
    named = _day(year, month, day) if year else None
    if named and not m[f"{prefix}_y"] and r.published and named > r.published:
        named = None
    found = named if named or m[f"{prefix}_y"] else r.nearest(month, day, future)
    return (found, found, P.DAY) if found else (None, None, P.UNKNOWN)


def _slash(r: Resolver, m: re.Match[str], future: bool) -> Found:
    a, b, year = int(m["sl_a"]), int(m["sl_b"]), int(m["sl_y"])
    year += 0 if year > 99 else 2000 if year < 50 else 1900
    day = _day(year, a, b) or _day(year, b, a)
    return (day, day, P.DAY) if day else None


def _month_year(r: Resolver, m: re.Match[str], future: bool) -> Found:
    name = m["my_m"]
    bare = not (m["my_y"] or m["my_rely"] or m["my_rel"] or m["my_part"])
    before = m.string[max(0, m.start() - 12) : m.start()].lower()
    if bare and (name[0].islower() or name in ("May", "March", "Mar", "Jan", "Sun", "Sat") or len(name) < 4) and not re.search(r"\b(?:in|since|until|by|of|from|during|through)\s+$", before):
        return None
    month = month_of(name)
    if m["my_y"]:
        return *_month(int(m["my_y"]), month, m["my_part"]), P.MONTH
    if r.published is None:
        return None, None, P.UNKNOWN
    if m["my_rely"]:
        return *_month(r.published.year + {"last": -1, "this": 0, "next": 1}[m["my_rely"].lower()], month, m["my_part"]), P.MONTH
    year, rel = r.published.year, (m["my_rel"] or "").lower()
    if rel == "next" or future:
        year += month < r.published.month
    elif rel == "last":
        year -= month >= r.published.month
    elif rel == "this":
        pass
    else:
        year -= month > r.published.month
    return *_month(year, month, m["my_part"]), P.MONTH


def _season(r: Resolver, m: re.Match[str], future: bool) -> Found:
    if not (m["se_y"] or m["se_rel"]) or (m["se_s"].lower() == "fall" and not m["se_y"] and (m["se_rel"] or "").lower() in ("the", "")):
        return None
    first, last = SEASONS[m["se_s"].lower()]
    if m["se_y"]:
        year = int(m["se_y"])
    elif r.published is None:
        return None, None, P.UNKNOWN
    else:
        year = r.published.year
        rel = (m["se_rel"] or "").lower()
        if rel == "next":
            year += first <= r.published.month
        elif rel == "last":
            year -= last >= r.published.month or first > r.published.month
        elif rel in ("this", "this past") and not (rel == "this" and first > r.published.month):
            year -= first > r.published.month
    return date(year, first, 1), _month(year + (last < first), last)[1], P.SEASON


def _quarter(r: Resolver, m: re.Match[str], future: bool) -> Found:
    number = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3}.get(m["qu"].lower(), 4)
    if m["qu_y"]:
        year = int(m["qu_y"])
    elif r.published is None:
        return None, None, P.UNKNOWN
    else:  # the last quarter of that number that has begun
        year = r.published.year - (number * 3 - 2 > r.published.month)
    return date(year, number * 3 - 2, 1), _month(year, number * 3)[1], P.MONTHS


def _decade(r: Resolver, m: re.Match[str], future: bool) -> Found:
    year = int(m["de"]) * 10 if m["de"] else (1900 if int(m["de2"]) > 2 else 2000) + int(m["de2"]) * 10
    part = (m["de_part"] or m["de_part2"] or "").lower()
    first, last = (0, 3) if part == "early" else (4, 6) if part == "mid" else (7, 9) if part == "late" else (0, 9)
    return date(year + first, 1, 1), date(year + last, 12, 31), P.DECADE


def _years(r: Resolver, m: re.Match[str], future: bool) -> Found:
    first, last = int(m["ys_a"]), int(m["ys_b"])
    last += first // 100 * 100 if last < 100 else 0
    if last <= first:
        return None
    if " and " in m.group() and not m.group().lower().startswith("between"):
        return date(first, 1, 1), date(first, 12, 31), P.YEAR
    return date(first, 1, 1), date(last, 12, 31), P.RANGE


def _weekday(r: Resolver, m: re.Match[str], future: bool) -> Found:
    if r.published is None:
        return None, None, P.UNKNOWN
    wanted, rel = WEEKDAYS[m["wd"].lower().rstrip(".")], (m["wd_rel"] or "").lower()
    ahead = (wanted - r.published.weekday()) % 7
    if rel in ("next", "this coming", "the following"):
        day = r.published + timedelta(days=ahead or 7)
    elif rel in ("last", "this past", "the previous"):
        day = r.published - timedelta(days=(-ahead) % 7 or 7)
    else:
        day = r.published + timedelta(days=ahead) if future and ahead else r.published - timedelta(days=(-ahead) % 7)
    return day, day, P.DAY


def amount(text: str) -> int:
    words = " ".join(text.lower().split())
    return int(words) if words.isdigit() else NUMBERS.get(words, 1)


def moved(anchor: date, n: int, unit: str) -> Found:
    """`n` units away, as wide as the unit is vague."""
    try:
        if unit in ("hour", "minute"):
            return anchor, anchor, P.DAY
        if unit == "day":
            day = anchor + timedelta(days=n)
            return day, day, P.DAY
        if unit == "week":
            middle = anchor + timedelta(weeks=n)
            return middle - timedelta(days=3), min(middle + timedelta(days=3), anchor) if n < 0 else middle + timedelta(days=3), P.WEEK
        if unit == "month":
            there = add_months(anchor, n)
            return *_month(there.year, there.month), P.MONTH
        years = n * (10 if unit == "decade" else 100 if unit == "century" else 1)
        return *_year(anchor.year + years), P.YEAR
    except (OverflowError, ValueError):
        return None


def _ago(r: Resolver, m: re.Match[str], future: bool) -> Found:
    return moved(r.published, -amount(m["ag_n"]), m["ag_u"].lower()) if r.published else (None, None, P.UNKNOWN)


def _shift(r: Resolver, m: re.Match[str], future: bool) -> Found:
    if m["sh_dir"].lower() in ("before", "after", "prior") and re.match(r"\s+(?!in\b|on\b|at\b|and\b|but\b)\w", m.string[m.end() : m.end() + 12]):
        return None  # "two days before the vote" counts from the vote
    sign = -1 if m["sh_dir"].lower() in ("earlier", "before", "prior") else 1
    return moved(r.last, sign * (1 if m["sh_n"].lower() == "the" else amount(m["sh_n"])), m["sh_u"].lower()) if r.last else (None, None, P.UNKNOWN)


def _past(r: Resolver, m: re.Match[str], future: bool) -> Found:
    if r.published is None:
        return None, None, P.UNKNOWN
    sign = 1 if m["pa_dir"].lower() in ("next", "coming") else -1
    span = moved(r.published, sign * amount(m["pa_n"]), m["pa_u"].lower())
    if not span or not span[0] or not span[1]:
        return None
    return (span[0], r.published, P.RANGE) if sign < 0 else (r.published, span[1], P.RANGE)


def _recent(r: Resolver, m: re.Match[str], future: bool) -> Found:
    if r.published is None:
        return None, None, P.UNKNOWN
    unit = m["re_u"].lower()
    days = {"day": 5, "week": 28, "month": 92, "year": 1096, "decade": 7305}.get(unit, 1)
    return r.published - timedelta(days=days), r.published, P.MONTHS if unit == "month" else P.RANGE


def _unit(r: Resolver, m: re.Match[str], future: bool) -> Found:
    rel, unit, part = m["un_rel"].lower(), m["un"].lower(), (m["un_part"] or "").lower()
    anchor = r.last if rel in ("the previous", "previous", "the following", "that", "the same") else r.published
    if anchor is None:
        return None, None, P.UNKNOWN
    step = -1 if rel in ("last", "previous", "the previous", "the past", "this past") else 1 if rel in ("next", "the next", "the following", "the coming", "coming") else 0
    if unit == "day":
        return moved(anchor, step, "day")
    if unit in ("week", "weekend"):
        monday = anchor - timedelta(days=anchor.weekday()) + timedelta(weeks=step)
        if unit == "weekend":
            monday -= timedelta(weeks=1) if step == 0 and anchor.weekday() < 4 and not future else timedelta(0)
            return monday + timedelta(days=5), monday + timedelta(days=6), P.DAYS
        first, last = (0, 2) if part.startswith("early") or "start" in part or "beginning" in part else (3, 6) if part.startswith("late") or "end" in part else (0, 6)
        end = monday + timedelta(days=last)
        return monday + timedelta(days=first), min(end, anchor) if part == "earlier" and step == 0 and anchor >= monday else end, P.WEEK
    if unit == "month":
        there = add_months(anchor, step)
        return *_month(there.year, there.month, part), P.MONTH
    if unit == "quarter":
        quarter = (anchor.year * 4 + (anchor.month - 1) // 3) + step
        first = quarter % 4 * 3 + 1
        return date(quarter // 4, first, 1), _month(quarter // 4, first + 2)[1], P.MONTHS
    if unit == "year":
        return *_year(anchor.year + step, part if part not in ("earlier", "later") else None), P.YEAR
    size = 10 if unit == "decade" else 100
    first = (anchor.year // size + step) * size
    return date(first, 1, 1), date(first + size - 1, 12, 31), P.DECADE


def _deictic(r: Resolver, m: re.Match[str], future: bool) -> Found:
    words = m["deictic"].lower()
    anchored = words in ("the day before", "the previous day", "earlier in the day") or words.startswith(("the next", "the following"))
    anchor = r.last if anchored else r.published
    if anchor is None:
        return None, None, P.UNKNOWN
    days = {"yesterday": -1, "last night": -1, "tomorrow": 1, "the day before yesterday": -2, "the day after tomorrow": 2,
            "the day before": -1, "the previous day": -1}.get(words, int(anchored))
    day = anchor + timedelta(days=days)
    return day, day, P.DAY


def _bare_year(r: Resolver, m: re.Match[str], future: bool) -> Found:
    year = int(m["ye"])
    if r.published and year > r.published.year + 30:
        return None
    return *_year(year, m["ye_part"]), P.YEAR


def _vague(r: Resolver, m: re.Match[str], future: bool) -> Found:
    return None, None, P.UNKNOWN


_FIXED = {"christmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24), "new year's eve": (12, 31), "new year's day": (1, 1), "halloween": (10, 31), "valentine's day": (2, 14), "may day": (5, 1)}
_AFTER_EASTER = {"good friday": -2, "easter": 0, "easter sunday": 0, "easter monday": 1}


def _holiday_in(year: int, name: str) -> date:
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _AFTER_EASTER:
        from dateutil.easter import easter

        sunday: date = easter(year)
        return sunday + timedelta(days=_AFTER_EASTER[name])
    first = date(year, 11, 1)  # Thanksgiving: the fourth Thursday of November
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21)


def _holiday(r: Resolver, m: re.Match[str], future: bool) -> Found:
    """The holiday's last day before the publication, or its next one in the future; of a month either way the nearest."""
    if r.published is None:
        return None, None, P.UNKNOWN
    days = [_holiday_in(r.published.year + y, m["holiday"].lower().replace("’", "'")) for y in (-1, 0, 1)]
    day = min(d for d in days if d >= r.published) if future else max(d for d in days if d <= r.published + timedelta(days=14))
    return day, day, P.DAY


_RULES: dict[str, Callable[[Resolver, re.Match[str], bool], Found]] = {
    "iso": _iso, "md_range": lambda r, m, f: _range(r, m, f, "mr"), "dm_range": lambda r, m, f: _range(r, m, f, "dr"),
    "md": lambda r, m, f: _calendar_day(r, m, f, "md"), "dm": lambda r, m, f: _calendar_day(r, m, f, "dm"),
    "slash": _slash, "my": _month_year, "season": _season, "quarter": _quarter, "decade": _decade, "years": _years, "weekday": _weekday,
    "ago": _ago, "shift": _shift, "past": _past, "recent": _recent, "unit": _unit, "deictic": _deictic, "holiday": _holiday, "vague": _vague, "year": _bare_year,
}


def find_dates(text: str, published: str | None) -> list[TimeSpan]:
    """Time expressions of a text in order. `published` is ISO 8601; without it, relative ones have no interval."""
    resolver = Resolver(date.fromisoformat(published[:10]) if published else None)
    spans = (resolver.span(match, text) for match in expressions(text))
    return [span for span in spans if span]
