"""The day an article was published, from a line of its own or from how the article names other days."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from geomap.dates import Resolver, find_dates, month_of
from geomap.model import DatePrecision
from geomap.timex import WEEKDAYS, expressions

_STAMP = re.compile(r"(?im)^\W*(?:(?:first |last )?(?:updated|published|posted|modified|created|date|issued)\W*(?:on|at)?\W*)(?P<rest>.{6,60})$|^\W*(?P<line>[^\n]{6,45})$")


def stamped_date(text: str) -> str | None:
    """The date of a line that holds nothing else: "November 8, 2022" under the headline, or "Updated: …" anywhere."""
    for match in _STAMP.finditer(text):
        rest = match["rest"] or match["line"]
        spans = [s for s in find_dates(rest, None) if s.date_start and s.precision == DatePrecision.DAY]
        if spans and (match["rest"] or len(re.sub(r"[\W\d]|[ap]\.?m\.?|GMT|UTC|EST|EDT|ET|BST|CET", "", rest.replace(spans[0].text, ""), flags=re.IGNORECASE)) <= 8):
            return spans[0].date_start
    return None


def inferred_date(text: str, near: Iterable[str] = ()) -> str | None:
    """A publication day that fits what the article says, or None when nothing dates it.

    `near` holds the publication days of other articles that tell the same story. The article is no older than the
    latest full date in it. Among the days after, and those of `near`, the one wins that best explains how it names
    other days: a weekday is used within the last seven, a bare month and day for what is further back (Associated
    Press style), "last month" and "last week" for what its dates fall in.
    """
    told = [date.fromisoformat(day[:10]) for day in near]
    full = [date.fromisoformat(s.date_start) for s in find_dates(text, None) if s.date_start and s.precision in (DatePrecision.DAY, DatePrecision.DAYS)]
    matches = list(expressions(text))
    weekdays = Counter(WEEKDAYS[m["wd"].lower().rstrip(".")] for m in matches if m["weekday"] and not m["wd_rel"])
    relative = {m["un"].lower() for m in matches if m["unit"] and m["un_rel"].lower() == "last"}
    bare = [(month_of(m["md_m"] or m["mr_m"]), int(m["md_d"] or m["mr_a"])) for m in matches if (m["md"] and not m["md_y"]) or (m["md_range"] and not m["mr_y"])]
    latest = max(full, default=min(told) - timedelta(days=7) if told else None)
    if latest is None:
        return None

    def fit(day: date) -> float:
        resolver = Resolver(day)
        spots = [spot for month, number in bare if (spot := resolver.nearest(month, number, False))]
        score = -0.02 * (day - latest).days + 3.0 * any(abs((day - t).days) <= 1 for t in told)
        score -= sum(0 <= (day - spot).days < 5 for spot in spots)
        if weekdays:
            common = weekdays.most_common(1)[0][0]
            score += 2.0 if day.weekday() == common else 1.5 if day.weekday() == (common + 1) % 7 else 0.0
            score += full != [] and latest.weekday() in weekdays and (day - latest).days <= 6
        if "month" in relative:
            score += 2.0 * any((day.year - d.year) * 12 + day.month - d.month == 1 for d in [*full, *spots])
        if "week" in relative:
            monday = day - timedelta(days=day.weekday() + 7)
            score += 2.0 * any(monday <= d <= monday + timedelta(days=6) for d in [*full, *spots])
        return score

    options = {latest + timedelta(days=n) for n in range(35)} | {t for t in told if t >= latest}
    return max(sorted(options, reverse=True), key=fit).isoformat()
