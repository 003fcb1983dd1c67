"""Articles a second, by stage, on one core; ratios within one run are what to read.

    python benchmarks/speed.py CORPUS.jsonl [--model en_core_web_sm]

Start-up is compared with importing geopandas, since absolute times differ between machines. Where spaCy and its model
en_core_web_sm are installed (for this benchmark only), its NER with a population look-up runs on the same articles. Two processes are compared with
one by wall time and by CPU an article, which says more where the cores are shared.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from geomap.events import find_events
from geomap.gazetteer import Gazetteer
from geomap.model import Article
from geomap.pipeline import extract_each, extract_one
from geomap.resolve import resolve_toponyms
from geomap.text import parse
from geomap.toponyms import find_toponyms

FIRST = "from geomap.gazetteer import Gazetteer; from geomap.model import Article; from geomap.pipeline import extract_one; extract_one(Article('a', 'Clashes erupted near Jermuk on Monday.', published='2022-10-04'), Gazetteer.open())"


def seconds(*command):
    best = 1e9
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    return best


def alone(side, path, model):
    """One side by itself, so that its peak memory is its own: articles a CPU second once warm, and peak memory in MB."""
    articles = read(path)
    gazetteer = Gazetteer.open(progress=print)
    if side == "geomap":
        def work(article):
            extract_one(article, gazetteer)
    else:
        import spacy

        recognise = spacy.load(model, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"] if side == "ner" else [])

        def work(article):
            for entity in recognise(article.text).ents:
                if entity.label_ in ("GPE", "LOC", "FAC"):
                    max(gazetteer.candidates(entity.text), key=lambda p: p.population, default=None)
    for article in articles[:5]:
        work(article)
    articles = articles[:: max(1, len(articles) // 100)]
    began = time.process_time()
    for article in articles:
        work(article)
    spent = time.process_time() - began
    print(json.dumps({"rate": len(articles) / spent, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def beside_spacy(path, model):
    """The whole of ours beside spaCy with the most populous place of each name: the model as it loads, as most scripts
    have it, and its NER with all else left out."""
    if not find_spec("spacy") or not find_spec(model):
        print(f"spaCy with {model} is not installed: no comparison (python -m spacy download en_core_web_sm)")
        return
    sides = {}
    for side in ("geomap", "spacy", "ner"):
        command = [sys.executable, __file__, str(path), "--model", model, "--alone", side]
        sides[side] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        print(f"{side:7} alone: {sides[side]['rate']:6.1f} articles per CPU second, peak memory {sides[side]['memory']:.0f} MB")
    ours = sides["geomap"]
    for side, what in (("spacy", "as loaded"), ("ner", "NER alone")):
        print(f"ours is {ours['rate'] / sides[side]['rate']:.1f} times as fast as {model} {what}, with {ours['memory'] / sides[side]['memory']:.2f} of its memory")


def processes(articles, gazetteer):
    """Wall time and CPU an article of the engine `processes`, workers being started and warm before the clock."""
    spent = {}
    for workers in (1, 2):
        before = os.times()
        results = extract_each(articles * 4, gazetteer, engine="processes", workers=workers)
        next(results)
        began, n = time.perf_counter(), sum(1 for _ in results)
        wall = time.perf_counter() - began
        after = os.times()
        spent[workers] = wall
        print(f"engine processes, {workers} worker(s): {n / wall:.0f} articles/s, CPU {1000 * (after.children_user + after.user - before.children_user - before.user) / n:.1f} ms an article")
    print(f"two processes are {spent[1] / spent[2]:.2f} times as fast as one")


def read(path):
    rows = map(json.loads, filter(None, path.read_text(encoding="utf-8").split("\n")))
    return [Article(str(row["id"]), row["text"], published=row.get("published")) for row in rows]


def main(path, model):
    articles = read(path)
    gazetteer = Gazetteer.open(progress=print)
    spent = dict.fromkeys(("tokens", "toponyms", "resolve", "events"), 0.0)
    for article in articles:
        marks = [time.process_time()]
        parse(article.text)
        marks.append(time.process_time())
        toponyms = find_toponyms(article, gazetteer)
        marks.append(time.process_time())
        resolutions = resolve_toponyms(article, toponyms, gazetteer)
        marks.append(time.process_time())
        find_events(article, resolutions, gazetteer)
        marks.append(time.process_time())
        for stage, a, b in zip(spent, marks, marks[1:], strict=False):
            spent[stage] += b - a
    total, size = sum(spent.values()), sum(len(a.text) for a in articles)
    print(f"{len(articles)} articles, {size / 1e6:.2f} million characters: {len(articles) / total:.0f} articles/s")
    for stage, used in spent.items():
        print(f"  {stage:9} {used / total:5.1%}  {1000 * used / len(articles):6.2f} ms an article")
    beside_spacy(path, model)
    processes(articles, gazetteer)
    geopandas = seconds("-c", "import geopandas")
    print(f"start-up, as a share of importing geopandas: --help {seconds('-m', 'geomap', '--help') / geopandas:.2f}, "
          f"opening the gazetteer {seconds('-c', 'from geomap.gazetteer import Gazetteer; Gazetteer.open()') / geopandas:.2f}, "
          f"first article done {seconds('-c', FIRST) / geopandas:.2f} ({seconds('-c', FIRST):.2f} s)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path, help="a JSONL file of articles (id, text, published)")
    parser.add_argument("--model", default="en_core_web_sm", help="spaCy model to run beside ours, where installed (default: %(default)s)")
    parser.add_argument("--alone", choices=["geomap", "spacy", "ner"], help="one side only, as JSON")
    options = parser.parse_args()
    if options.alone:
        alone(options.alone, options.corpus, options.model)
    else:
        main(options.corpus, options.model)
