"""Verbs of the gazetteer: info, search, build, add, install."""

import argparse
import json
import sys
from pathlib import Path

from geomap.errors import ConfigError
from geomap.verbs import DONE, NOTHING, open_gazetteer, progress


def info(options: argparse.Namespace) -> int:
    import tomllib

    from rich.console import Console
    from rich.table import Table

    from geomap.resources import data_file

    gazetteer = open_gazetteer(options)
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


def search(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from geomap.records import place_record

    gazetteer, name = open_gazetteer(options), " ".join(options.name)
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


def build(options: argparse.Namespace) -> int:
    from geomap.gazetteer import Gazetteer, build_gazetteer, dump_entries

    sources = [Path(s) for s in options.source]
    missing = [s for s in sources if not s.exists()]
    if missing:
        raise ConfigError(f"{missing[0]}: no such file")
    path = build_gazetteer(dump_entries(sources, lambda text: print(f"geomap: {text}", file=sys.stderr)), Path(options.output))
    print(f"wrote {path}: {len(Gazetteer.open(path)):,} places; use it with --gazetteer {path}", file=sys.stderr)
    return DONE


def add(options: argparse.Namespace) -> int:
    from geomap.holdings import add_places, data_folder

    for name in options.file:
        print(f"added {add_places(Path(name)):,} places of {name}; they are kept in {data_folder()}", file=sys.stderr)
    return DONE


def install(options: argparse.Namespace) -> int:
    from geomap.holdings import install_country

    for code in options.code:
        with progress(options.quiet, 0, f"Downloading {code.upper()}", bytes_=True) as advance:
            path = install_country(code, progress=advance)
        print(f"installed {path} ({path.stat().st_size / 1e6:.1f} MB); the gazetteer is built anew on the next run", file=sys.stderr)
    return DONE
