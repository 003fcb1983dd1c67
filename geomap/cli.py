"""The `geomap` command: verbs and nothing else. Heavy imports wait until a verb needs them, so --help is instant."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomap import __version__
from geomap.errors import ConfigError, GeomapError

if TYPE_CHECKING:
    import geopandas as gpd

    from geomap.articles import Skipped
    from geomap.gazetteer import Gazetteer
    from geomap.model import Article
    from geomap.pipeline import Extraction

DONE, NOTHING, FAILED = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    """Run a verb. Returns 0 when done, 1 when there was nothing to do, 2 for bad use or unreadable input."""
    options = _parser().parse_args(argv)
    try:
        return int(options.verb(options))
    except GeomapError as error:
        print(f"geomap: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print("geomap: stopped", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"geomap: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="geomap", description="Turn news articles into a map of what happened where.", epilog="example: geomap map articles/ -o maps/")
    parser.add_argument("--version", action="version", version=f"geomap {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--published", metavar="DATE", type=_date, help="publication date (YYYY-MM-DD) of articles that carry none")
    common.add_argument("--gazetteer", metavar="PATH", help="a gazetteer index of your own instead of the built-in one")
    common.add_argument("--quiet", action="store_true", help="no progress and no summary")

    def verb(name: str, run: Any, help_text: str, example: str, *, parents: bool = True) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=help_text, description=help_text, epilog=f"example: {example}", parents=[common] if parents else [])
        made.set_defaults(verb=run)
        return made

    source: dict[str, Any] = {"nargs": "+", "metavar": "SOURCE", "help": "file, folder, glob or - (.txt .md .html .jsonl .csv .parquet)"}
    made = verb("map", run_map, "Articles to incidents.html and incidents.geojson, with a summary.", "geomap map articles/ -o maps/")
    made.add_argument("source", **source)
    made.add_argument("-o", "--output", default="maps", metavar="FOLDER", help="where the two files go (default: maps)")
    made.add_argument("--title", default="Incidents", help="title shown on the map")

    made = verb("extract", run_extract, "Articles to a file of incidents.", "geomap extract articles/ -o incidents.gpkg")
    made.add_argument("source", **source)
    made.add_argument("-o", "--output", default="-", metavar="FILE", help="format by suffix: .geojson .gpkg .parquet .fgb .csv .kml .shp .jsonl; - is GeoJSON to standard output")

    made = verb("draw", run_draw, "A map from a file of incidents.", "geomap draw incidents.geojson -o map.html", parents=False)
    made.add_argument("incidents", metavar="FILE", help="a file that `geomap extract` wrote")
    made.add_argument("-o", "--output", required=True, metavar="MAP.html")
    made.add_argument("--title", default="Incidents", help="title shown on the map")

    made = verb("locate", run_locate, "Toponyms and where they resolve, JSON Lines.", 'geomap locate "Clashes near Jermuk" --explain')
    made.add_argument("source", nargs="+", metavar="TEXT|SOURCE", help="a sentence, or articles as for `map`")
    made.add_argument("-o", "--output", default="-", metavar="FILE")
    made.add_argument("--explain", action="store_true", help="add candidates with their features and scores")

    made = verb("events", run_events, "Events before merging, JSON Lines.", "geomap events articles/ -o events.jsonl")
    made.add_argument("source", **source)
    made.add_argument("-o", "--output", default="-", metavar="FILE")
    made.add_argument("--explain", action="store_true", help="add why type, date and place were chosen")

    made = verbs.add_parser("gazetteer", help="What places are known.", description="What places are known.")
    parts = made.add_subparsers(required=True, metavar="PART")
    part = parts.add_parser("info", help="sources, licences and rows", epilog="example: geomap gazetteer info")
    part.add_argument("--gazetteer", metavar="PATH")
    part.add_argument("--json", action="store_true")
    part.set_defaults(verb=run_gazetteer_info)
    part = parts.add_parser("search", help="places that a name may mean", epilog="example: geomap gazetteer search Khankendi")
    part.add_argument("name", nargs="+")
    part.add_argument("--gazetteer", metavar="PATH")
    part.add_argument("--limit", type=int, default=10)
    part.add_argument("--json", action="store_true")
    part.set_defaults(verb=run_gazetteer_search)

    part = parts.add_parser("build", help="an index of your own from GeoNames dumps", epilog="example: geomap gazetteer build AZ.txt -o az.idx")
    part.add_argument("source", nargs="+", metavar="DUMP", help="allCountries.txt, AZ.txt, alternateNamesV2.txt, admin1CodesASCII.txt, also zipped")
    part.add_argument("-o", "--output", default="gazetteer.idx", metavar="FILE")
    part.set_defaults(verb=run_gazetteer_build)
    part = parts.add_parser("add", help="keep places of your own for every later run", epilog="example: geomap gazetteer add places.csv")
    part.add_argument("file", nargs="+", metavar="FILE", help="CSV with name, lat, lon (and alternates, country_code, feature_code, population), or GeoJSON points with a name")
    part.set_defaults(verb=run_gazetteer_add)

    made = verbs.add_parser("evaluate", help="Score toponyms and roles against gold.", description="Score our toponyms against a gold corpus (JSON Lines with id, text, toponyms).", epilog="example: geomap evaluate gold.jsonl")
    made.add_argument("gold", metavar="GOLD.jsonl")
    made.add_argument("--gazetteer", metavar="PATH")
    made.set_defaults(verb=run_evaluate)
    return parser


def _date(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write YYYY-MM-DD") from None


def _open(options: argparse.Namespace) -> "Gazetteer":
    from geomap.gazetteer import Gazetteer

    say = None if getattr(options, "quiet", False) else lambda text: print(f"geomap: {text}", file=sys.stderr)
    if options.gazetteer and not Path(options.gazetteer).exists():
        raise ConfigError(f"{options.gazetteer}: no such gazetteer index")
    return Gazetteer.open(options.gazetteer, progress=say)


class Run:
    """Articles read and extracted for one verb, with what was skipped."""

    def __init__(self, options: argparse.Namespace) -> None:
        from geomap.articles import date_undated, read_articles

        self.began, self.options = time.perf_counter(), options
        self.gazetteer = _open(options)
        self.skipped: list[Skipped] = []
        self.articles: list[Article] = date_undated(_unique(read_articles(options.source, published=options.published, skip=self._skip)))
        self.toponyms = self.events = 0

    def _skip(self, skipped: "Skipped") -> None:
        self.skipped.append(skipped)
        print(f"geomap: skipped {skipped.name}: {skipped.reason}", file=sys.stderr)

    def extractions(self) -> "Iterator[Extraction]":
        from geomap.pipeline import extract_each

        with _progress(self.options.quiet, len(self.articles)) as advance:
            for one in extract_each(self.articles, self.gazetteer):
                self.toponyms += len(one.resolutions)
                self.events += len(one.events)
                advance()
                yield one

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


@contextmanager
def _progress(quiet: bool, total: int) -> Iterator[Any]:
    if quiet or (not sys.stderr.isatty() and not os.environ.get("GEOMAP_PROGRESS")):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("Reading articles", total=total)
        yield lambda: bar.advance(task)


def _incidents(run: Run) -> "gpd.GeoDataFrame":
    from geomap.frame import to_geodataframe
    from geomap.incidents import merge_incidents

    incidents = merge_incidents(e for one in run.extractions() for e in one.events)
    frame = to_geodataframe(incidents, run.articles, run.gazetteer)
    frame.attrs["n_articles"] = len(run.articles)
    return frame


def _summary(run: Run, frame: "gpd.GeoDataFrame", written: list[Path]) -> None:
    if run.options.quiet:
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    undated = sum(not a.published for a in run.articles)
    inferred = sum(a.published_basis == "inferred" for a in run.articles)
    for name, value in (
        ("articles", len(run.articles)), ("  date inferred", inferred), ("  date unknown", undated), ("toponyms", run.toponyms), ("events", run.events),
        ("incidents", len(frame)), ("unplaced", int(frame.geometry.isna().sum())), ("skipped", len(run.skipped)), ("seconds", f"{time.perf_counter() - run.began:.1f}"),
    ):
        table.add_row(name, str(value))
    console = Console(stderr=True)
    console.print(table)
    for path in written:
        print(f"wrote {path}", file=sys.stderr)


def run_map(options: argparse.Namespace) -> int:
    from geomap.frame import write_incidents
    from geomap.maps import draw_map, save_map

    run = Run(options)
    if not run.articles:
        return run.exit_code(0)
    frame = _incidents(run)
    folder = Path(options.output)
    written = [write_incidents(frame, folder / "incidents.geojson"), save_map(draw_map(frame, title=options.title), folder / "incidents.html")]
    _summary(run, frame, written)
    return run.exit_code(len(frame))


def run_extract(options: argparse.Namespace) -> int:
    import tempfile

    from geomap.frame import write_incidents

    run = Run(options)
    if not run.articles:
        return run.exit_code(0)
    frame = _incidents(run)
    if options.output == "-":
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(write_incidents(frame, Path(folder) / "incidents.geojson").read_text(encoding="utf-8"))
        _summary(run, frame, [])
    else:
        _summary(run, frame, [write_incidents(frame, options.output)])
    return run.exit_code(len(frame))


def run_draw(options: argparse.Namespace) -> int:
    from geomap.frame import read_incidents
    from geomap.maps import draw_map, save_map

    frame = read_incidents(options.incidents)
    save_map(draw_map(frame, title=options.title), options.output)
    print(f"wrote {options.output}", file=sys.stderr)
    return DONE if len(frame) else NOTHING


@contextmanager
def _lines(output: str) -> Iterator[Any]:
    """A function that writes one JSON line, to a file that appears whole or to standard output."""
    if output == "-":
        yield lambda row: print(json.dumps(row, ensure_ascii=False), flush=False)
        return
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    with aside.open("w", encoding="utf-8") as out:
        yield lambda row: out.write(json.dumps(row, ensure_ascii=False) + "\n")
    aside.replace(path)


def run_locate(options: argparse.Namespace) -> int:
    from geomap.model import Article
    from geomap.records import mention_record
    from geomap.resolve import resolve_toponyms
    from geomap.toponyms import find_toponyms

    sources = options.source
    if not any(s == "-" or Path(s).exists() or any(c in s for c in "*?[") or s.endswith((".txt", ".md", ".html", ".jsonl", ".csv", ".parquet")) for s in sources):
        gazetteer, articles = _open(options), [Article("text", " ".join(sources), published=options.published)]
    else:
        run = Run(options)
        gazetteer, articles = run.gazetteer, run.articles
        if not articles:
            return run.exit_code(0)
    found = 0
    with _lines(options.output) as write:
        for article in articles:
            mentions = [mention_record(r, gazetteer, explain=options.explain) for r in resolve_toponyms(article, find_toponyms(article, gazetteer), gazetteer)]
            found += len(mentions)
            write({"id": article.id, "published": article.published, "mentions": mentions})
    return DONE if found else NOTHING


def run_events(options: argparse.Namespace) -> int:
    from geomap.records import event_record

    run = Run(options)
    if not run.articles:
        return run.exit_code(0)
    with _lines(options.output) as write:
        for one in run.extractions():
            events = [event_record(e, explain=options.explain) for e in one.events]
            write({"id": one.article.id, "published": one.article.published, "published_basis": one.article.published_basis, "events": events})
    return run.exit_code(run.events)


def run_gazetteer_info(options: argparse.Namespace) -> int:
    import tomllib

    from rich.console import Console
    from rich.table import Table

    from geomap.resources import data_file

    gazetteer = _open(options)
    rows = gazetteer.info()
    sources = tomllib.loads(data_file("gazetteer", "sources.toml").read_text(encoding="utf-8"))
    if options.json:
        print(json.dumps({"path": str(gazetteer.path), "places": len(gazetteer), "names": rows["names"], "sources": {k: v | {"rows": rows.get(k, 0)} for k, v in sources.items()}}, ensure_ascii=False))
        return DONE
    table = Table("source", "rows", "licence", "date", "what")
    for key, facts in sources.items():
        table.add_row(key, f"{rows.get(key, 0):,}", facts["licence"], facts["date"], facts["title"])
    console = Console()
    console.print(table)
    console.print(f"{len(gazetteer):,} places, {rows['names']:,} names, {gazetteer.path.stat().st_size / 1e6:.0f} MB: {gazetteer.path}", soft_wrap=True, markup=False)
    return DONE


def run_gazetteer_search(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from geomap.records import place_record

    gazetteer, name = _open(options), " ".join(options.name)
    found = gazetteer.search(name, options.limit)
    if options.json:
        for place, names, exact in found:
            print(json.dumps(place_record(place, gazetteer) | {"population": place.population, "source": place.source, "status": place.status, "names": names, "exact": exact}, ensure_ascii=False))
        return DONE if found else NOTHING
    if not found:
        print(f"geomap: no place is known as {name!r}, nor one a letter away", file=sys.stderr)
        return NOTHING
    if not found[0][2]:
        print(f"geomap: no place is known as {name!r}; near matches:", file=sys.stderr)
    table = Table(box=None)
    for column in ("name", "lat, lon", "feature", "country", "population", "source"):
        table.add_column(column, no_wrap=True)
    for place, _, _ in found:
        table.add_row(place.name, f"{place.lat:.4f}, {place.lon:.4f}", place.feature_code, place.country_code, f"{place.population:,}", place.source)
    console = Console()
    console.print(table)
    for place, names, _ in found:
        latin = [n for n in names if n != place.name and n.isprintable() and ord(n[0]) < 0x250]
        unit = gazetteer.admin1_name(place)
        console.print(f"{place.name}{f' ({unit})' if unit else ''}: also {', '.join(latin[:12]) or 'nothing'}", markup=False, highlight=False)
        if place.status:
            console.print(f"  {place.status}", markup=False, highlight=False)
    return DONE


def run_gazetteer_build(options: argparse.Namespace) -> int:
    from geomap.gazetteer import Gazetteer, build_gazetteer, dump_entries

    sources = [Path(s) for s in options.source]
    missing = [s for s in sources if not s.exists()]
    if missing:
        raise ConfigError(f"{missing[0]}: no such file")
    path = build_gazetteer(dump_entries(sources, lambda text: print(f"geomap: {text}", file=sys.stderr)), Path(options.output))
    print(f"wrote {path}: {len(Gazetteer.open(path)):,} places; use it with --gazetteer {path}", file=sys.stderr)
    return DONE


def run_gazetteer_add(options: argparse.Namespace) -> int:
    from geomap.gazetteer import add_places, data_folder

    for name in options.file:
        print(f"added {add_places(Path(name)):,} places of {name}; they are kept in {data_folder()}", file=sys.stderr)
    return DONE


def run_evaluate(options: argparse.Namespace) -> int:
    from geomap.evaluate import read_gold, score_toponyms

    gold = read_gold(options.gold)
    for name, value in score_toponyms(gold, _open(options)).items():
        print(f"{name:22} {value:.3f}" if isinstance(value, float) else f"{name:22} {value}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
