"""Incidents of more events than memory holds: events on disk by month, merged a month at a time, written by month.

An incident that may still gain events next month (it ends on the month's last days, or is known only by year) is carried
into the next month's merge instead of being written, so that no happening is cut at the turn of a month.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from geomap.frame import to_geodataframe, write_incidents
from geomap.gazetteer import Gazetteer
from geomap.incidents import merge_incidents
from geomap.model import Article, Event, Incident
from geomap.pipeline import Extraction
from geomap.records import read_report, report_record

_UNDATED = "undated"
_SLACK = 2  # days across which events of one happening are looked for


class Spill:
    """Events on disk, a file a month, in the order in which they came."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.n = 0
        self._held: dict[str, list[str]] = {}
        self._waiting = 0

    def add(self, one: Extraction) -> None:
        """Keep the events of one article, each with its article's facts."""
        for event in one.events:
            line = json.dumps(report_record(event, one.article), ensure_ascii=False)
            self._held.setdefault((event.date_start or _UNDATED)[:7], []).append(line)
            self.n += 1
            self._waiting += 1
        if self._waiting >= 2000:
            self._flush()

    def _flush(self) -> None:
        for month, lines in self._held.items():
            with (self.folder / f"{month}.jsonl").open("a", encoding="utf-8") as out:
                out.writelines(line + "\n" for line in lines)
        self._held, self._waiting = {}, 0

    def months(self) -> list[str]:
        """Months that hold events, in order, undated events last."""
        self._flush()
        return sorted(p.stem for p in self.folder.glob("*.jsonl"))

    def read(self, month: str) -> Iterator[tuple[Event, Article]]:
        with (self.folder / f"{month}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                yield read_report(json.loads(line))


def merge_by_month(spill: Spill) -> Iterator[tuple[str, list[Incident], dict[str, Article]]]:
    """(month, its incidents, their articles) in order; "undated" last. Memory holds one month and what is carried."""
    events: list[Event] = []
    articles: dict[str, Article] = {}
    months = spill.months()
    for i, month in enumerate(months):
        for event, article in spill.read(month):
            events.append(event)
            articles[article.id] = article
        done, events = _settled(merge_incidents(events), months[i + 1] if i + 1 < len(months) else None)
        by_month: dict[str, list[Incident]] = {}
        for incident in done:
            by_month.setdefault(_month_of(incident), []).append(incident)
        for name in sorted(by_month):
            yield name, by_month[name], articles
        carried = {e.article_id for e in events}
        articles = {k: a for k, a in articles.items() if k in carried}


def _settled(incidents: list[Incident], following: str | None) -> tuple[list[Incident], list[Event]]:
    """(incidents that no later month can add to, events of the others)."""
    if following is None:
        return incidents, []
    first = date.fromisoformat(f"{following}-01") - timedelta(days=_SLACK) if following != _UNDATED else date.max
    done: list[Incident] = []
    carried: list[Event] = []
    for incident in incidents:
        last = max((date.fromisoformat(e.date_end) for e in incident.events if e.date_end), default=date.max)
        if last < first:
            done.append(incident)
        else:
            carried += incident.events
    return done, carried


def _month_of(incident: Incident) -> str:
    return min((e.date_start[:7] for e in incident.events if e.date_start), default=_UNDATED)


def write_partitions(extractions: Iterable[Extraction], folder: str | Path, gazetteer: Gazetteer) -> tuple[int, int, list[Path]]:
    """Write incidents as FOLDER/month=YYYY-MM/part-N.parquet; returns (events, incidents, files).

    `geopandas.read_parquet(FOLDER)` and other readers of partitioned Parquet take the folder as one table. Older parts of
    a month are replaced.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".events-") as aside:
        spill = Spill(aside)
        for one in extractions:
            spill.add(one)
        n, files = 0, list[Path]()
        parts: dict[str, int] = {}
        for old in folder.glob("month=*/part-*.parquet"):
            old.unlink()
        for month, incidents, articles in merge_by_month(spill):
            parts[month] = parts.get(month, -1) + 1
            n += len(incidents)
            files.append(write_incidents(to_geodataframe(incidents, articles.values(), gazetteer), folder / f"month={month}" / f"part-{parts[month]}.parquet"))
    return spill.n, n, files
