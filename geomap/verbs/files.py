"""Verbs that read what was written before: draw, evaluate."""

import argparse
import sys
from pathlib import Path

from geomap.errors import ConfigError
from geomap.verbs import DONE, NOTHING, open_gazetteer


def draw(options: argparse.Namespace) -> int:
    from geomap.frame import read_incidents
    from geomap.maps import draw_map, save_map
    from geomap.maps.static import SUFFIXES, draw_picture

    frame = read_incidents(options.incidents)
    suffix = Path(options.output).suffix.lower()
    if suffix in SUFFIXES:
        draw_picture(frame, options.output, title=options.title)
    elif suffix in (".html", ".htm"):
        save_map(draw_map(frame, title=options.title, online=options.online), options.output)
    else:
        raise ConfigError(f"{options.output}: unknown kind of map; use .html {' '.join(SUFFIXES)}")
    print(f"wrote {options.output}", file=sys.stderr)
    return DONE if len(frame) else NOTHING


def review(options: argparse.Namespace) -> int:
    from geomap.corrections import write_review
    from geomap.frame import events_in, ids_of_events, read_incidents
    from geomap.incidents import merge_incidents

    frame = read_incidents(options.incidents)
    events, _ = events_in(frame)
    n = write_review(merge_incidents(events, ids_of_events(frame)), options.output)
    print(f"wrote {options.output}: {n} doubtful events of {len(events)}; fill in what is wrong and give it to --corrections", file=sys.stderr)
    return DONE if n else NOTHING


def evaluate(options: argparse.Namespace) -> int:
    from geomap.evaluate import read_gold, score_toponyms

    gold = read_gold(options.gold)
    for name, value in score_toponyms(gold, open_gazetteer(options)).items():
        print(f"{name:22} {value:.3f}" if isinstance(value, float) else f"{name:22} {value}")
    return DONE
