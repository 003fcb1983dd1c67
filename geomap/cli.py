"""The `geomap` command: its verbs and their options. What a verb does is in `geomap/verbs/`, imported when it is called."""

import argparse
import os
import sys
from importlib import import_module
from typing import Any

from geomap import __version__
from geomap.errors import GeomapError
from geomap.verbs import DONE, FAILED


def main(argv: list[str] | None = None) -> int:
    """Run a verb. Returns 0 when done, 1 when there was nothing to do, 2 for bad use or unreadable input."""
    options = _parser().parse_args(argv)
    module, function = options.verb.split(":")
    try:
        return int(getattr(import_module(f"geomap.verbs.{module}"), function)(options))
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
    common.add_argument("--columns", metavar="FIELD=NAME,...", type=_columns, default={}, help="columns of a table, such as text=Body,title=Head (fields: id title text published url source)")
    common.add_argument("--allow-local", action="store_true", help="fetch from private and local addresses too")
    common.add_argument("--gazetteer", metavar="PATH", help="a gazetteer index of your own instead of the built-in one")
    common.add_argument("--engine", choices=("serial", "processes", "dask"), default="serial", help="where articles are read: here, in several processes, or on a Dask cluster (needs geomap[dask])")
    common.add_argument("--workers", metavar="N", type=int, help="processes, or Dask workers started here (default: one a core)")
    common.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, such as tcp://10.0.0.1:8786")
    common.add_argument("--work", metavar="FOLDER", help="keep finished articles there, so that a run that was killed goes on")
    common.add_argument("--corrections", metavar="FILE", help="a table that `geomap review` wrote and a person filled in")
    common.add_argument("--geocoder", metavar="SERVICE", default="none", help="ask geopy's SERVICE (nominatim, photon, opencage, ...) for names that the gazetteer lacks; key in GEOMAP_GEOCODER_KEY")
    common.add_argument("--geocoder-url", metavar="URL", default="", help="a server of your own, such as http://localhost:8088")
    common.add_argument("--geocoder-limit", metavar="N", type=int, default=500, help="most requests of a run (default: 500)")
    common.add_argument("--user-agent", metavar="TEXT", default="", help="who asks; Nominatim wants it")
    common.add_argument("--quiet", action="store_true", help="no progress and no summary")

    def verb(name: str, run: str, help_text: str, example: str, *, parents: bool = True) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=help_text, description=help_text, epilog=f"example: {example}", parents=[common] if parents else [])
        made.set_defaults(verb=run)
        return made

    source: dict[str, Any] = {"nargs": "+", "metavar": "SOURCE", "help": "file, folder, glob, URL or - (.txt .md .html .jsonl .csv .parquet .xml .eml .docx .pdf .zip .warc.gz)"}
    made = verb("map", "articles:map_", "Articles to incidents.html and incidents.geojson, with a summary.", "geomap map articles/ -o maps/")
    made.add_argument("source", **source)
    made.add_argument("-o", "--output", default="maps", metavar="FOLDER", help="where the two files go (default: maps)")
    made.add_argument("--title", default="Incidents", help="title shown on the map")
    made.add_argument("--online", action="store_true", help="a small page that takes its libraries and base map from the internet")

    made = verb("extract", "articles:extract", "Articles to a file of incidents.", "geomap extract articles/ -o incidents.gpkg")
    made.add_argument("source", **source)
    made.add_argument("-o", "--output", metavar="FILE", help="format by suffix: .geojson .gpkg .parquet .fgb .csv .kml .shp .jsonl; - is GeoJSON to standard output")
    made.add_argument("--partitioned", action="store_true", help="stream articles and write GeoParquet by month into the folder -o, in bounded memory")
    made.add_argument("--schema", choices=("acled", "ucdp"), help="a .csv in the columns of ACLED or UCDP GED")
    made.add_argument("--to", metavar="URL", help="upsert into a PostGIS table: postgis://user@host/database?table=incidents (needs geomap[postgis])")
    made.add_argument("--update", metavar="FILE", help="merge into the incidents of this file, keep their ids, and say what changed; writes to it unless -o says otherwise")

    made = verb("draw", "files:draw", "A map from a file of incidents.", "geomap draw incidents.geojson -o map.html", parents=False)
    made.add_argument("incidents", metavar="FILE", help="a file that `geomap extract` wrote")
    made.add_argument("-o", "--output", required=True, metavar="MAP", help=".html, or a picture: .png .svg .pdf (needs geomap[plot])")
    made.add_argument("--online", action="store_true", help="a small page that takes its libraries and base map from the internet")
    made.add_argument("--title", default="Incidents", help="title shown on the map")

    made = verb("review", "files:review", "A table of doubtful decisions, to be corrected in any editor.", "geomap review incidents.geojson -o review.csv", parents=False)
    made.add_argument("incidents", metavar="FILE", help="a file that `geomap extract` wrote")
    made.add_argument("-o", "--output", required=True, metavar="REVIEW.csv")

    made = verb("locate", "articles:locate", "Toponyms and where they resolve, JSON Lines.", 'geomap locate "Clashes near Jermuk" --explain')
    made.add_argument("source", nargs="+", metavar="TEXT|SOURCE", help="a sentence, or articles as for `map`")
    made.add_argument("-o", "--output", default="-", metavar="FILE")
    made.add_argument("--explain", action="store_true", help="add candidates with their features and scores")

    made = verb("events", "articles:events", "Events before merging, JSON Lines.", "geomap events articles/ -o events.jsonl")
    made.add_argument("source", **source)
    made.add_argument("-o", "--output", default="-", metavar="FILE")
    made.add_argument("--explain", action="store_true", help="add why type, date and place were chosen")

    made = verbs.add_parser("gazetteer", help="What places are known.", description="What places are known.")
    parts = made.add_subparsers(required=True, metavar="PART")
    part = parts.add_parser("info", help="sources, licences and rows", epilog="example: geomap gazetteer info")
    part.add_argument("--gazetteer", metavar="PATH")
    part.add_argument("--json", action="store_true")
    part.set_defaults(verb="gazetteer:info")
    part = parts.add_parser("search", help="places that a name may mean", epilog="example: geomap gazetteer search Khankendi")
    part.add_argument("name", nargs="+")
    part.add_argument("--gazetteer", metavar="PATH")
    part.add_argument("--limit", type=int, default=10)
    part.add_argument("--json", action="store_true")
    part.set_defaults(verb="gazetteer:search")

    part = parts.add_parser("build", help="an index of your own from GeoNames dumps", epilog="example: geomap gazetteer build AZ.txt -o az.idx")
    part.add_argument("source", nargs="+", metavar="DUMP", help="allCountries.txt, AZ.txt, alternateNamesV2.txt, admin1CodesASCII.txt, also zipped")
    part.add_argument("-o", "--output", default="gazetteer.idx", metavar="FILE")
    part.set_defaults(verb="gazetteer:build")
    part = parts.add_parser("add", help="keep places of your own for every later run", epilog="example: geomap gazetteer add places.csv")
    part.add_argument("file", nargs="+", metavar="FILE", help="CSV with name, lat, lon (and alternates, country_code, feature_code, population), or GeoJSON points with a name")
    part.set_defaults(verb="gazetteer:add")
    part = parts.add_parser("install", help="download GeoNames country files, for every village of a country", epilog="example: geomap gazetteer install AM AZ GE")
    part.add_argument("code", nargs="+", metavar="CODE", help="two-letter ISO 3166 country code")
    part.add_argument("--quiet", action="store_true", help="no progress")
    part.set_defaults(verb="gazetteer:install")

    made = verbs.add_parser("evaluate", help="Score toponyms and roles against gold.", description="Score our toponyms against a gold corpus (JSON Lines with id, text, toponyms).", epilog="example: geomap evaluate gold.jsonl")
    made.add_argument("gold", metavar="GOLD.jsonl")
    made.add_argument("--gazetteer", metavar="PATH")
    made.set_defaults(verb="files:evaluate")
    return parser


def _columns(text: str) -> dict[str, str]:
    pairs = dict(pair.split("=", 1) for pair in text.split(",") if "=" in pair)
    unknown = set(pairs) - {"id", "title", "text", "published", "url", "source"}
    if unknown or not pairs:
        raise argparse.ArgumentTypeError(f"{text!r}: write FIELD=NAME pairs; fields are id title text published url source")
    return pairs


def _date(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write YYYY-MM-DD") from None


if __name__ == "__main__":
    sys.exit(main())
