"""What the gazetteer's index costs: opening, looking up, scanning text, memory of one more worker, and a large dump.

    python benchmarks/gazetteer.py TEXT.jsonl [--names 12000000]

TEXT.jsonl holds articles (a field `text`). With --names, a synthetic GeoNames dump of that many distinct names (seed 1,
two a place) is built into an index, and the same is measured on it. Times are medians of one run: read the ratios.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from geomap.gazetteer import Gazetteer, build_gazetteer
from geomap.geonames import read_geonames

LOAD = "import time; b = time.perf_counter(); from geomap.gazetteer import Gazetteer; g = Gazetteer.open({path!r}); print(time.perf_counter() - b)"
OPEN = "import time; from geomap.gazetteer import Gazetteer; b = time.perf_counter(); g = Gazetteer.open({path!r}); print(time.perf_counter() - b)"
IMPORT = "import time; b = time.perf_counter(); import geopandas; print(time.perf_counter() - b)"
MEMORY = """
import json, re, sys
def private():
    return sum(int(kb) for kb in re.findall(r"Private_\\w+:\\s+(\\d+)", open("/proc/self/smaps_rollup").read())) / 1024
from geomap.gazetteer import Gazetteer
before = private()
g = Gazetteer.open(sys.argv[1])
for line in open(sys.argv[2], encoding="utf-8"):
    for _, _, key in g.names_in(json.loads(line)["text"]):
        g.postings(key)
print(private() - before)
"""
SYLLABLES = [a + b for a in "b d f g h k l m n p r s t v z sh ch kh gr st".split() for b in "a e i o u an er il or un".split()]


def run(code, *arguments):
    return statistics.median(float(subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, capture_output=True, text=True).stdout) for _ in range(3))


def measured(path, texts, corpus, names):
    gazetteer = Gazetteer.open(path)
    spent = []
    for name in names:
        began = time.perf_counter()
        gazetteer.candidates(name)
        spent.append(time.perf_counter() - began)
    size = sum(len(t.encode()) for t in texts)
    rates = []
    for _ in range(3):
        began = time.process_time()
        found = sum(1 for t in texts for _ in gazetteer.names_in(t))
        rates.append(size / 1e6 / (time.process_time() - began))
    return {
        "places": len(gazetteer), "names": gazetteer.info()["names"], "file MB": path.stat().st_size / 1e6, "open ms": 1000 * run(OPEN.format(path=str(path))),
        "import and open ms": 1000 * run(LOAD.format(path=str(path))),
        "look-up us, median": 1e6 * statistics.median(spent), "scan MB/s": statistics.median(rates), "names found": found,
        "memory of a worker MB": run(MEMORY, path, corpus),
    }


def synthetic_dump(path, names):
    """A dump in GeoNames' format with two names a place, drawn with seed 1; written line by line."""
    draw = random.Random(1)

    def word():
        return "".join(draw.choices(SYLLABLES, k=draw.randint(2, 5))).capitalize()

    with path.open("w", encoding="utf-8") as out:
        for i in range(1, names // 2 + 1):
            a, b = f"{word()} {word()}", f"{word()} {word()}"
            out.write(f"{i}\t{a}\t{a}\t{b}\t{draw.uniform(-60, 70):.5f}\t{draw.uniform(-180, 180):.5f}\tP\tPPL\t{draw.choice(('AA', 'BB', 'CC'))}\t\t01\t\t\t\t{draw.randint(0, 9999)}\t\t\t\t2020-01-01\n")
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--names", type=int, default=0)
    options = parser.parse_args()
    texts = [json.loads(line)["text"] for line in options.corpus.read_text(encoding="utf-8").split("\n") if line]
    path = Gazetteer.open(progress=print).path
    geopandas = run(IMPORT)
    asked = [t["phrase"] for line in options.corpus.read_text(encoding="utf-8").split("\n") if line for t in json.loads(line).get("toponyms", ())][:3000]
    columns = {"built-in": measured(path, texts, options.corpus, asked)}
    for what in ("open", "import and open"):
        columns["built-in"][f"{what}, share of importing geopandas"] = columns["built-in"][f"{what} ms"] / 1000 / geopandas
    if options.names:
        with tempfile.TemporaryDirectory() as folder:
            dump = synthetic_dump(Path(folder) / "AA.txt", options.names)
            began = time.perf_counter()
            large = build_gazetteer(read_geonames(dump), Path(folder) / "large.idx")
            built = time.perf_counter() - began
            with dump.open(encoding="utf-8") as lines:
                asked = [line.split("\t")[1] for line, _ in zip(lines, range(3000), strict=False)]
            columns["synthetic"] = {**measured(large, texts, options.corpus, asked), "build s": built}
    for key in dict.fromkeys(k for column in columns.values() for k in column):
        print(f"{key:48}" + "".join(f"{column.get(key, float('nan')):14,.2f}" for column in columns.values()))


if __name__ == "__main__":
    main()
