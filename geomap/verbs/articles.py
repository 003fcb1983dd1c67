"""Verbs that read articles: map, extract, locate, events."""

import argparse
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomap.verbs import DONE, FAILED, NOTHING, open_fallback, open_gazetteer, progress

if TYPE_CHECKING:
    import geopandas as gpd

    from geomap.articles import Skipped
    from geomap.model import Article
    from geomap.pipeline import Extraction


class Run:
    """Articles read and extracted for one verb, with what was skipped."""

    def __init__(self, options: argparse.Namespace) -> None:
        from geomap.articles import date_undated, read_articles, without_copies
        from geomap.fetch import Fetcher

        self.began, self.options = time.perf_counter(), options
        self.gazetteer, self.geocoder = open_gazetteer(options), open_fallback(options)
        self.skipped: list[Skipped] = []
        read = read_articles(options.source, published=options.published, columns=options.columns, fetcher=Fetcher(allow_local=options.allow_local), skip=self._skip)
        self.articles: list[Article] = date_undated(without_copies(_unique(read)))
        self.toponyms = self.events = 0
        self.changes: dict[str, int] = {}

    def _skip(self, skipped: "Skipped") -> None:
        self.skipped.append(skipped)
        print(f"geomap: skipped {skipped.name}: {skipped.reason}", file=sys.stderr)

    def extractions(self) -> "Iterator[Extraction]":
        from geomap.pipeline import extract_each

        options = self.options
        extract = partial(extract_each, gazetteer=self.gazetteer, geocode=self.geocoder, engine=options.engine, workers=options.workers, scheduler=options.scheduler)
        if options.work:
            from geomap.work import Work

            work = Work(options.work, self.gazetteer)
            if len(work) and not options.quiet:
                print(f"geomap: going on with {options.work}, where {len(work)} articles are finished", file=sys.stderr)
            found = work.resume(self.articles, extract)
        else:
            found = extract(self.articles)
        with progress(options.quiet, len(self.articles)) as advance:
            for one in found:
                self.toponyms += one.n_toponyms
                self.events += len(one.events)
                advance()
                yield one
        if self.geocoder and self.geocoder.trouble:
            print(f"geomap: the geocoder left {self.geocoder.unanswered} names unresolved ({self.geocoder.trouble})", file=sys.stderr)

    def exit_code(self, found: int) -> int:
        if not self.articles:
            print("geomap: no article could be read", file=sys.stderr)
            return FAILED if self.skipped else NOTHING
        return DONE if found else NOTHING


