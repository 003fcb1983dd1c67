"""Train the resolver's weights on the gold toponyms of LGL and GeoWebNews, and cross-validate them.

    python benchmarks/train_resolver.py CORPORA [--write]

The weights maximise the likelihood of the gold place among a name's candidates (conditional logit, L2), given gold
spans. Five folds by document; the calibration is fitted on the held-out predictions.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from train_toponyms import IGNORED, fold_of, read

from geomap.gazetteer import Gazetteer
from geomap.model import Place, Toponym
from geomap.resolve import FEATURES, context_of, distance_km, features_of, first_guess, names_of, picks_of, sense
from geomap.text import parse

ROOT = Path(__file__).resolve().parent.parent


def problem_of(article, gazetteer, weight=None):
    """[(feature matrix, km of each candidate, gold count)] of one article's distinct names."""
    gold = sorted((t for t in article["toponyms"] if t.get("kind") not in IGNORED), key=lambda t: t["start"])
    toponyms = [Toponym(t["start"], t["end"], t["phrase"]) for t in gold]
    names = names_of(parse(article["text"]), toponyms, gazetteer)
    picks = picks_of(names, first_guess)
    passes = 1 if weight is None else 2
    for _ in range(passes):
        rows = {}
        for key, name in names.items():
            anchors, named = context_of(key, picks)
            largest = max((p.population for p, _ in name.candidates), default=0)
            rows[key] = np.array([[features_of(name, p, kind, anchors, named, largest)[f] for f in FEATURES] for p, kind in name.candidates])
        if weight is not None:
            best = {k: int(np.argmax(x @ weight)) for k, x in rows.items() if len(x)}
            picks = {k: names[k].candidates[i][0] for k, i in best.items()}
    out = []
    for t in gold:
        if t["lat"] is None:
            continue
        key = sense(t["phrase"])
        spot = Place("", "", t["lat"], t["lon"], "")
        out.append((rows[key], np.array([distance_km(p, spot) for p, _ in names[key].candidates]), t))
    return out


def fit(problems):
    usable = [(x, np.argmin(d)) for x, d, _ in problems if len(x) > 1 and d.min() <= 161]
    # Several candidates may lie near the gold place (a city and its county): all of them count as right.
    near = [d <= 161 for x, d, _ in problems if len(x) > 1 and d.min() <= 161]
    sizes = np.array([len(x) for x, _ in usable])
    stack = np.vstack([x for x, _ in usable])
    right = np.concatenate(near)
    group = np.repeat(np.arange(len(sizes)), sizes)

    def loss(w):
        z = stack @ w
        z = z - np.repeat(np.maximum.reduceat(z, np.concatenate([[0], np.cumsum(sizes)[:-1]])), sizes)
        e = np.exp(z)
        total = np.bincount(group, e)
        good = np.bincount(group, e * right)
        p, q = e / total[group], np.where(right, e / good[group], 0)
        value = -np.log(good / total).sum() + 0.5 * (w**2).sum()
        return value, stack.T @ (p - q) + w

    return minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x


def predict(problems, w):
    """(right, softmax of the pick, has candidates) for each gold toponym."""
    out = []
    for x, d, t in problems:
        if not len(x):
            out.append((False, 0.0, False, t))
            continue
        z = x @ w
        best = int(np.argmax(z))
        p = np.exp(z - z.max())
        out.append((bool(d[best] <= 161), float(p[best] / p.sum()), True, t))
    return out


def calibrate(said):
    logit = np.array([math.log(min(max(p, 1e-6), 1 - 1e-6) / (1 - min(max(p, 1e-6), 1 - 1e-6))) for _, p, known, _ in said if known])
    right = np.array([r for r, _, known, _ in said if known], float)

    def loss(ab):
        z = ab[0] * logit + ab[1]
        return np.logaddexp(0, z).sum() - (right * z).sum()

    return minimize(loss, [1.0, 0.0]).x


def main(folder, write):
    gazetteer = Gazetteer.open(progress=print)
    corpora = {n: read(folder / f"{n}.jsonl") for n in ("lgl", "gwn")}
    both = corpora["lgl"] + corpora["gwn"]
    first = {a["id"]: problem_of(a, gazetteer) for a in both}
    said = {}
    for k in range(5):
        w = fit([p for a in both if fold_of(a) != k for p in first[a["id"]]])
        second = {a["id"]: problem_of(a, gazetteer, w) for a in both if fold_of(a) != k}
        w = fit([p for ps in second.values() for p in ps])
        for a in both:
            if fold_of(a) == k:
                said[a["id"]] = predict(problem_of(a, gazetteer, w), w)
    for name, articles in corpora.items():
        rows = [r for a in articles for r in said[a["id"]]]
        known = [r for r in rows if r[2]]
        print(name, "gold spans, unresolved wrong:", round(sum(r[0] for r in rows) / len(rows), 3), "| of those with candidates:", round(sum(r[0] for r in known) / len(known), 3), "| have candidates", round(len(known) / len(rows), 3))
        with open(f"/tmp/resolve-{name}.txt", "w") as log:
            for right, p, has, t in rows:
                if not right:
                    print("none" if not has else f"{p:.2f}", t["phrase"], t["lat"], t["lon"], t.get("kind"), file=log)
    slope, offset = calibrate([r for rows in said.values() for r in rows])
    for low in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        part = [r[0] for rows in said.values() for r in rows if r[2] and 1 / (1 + math.exp(-(slope * math.log(max(r[1], 1e-6) / max(1 - r[1], 1e-6)) + offset))) >= low]
        print(f"score >= {low}: {len(part)} right {sum(part) / max(len(part), 1):.3f}")
    if write:
        w = fit([p for ps in first.values() for p in ps])
        w = fit([p for a in both for p in problem_of(a, gazetteer, w)])
        trained = {"weights": {f: round(float(v), 4) for f, v in zip(FEATURES, w, strict=True)}, "calibration": [round(float(slope), 4), round(float(offset), 4)], "threshold": 0.35}
        (ROOT / "data" / "resolver.json").write_text(json.dumps(trained, indent=1) + "\n")
        print(trained)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv)
