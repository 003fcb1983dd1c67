"""How merging grows with the number of events, on simulated reports.

    python benchmarks/merging.py [--events 200000]
    python benchmarks/merging.py --partitioned --events 1000000     on disk by month, in bounded memory

Simulated with seed 1: incidents of every type over five years at places of the gazetteer, each reported by one to six
articles with days and counts that differ a little. Prints seconds of one core for half the events and for all.
"""

import argparse
import random
import resource
import tempfile
import time
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from geomap.gazetteer import Gazetteer
from geomap.incidents import merge_incidents
from geomap.lexicon import load_lexicon
from geomap.model import Actor, Article, Count, DatePrecision, Event, GeoPrecision
from geomap.partitions import Spill, merge_by_month
from geomap.pipeline import Extraction


def simulated(n, gazetteer, seed=1):
    """`n` events, a few to an incident, in no order."""
    events = list(islice(stream(gazetteer, seed), n))
    random.Random(seed).shuffle(events)
    return events


def stream(gazetteer, seed=1):
    """Events without end, those of an incident after one another."""
    draw = random.Random(seed)
    types = list(load_lexicon().types)
    places = [gazetteer.place(draw.randrange(len(gazetteer))) for _ in range(4000)]
    countries = sorted({p.country_code for p in places if p.country_code})
    number = 0
    while True:
        place, kind = draw.choice(places), draw.choice(types)
        day = date(2018, 1, 1) + timedelta(days=draw.randrange(5 * 365))
        sides = tuple(Actor(c, "state", c) for c in draw.sample(countries, 2))
        for _ in range(draw.randint(1, 6)):
            number += 1
            wide = draw.random() < 0.1
            first, last = (day.replace(day=1), day.replace(day=28)) if wide else (day, day)
            where = place if draw.random() < 0.9 else None
            words = " ".join(f"{place.name} {kind} {draw.choice(('said', 'reported', 'told'))} {w}" for w in draw.sample(types, 3))
            yield Event(
                id=f"s{number}#1", article_id=f"s{number}", event_type=kind, start=0, end=len(words), sentence=words, trigger=kind, trigger_start=0, trigger_end=len(kind),
                date_start=first.isoformat(), date_end=last.isoformat(), date_precision=DatePrecision.MONTH if wide else DatePrecision.DAY,
                place=where, place_name=where.name if where else "", lat=where.lat if where else None, lon=where.lon if where else None,
                geo_precision=GeoPrecision.EXACT if where else None, place_basis="stated" if where else "", reality="asserted", salience="current",
                counts=(Count("killed", draw.randint(1, 40), None, "", 0, 0),) if draw.random() < 0.3 else (), actors=sides,
            )


def by_month(n, gazetteer):
    with tempfile.TemporaryDirectory() as folder:
        spill, began = Spill(folder), time.process_time()
        for event in islice(stream(gazetteer), n):
            spill.add(Extraction(Article(event.article_id, "", published=event.date_start), (), (event,)))
        written, incidents = time.process_time() - began, 0
        for _, found, _ in merge_by_month(spill):
            incidents += len(found)
        size = sum(p.stat().st_size for p in Path(folder).glob("*"))
        print(f"{n:9,} events -> {incidents:8,} incidents: {written:.0f} s to write {size / 1e6:.0f} MB, {time.process_time() - began - written:.0f} s to merge by month; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--partitioned", action="store_true")
    options = parser.parse_args()
    gazetteer = Gazetteer.open(progress=print)
    if options.partitioned:
        for n in (options.events // 10, options.events):
            by_month(n, gazetteer)
        return
    events = simulated(options.events, gazetteer)
    merge_incidents(events[:2000])
    spent = []
    for n in (options.events // 2, options.events):
        began = time.process_time()
        incidents = merge_incidents(events[:n])
        spent.append(time.process_time() - began)
        print(f"{n:9,} events -> {len(incidents):8,} incidents in {spent[-1]:6.1f} s")
    print(f"twice the events cost {spent[1] / spent[0]:.2f} times as much; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
