"""Train the model that says which place name of a sentence an event belongs to.

    python benchmarks/train_placing.py SHARED

Learns from half of SHARED/gold/event_location_dev.jsonl (Halterman 2019) and writes data/placing.crf; the figure on the
other half is printed by benchmarks/events.py. Run it after train_toponyms.py, whose names it learns from.
"""

import sys
from pathlib import Path

import pycrfsuite
from train_toponyms import halves

from geomap.attach import spots_of
from geomap.gazetteer import Gazetteer
from geomap.model import Article
from geomap.placing import pair_features
from geomap.resolve import resolve_toponyms
from geomap.text import parse
from geomap.toponyms import find_toponyms

ROOT = Path(__file__).resolve().parent.parent


def placed(row, gazetteer):
    """(parsed, trigger, spots of its sentence, gold spans) of one of Halterman's sentences; None without its verb."""
    article = Article(row["id"], row["text"])
    parsed = parse(article.text)
    at = {t.start: i for i, t in enumerate(parsed.tokens)}
    first = next((at[s] for s in range(row["verb"][0], row["verb"][1]) if s in at), None)
    if first is None:
        return None
    spots = spots_of(parsed, resolve_toponyms(article, find_toponyms(article, gazetteer), gazetteer))
    begin, end = next(s for s in parsed.sentences if s[0] <= first < s[1])
    return parsed, (first, first + 1), [s for s in spots if begin <= s.first < end], {(t["start"], t["end"]) for t in row["toponyms"]}


def is_gold(spot, gold):
    toponym = spot.resolution.toponym
    return any(toponym.start < b and a < toponym.end for a, b in gold)


def main(shared):
    gazetteer = Gazetteer.open(progress=print)
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"c1": 0.3, "c2": 1.0, "max_iterations": 150})
    for row in halves(shared / "gold" / "event_location_dev.jsonl")[0]:
        found = placed(row, gazetteer)
        if found:
            parsed, trigger, spots, gold = found
            for spot in spots:
                trainer.append([pair_features(parsed, trigger, spot, spots)], ["here" if is_gold(spot, gold) else "not"])
    trainer.train(str(ROOT / "data" / "placing.crf"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
