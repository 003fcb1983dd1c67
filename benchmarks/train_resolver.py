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
from geomap.resolve import CONFIDENCE, FEATURES, Siblings, confidence_features, context_of, distance_km, features_of, first_guess, names_of, picks_of, sense
from geomap.text import parse

ROOT = Path(__file__).resolve().parent.parent


def problem_of(article, gazetteer, weight=None):
    """[(feature matrix, km of each candidate, gold count)] of one article's distinct names."""
    gold = sorted((t for t in article["toponyms"] if t.get("kind") not in IGNORED), key=lambda t: t["start"])
    toponyms = [Toponym(t["start"], t["end"], t["phrase"]) for t in gold]
    names = names_of(parse(article["text"]), toponyms, gazetteer)
    picks, siblings = picks_of(names, first_guess), Siblings(names)
    passes = 1 if weight is None else 2
    for _ in range(passes):
        rows = {}
        for key, name in names.items():
            anchors, named = context_of(key, picks)
            largest = max((p.population for p, _ in name.candidates), default=0)
            rows[key] = np.array([[row[f] for f in FEATURES] for p, kind in name.candidates for row in (features_of(name, p, kind, anchors, named, largest, siblings),)])
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
            out.append((False, 0.0, False, t, None))
            continue
        z = x @ w
        best = int(np.argmax(z))
        p = np.exp(z - z.max())
        share = float(p[best] / p.sum())
        out.append((bool(d[best] <= 161), share, True, t, confidence_features(share, dict(zip(FEATURES, x[best], strict=True)))))
    return out


def calibrate(said):
    """Weights of the confidence model, fitted on held-out predictions."""
    rows = np.array([[f[name] for name in CONFIDENCE] for _, _, known, _, f in said if known])
    right = np.array([r for r, _, known, _, _ in said if known], float)

    def loss(w):
        z = rows @ w
        p = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        return np.logaddexp(0, z).sum() - (right * z).sum() + 0.5 * (w**2).sum(), rows.T @ (p - right) + w

    return minimize(loss, np.zeros(len(CONFIDENCE)), jac=True, method="L-BFGS-B").x


def reliability(said, w):
    """Print how often picks of each confidence are right, and what a threshold keeps."""
    rows = [(1 / (1 + math.exp(-sum(a * f[n] for a, n in zip(w, CONFIDENCE, strict=True)))), r) for r, _, known, _, f in said if known]
    print("confidence      n  said  right")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01)):
        part = [(p, r) for p, r in rows if low <= p < high]
        if part:
            print(f"{low:4.2f} to {high:4.2f} {len(part):6d} {np.mean([p for p, _ in part]):5.2f}  {np.mean([r for _, r in part]):5.2f}")


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
        if "--misses" in sys.argv:
            for right, p, has, t, _ in rows:
                if not right:
                    print("none" if not has else f"{p:.2f}", t["phrase"], t["lat"], t["lon"], t.get("kind"))
    # Calibrated on one half of the documents and judged on the other.
    halves = [[r for key, rows in said.items() if fold_of({"id": key + "half"}, 2) == k for r in rows] for k in (0, 1)]
    reliability(halves[1], calibrate(halves[0]))
    calibration = calibrate(halves[0] + halves[1])
    if write:
        w = fit([p for ps in first.values() for p in ps])
        w = fit([p for a in both for p in problem_of(a, gazetteer, w)])
        trained = {"weights": {f: round(float(v), 4) for f, v in zip(FEATURES, w, strict=True)}, "calibration": {n: round(float(v), 4) for n, v in zip(CONFIDENCE, calibration, strict=True)}, "threshold": 0.2}
        (ROOT / "data" / "resolver.json").write_text(json.dumps(trained, indent=1) + "\n")
        print(trained)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv)
