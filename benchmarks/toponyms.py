"""Toponyms: recognition, role, resolution and end to end, cross-validated, with the reliability of the scores.

    python benchmarks/toponyms.py SHARED

SHARED/corpora holds lgl.jsonl (LGL, Lieberman et al. 2010) and gwn.jsonl (GeoWebNews, Gritta et al. 2019). Five folds by a
hash of the document's id: all three models are trained on four and the fifth is read through the whole pipeline.
Then each corpus is read by models trained on the other alone. Scored by
SHARED/tools/score_toponyms.py.
"""

import importlib.util
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pycrfsuite
import train_resolver
import train_toponyms
from train_toponyms import fold_of, read

from geomap import resolve, roles, toponyms
from geomap.gazetteer import Gazetteer
from geomap.model import Article


class Bench:
    def __init__(self, shared):
        folder = shared / "corpora"
        self.gazetteer = Gazetteer.open(progress=print)
        self.corpora = {name: read(folder / f"{name}.jsonl") for name in ("lgl", "gwn")}
        everything = [a for articles in self.corpora.values() for a in articles]
        self.prepared = {a["id"]: train_toponyms.prepare(a, self.gazetteer) for a in everything}
        self.sentences = [train_toponyms.prepare(a, self.gazetteer) for a in train_toponyms.halves(shared / "gold" / "event_location_dev.jsonl")[0]]
        self.roles = {a["id"]: train_toponyms.role_rows(a, self.gazetteer) for a in everything}
        self.problems = {a["id"]: train_resolver.problem_of(a, self.gazetteer) for a in everything}
        self.calibration = resolve.weights()["calibration"]

    @contextmanager
    def trained_on(self, articles):
        """The pipeline with models trained on these articles only (the confidence model, of 14 weights, is shared)."""
        with tempfile.TemporaryDirectory() as scratch:
            crf, role = Path(scratch) / "t.crf", Path(scratch) / "r.crf"
            train_toponyms.train_with([self.prepared[a["id"]] for a in articles], self.sentences, crf)
            rows = [r for a in articles for r in self.roles[a["id"]]]
            if rows:
                train_toponyms.train_roles(rows, role)
            first = train_resolver.fit([p for a in articles for p in self.problems[a["id"]]])
            weight = train_resolver.fit([p for a in articles for p in train_resolver.problem_of(a, self.gazetteer, first)])
            trained = {"weights": dict(zip(resolve.FEATURES, weight, strict=True)), "calibration": self.calibration, "threshold": 0.0}
            taggers = {}
            for name, path in (("t", crf), ("r", role)):
                taggers[name] = pycrfsuite.Tagger()
                if path.exists():
                    taggers[name].open(str(path))
                else:
                    taggers[name] = roles._tagger()
            with mock.patch.object(toponyms, "_tagger", lambda: taggers["t"]), mock.patch.object(roles, "_tagger", lambda: taggers["r"]), mock.patch.object(resolve, "weights", lambda: trained):
                yield

    def predict(self, articles):
        out = {}
        for a in articles:
            article = Article(a["id"], a["text"])
            found = resolve.resolve_toponyms(article, toponyms.find_toponyms(article, self.gazetteer), self.gazetteer)
            out[a["id"]] = {"id": a["id"], "mentions": [
                {"start": r.toponym.start, "end": r.toponym.end, "role": str(r.toponym.role), "lat": r.place.lat if r.place else None, "lon": r.place.lon if r.place else None} for r in found]}
        return out


def load(path):
    spec = importlib.util.spec_from_file_location("scorer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.score


def show(title, scores):
    keys = ("precision", "recall", "f1", "accuracy_161km", "end_to_end_f1", "role_accuracy")
    print(f"{title:24}", "  ".join(f"{k} {scores[k]:.3f}" for k in keys if scores.get(k) is not None), flush=True)


def figures(shared):
    """Yield (title, scores) of the five folds, then of each corpus read by models of the other."""
    score = load(shared / "tools" / "score_toponyms.py")
    bench = Bench(shared)
    everything = [a for articles in bench.corpora.values() for a in articles]
    predicted = {}
    for k in range(5):
        with bench.trained_on([a for a in everything if fold_of(a) != k]):
            predicted |= bench.predict([a for a in everything if fold_of(a) == k])
    for name, articles in bench.corpora.items():
        yield f"five-fold {name}", score({a["id"]: a for a in articles}, predicted)
    for source, target in (("lgl", "gwn"), ("gwn", "lgl")):
        with bench.trained_on(bench.corpora[source]):
            scores = score({a["id"]: a for a in bench.corpora[target]}, bench.predict(bench.corpora[target]))
            yield f"{source} -> {target}", scores | {"role_accuracy": None}  # only GeoWebNews has roles to learn from


def main(shared):
    for title, scores in figures(shared):
        show(title, scores)
    print("Given gold spans, and the reliability of the scores: python benchmarks/train_resolver.py CORPORA")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
