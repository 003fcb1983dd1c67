"""Articles a second, by stage, on one core; ratios within one run are what to read.

    python benchmarks/speed.py CORPUS.jsonl

Start-up is compared with importing geopandas, since absolute times differ between machines.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

from geomap.events import find_events
from geomap.gazetteer import Gazetteer
from geomap.model import Article
from geomap.resolve import resolve_toponyms
from geomap.text import parse
from geomap.toponyms import find_toponyms


def seconds(*command):
    best = 1e9
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    return best


def main(path):
    articles = [Article(str(row["id"]), row["text"], published=row.get("published")) for row in map(json.loads, filter(None, path.read_text(encoding="utf-8").split("\n")))]
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
    geopandas = seconds("-c", "import geopandas")
    print(f"start-up, as a share of importing geopandas: --help {seconds('-m', 'geomap', '--help') / geopandas:.2f}, "
          f"opening the gazetteer {seconds('-c', 'from geomap.gazetteer import Gazetteer; Gazetteer.open()') / geopandas:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