def _unique(articles: "Iterator[Article]") -> "list[Article]":
    """Articles with distinct ids: a second "a.txt" from another folder becomes "a.txt (2)"."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    unique = []
    for article in articles:
        seen[article.id] = seen.get(article.id, 0) + 1
        unique.append(article if seen[article.id] == 1 else replace(article, id=f"{article.id} ({seen[article.id]})"))
    return unique


def _incidents(run: Run) -> "gpd.GeoDataFrame":
    """Incidents of a run, merged into those of the file that --update names."""
    from geomap.frame import events_in, ids_of_events, read_incidents, to_geodataframe
    from geomap.incidents import merge_incidents

    options = run.options
    events = [e for one in run.extractions() for e in one.events]
    articles, known, before = list(run.articles), {}, None
    if getattr(options, "update", None):
        before = read_incidents(options.update)
        old_events, old_articles = events_in(before)
        fresh = {a.id for a in run.articles}  # an article given again replaces what it said before
        events += [e for e in old_events if e.article_id not in fresh]
        articles += [a for a in old_articles if a.id not in fresh]
        known = ids_of_events(before)
    together: dict[str, str] = {}
    if options.corrections:
        from geomap.corrections import apply_corrections, read_corrections

        events, together, unused = apply_corrections(events, read_corrections(options.corrections), run.gazetteer)
        for correction in unused:
            print(f"geomap: {correction.where}: matches no event of this run any more", file=sys.stderr)
    frame = to_geodataframe(merge_incidents(events, known, together), articles, run.gazetteer)
    frame.attrs["n_articles"] = len(articles)
    if before is not None:
        run.changes = _changes(before, frame)
    return frame


def _changes(before: "gpd.GeoDataFrame", after: "gpd.GeoDataFrame") -> dict[str, int]:
    """How many incidents are new, updated, unchanged, or gone into others."""
    old, new = ({row.incident_id: row[1:] for row in f.astype(object).where(f.notna(), None).itertuples(index=False)} for f in (before.drop(columns="geometry"), after.drop(columns="geometry")))
    both = old.keys() & new.keys()
    same = sum(old[i] == new[i] for i in both)
    return {"new": len(new.keys() - old.keys()), "updated": len(both) - same, "unchanged": same, "merged away": len(old.keys() - new.keys())}


def _summary(run: Run, frame: "gpd.GeoDataFrame", written: list[Path]) -> None:
    if run.options.quiet:
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    undated = sum(not a.published for a in run.articles)
    inferred = sum(a.published_basis == "inferred" for a in run.articles)
    for name, value in (
        ("articles", len(run.articles)), *((("  copies", copies),) if (copies := sum(len(a.copies) for a in run.articles)) else ()), ("  date inferred", inferred), ("  date unknown", undated), ("toponyms", run.toponyms), ("events", run.events),
        ("incidents", len(frame)), *((f"  {what}", n) for what, n in run.changes.items()), ("unplaced", int(frame.geometry.isna().sum())), ("skipped", len(run.skipped)), ("seconds", f"{time.perf_counter() - run.began:.1f}"),
    ):
        table.add_row(name, str(value))
    console = Console(stderr=True)
    console.print(table)
    for path in written:
        print(f"wrote {path}", file=sys.stderr)


def map_(options: argparse.Namespace) -> int:
    from geomap.frame import write_incidents
    from geomap.maps import draw_map, save_map

    run = Run(options)
    if not run.articles:
        return run.exit_code(0)
    frame = _incidents(run)
    folder = Path(options.output)
    written = [write_incidents(frame, folder / "incidents.geojson"), save_map(draw_map(frame, title=options.title, online=options.online), folder / "incidents.html")]
    _summary(run, frame, written)
    return run.exit_code(len(frame))


def _partitioned(options: argparse.Namespace) -> int:
    """Stream articles into GeoParquet by month."""
    from geomap.articles import one_by_one, read_articles
    from geomap.errors import ConfigError
    from geomap.fetch import Fetcher
    from geomap.partitions import write_partitions
    from geomap.pipeline import extract_each

    if not options.output or Path(options.output).suffix:
        raise ConfigError("--partitioned writes a folder: -o FOLDER")
    if options.update or options.schema or options.to or options.work or options.corrections:
        raise ConfigError("--partitioned goes with none of --update, --schema, --to, --work, --corrections")
    skipped: list[Skipped] = []
    gazetteer, began = open_gazetteer(options), time.perf_counter()

    def skip(one: "Skipped") -> None:
        skipped.append(one)
        print(f"geomap: skipped {one.name}: {one.reason}", file=sys.stderr)

    read = one_by_one(read_articles(options.source, published=options.published, columns=options.columns, fetcher=Fetcher(allow_local=options.allow_local), skip=skip))
    n = 0
    with progress(options.quiet, None) as advance:

        def counted() -> "Iterator[Extraction]":
            nonlocal n
            for one in extract_each(read, gazetteer, geocode=open_fallback(options), engine=options.engine, workers=options.workers, scheduler=options.scheduler):
                n += 1
                advance()
                yield one

        events, incidents, files = write_partitions(counted(), options.output, gazetteer)
    if not options.quiet:
        seconds = time.perf_counter() - began
        print(f"{n:,} articles ({n / seconds:.0f} a second), {events:,} events, {incidents:,} incidents in {len(files)} files, {len(skipped)} skipped", file=sys.stderr)
    return DONE if incidents else NOTHING if n else FAILED if skipped else NOTHING


def extract(options: argparse.Namespace) -> int:
    from geomap.frame import write_incidents

    if options.partitioned:
        return _partitioned(options)

    if not (options.output or options.to or options.update):
        options.output = "-"
    run = Run(options)
    if not run.articles:
        return run.exit_code(0)
    frame, written = _incidents(run), []
    output = options.output or (options.update if not options.to else None)
    if output and options.schema:
        from geomap.schemas import write_schema

        path, left_out = write_schema(frame, output, options.schema)
        written.append(path)
        if left_out:
            print(f"geomap: {left_out} of {len(frame)} incidents have no place, date or code in {options.schema}'s columns and were left out", file=sys.stderr)
    elif output == "-":
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(write_incidents(frame, Path(folder) / "incidents.geojson").read_text(encoding="utf-8"))
    elif output:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UserWarning)
            written.append(write_incidents(frame, output))
        for warning in told:
            print(f"geomap: {warning.message}", file=sys.stderr)
    if options.to:
        from geomap.postgis import write_postgis

        print(f"geomap: {len(frame)} incidents are in the table {write_postgis(frame, options.to)}", file=sys.stderr)
    _summary(run, frame, written)
    return run.exit_code(len(frame))


@contextmanager
def _lines(output: str) -> Iterator[Any]:
    """A function that writes one JSON line, to a file that appears whole or to standard output."""
    if output == "-":
        yield lambda row: print(json.dumps(row, ensure_ascii=False), flush=False)
        return
    from geomap.resources import written_aside

    with written_aside(Path(output)) as aside, aside.open("w", encoding="utf-8") as out:
        yield lambda row: out.write(json.dumps(row, ensure_ascii=False) + "\n")


def locate(options: argparse.Namespace) -> int:
    from geomap.articles import is_url
    from geomap.documents import READERS, suffix_of
    from geomap.model import Article
    from geomap.records import mention_record
    from geomap.resolve import resolve_toponyms
    from geomap.toponyms import find_toponyms

    sources = options.source
    if not any(s == "-" or is_url(s) or Path(s).exists() or any(c in s for c in "*?[") or suffix_of(s) in READERS for s in sources):
        gazetteer, geocoder, articles = open_gazetteer(options), open_fallback(options), [Article("text", " ".join(sources), published=options.published)]
    else:
        run = Run(options)
        gazetteer, geocoder, articles = run.gazetteer, run.geocoder, run.articles
        if not articles:
            return run.exit_code(0)
    found = 0
    with _lines(options.output) as write:
        for article in articles:
            mentions = [mention_record(r, gazetteer, explain=options.explain) for r in resolve_toponyms(article, find_toponyms(article, gazetteer), gazetteer, geocode=geocoder)]
            found += len(mentions)
            write({"id": article.id, "published": article.published, "mentions": mentions})
    return DONE if found else NOTHING


def events(options: argparse.Namespace) -> int:
    from geomap.records import event_record

    run = Run(options)
    if not run.articles:
        return run.exit_code(0)
    with _lines(options.output) as write:
        for one in run.extractions():
            events = [event_record(e, explain=options.explain) for e in one.events]
            write({"id": one.article.id, "published": one.article.published, "published_basis": one.article.published_basis, "events": events})
    return run.exit_code(run.events)
