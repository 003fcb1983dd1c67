"""Train the toponym models on LGL and GeoWebNews and on half of Halterman's sentences, and cross-validate them.

    python benchmarks/train_toponyms.py SHARED --folds     five-fold and across corpora, nothing written (--misses: each error)
    python benchmarks/train_toponyms.py SHARED --roles     five-fold, then train on all and write data/roles.crf
    python benchmarks/train_toponyms.py SHARED --write     train on all and write data/toponyms.crf

SHARED holds corpora/lgl.jsonl, corpora/gwn.jsonl and gold/event_location_dev.jsonl. Documents are split by a hash of
their id, so folds never change. Halterman's sentences (ahalterman/event_location, 2019) mark the places of one event
each and no other name: a run of capitals is learnt from where it holds a marked place, or where a model of the two
corpora is sure of it. They bring villages of wars that the corpora lack. The other half is for benchmarks/events.py.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import pycrfsuite

from geomap.gazetteer import Gazetteer
from geomap.roles import role_features
from geomap.text import parse
from geomap.toponyms import Lookup, document_features, name_runs, run_features, spans_of

ROOT = Path(__file__).resolve().parent.parent
CRF = {"c1": 0.15, "c2": 0.05, "max_iterations": 120, "feature.possible_transitions": True}


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def fold_of(article, folds=5):
    return int(hashlib.md5(article["id"].encode()).hexdigest(), 16) % folds


IGNORED = {"Literal_Expression", "Non_Lit_Expression", "Non_Toponym", "Homonym", "Language"}


def prepare(article, gazetteer):
    """Rows, labels, runs and gold of one article."""
    parsed = parse(article["text"])
    lookup, document = Lookup(parsed, gazetteer), document_features(parsed)
    starts = {first for first, _ in parsed.sentences}
    gold = sorted((t["start"], t["end"]) for t in article["toponyms"] if t.get("kind") not in IGNORED)
    at_start, at_end = {t.start: i for i, t in enumerate(parsed.tokens)}, {t.end: i for i, t in enumerate(parsed.tokens)}
    labels = ["O"] * len(parsed.tokens)
    for start, end in gold:
        i, j = at_start.get(start), at_end.get(end)
        if i is not None and j is not None:
            labels[i : j + 1] = ["B"] + ["I"] * (j - i)
    runs = list(name_runs(parsed))
    rows = [run_features(parsed, lookup, run, document, starts) for run in runs]
    return {"article": article, "tokens": parsed.tokens, "runs": runs, "rows": rows, "labels": [labels[a:b] for a, b in runs]}


def train(documents, path):
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(CRF)
    for document in documents:
        for rows, labels in zip(document["rows"], document["labels"], strict=True):
            trainer.append(rows, labels)
    trainer.train(str(path))


SURE = 0.9


def halves(path):
    """Halterman's sentences as articles: (those to learn from, those to judge by)."""
    articles = [{"id": r["id"], "text": r["text"], "verb": r["verb"], "toponyms": [{"start": a, "end": b, "phrase": p} for a, b, p in r["locations"]]} for r in read(path)]
    return [a for a in articles if fold_of(a, 2) == 0], [a for a in articles if fold_of(a, 2) == 1]


def train_with(documents, sentences, path):
    """Train on whole documents, then again with the runs of sentences that can be learnt from."""
    train(documents, path)
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    partly = []
    for sentence in sentences:
        kept = []
        for rows, labels in zip(sentence["rows"], sentence["labels"], strict=True):
            if set(labels) == {"O"}:
                labels = tagger.tag(rows)
                if min(tagger.marginal(label, i) for i, label in enumerate(labels)) < SURE:
                    continue
            kept.append((rows, labels))
        partly.append({"rows": [r for r, _ in kept], "labels": [x for _, x in kept]})
    train(documents + partly, path)


def tag(documents, path):
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    out = {}
    for document in documents:
        spans = []
        for run, rows in zip(document["runs"], document["rows"], strict=True):
            spans += [(document["tokens"][i].start, document["tokens"][j - 1].end) for i, j in spans_of(tagger.tag(rows), run[0])]
        out[document["article"]["id"]] = spans
    return out


def f1(documents, found, say=None):
    hits = wanted = predicted = 0
    for document in documents:
        article = document["article"]
        gold = {(t["start"], t["end"]) for t in article["toponyms"] if t["lat"] is not None}
        ignored = {(t["start"], t["end"]) for t in article["toponyms"]} - gold
        spans = set(found[article["id"]]) - ignored
        hits, wanted, predicted = hits + len(gold & spans), wanted + len(gold), predicted + len(spans)
        if say:
            for a, b in sorted(gold ^ spans):
                say("MISS" if (a, b) in gold else "EXTRA", article["text"][max(0, a - 30) : a] + "[[" + article["text"][a:b] + "]]" + article["text"][b : b + 30])
    p, r = hits / max(predicted, 1), hits / max(wanted, 1)
    return {"p": round(p, 3), "r": round(r, 3), "f1": round(2 * p * r / (p + r), 3), "n": wanted}


LITERAL = {"Literal", "Literal_Modifier", "Mixed", "Coercion", "Embedded_Literal"}
ASSOCIATIVE = {"Metonymic", "Non_Literal_Modifier", "Embedded_Non_Lit", "Demonym"}
ROLES = {"c1": 0.03, "c2": 4.0, "max_iterations": 200}


def role_rows(article, gazetteer):
    """(features, role, is a demonym by the gazetteer) of each gold toponym that has a kind."""
    parsed = parse(article["text"])
    lookup = Lookup(parsed, gazetteer)
    at_start, at_end = {t.start: i for i, t in enumerate(parsed.tokens)}, {t.end: i for i, t in enumerate(parsed.tokens)}
    rows = []
    for toponym in article["toponyms"]:
        i, j = at_start.get(toponym["start"]), at_end.get(toponym["end"])
        kind = toponym.get("kind")
        if i is None or j is None or kind not in LITERAL | ASSOCIATIVE:
            continue
        letters = lookup.kind_of(i, j + 1)
        rows.append((role_features(parsed, (i, j + 1), letters), "literal" if kind in LITERAL else "associative", letters[:1] == "D", toponym["lat"] is not None))
    return rows


def train_roles(rows, path):
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(ROLES)
    for features, role, *_ in rows:
        trainer.append([features], [role])
    trainer.train(str(path))


def role_accuracy(rows, path):
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    said = [tagger.tag([features])[0] == role for features, role, demonym, counted in rows if counted]
    return sum(said), len(said)


def roles_cross_validated(articles, gazetteer, path):
    rows = {a["id"]: role_rows(a, gazetteer) for a in articles}
    right = n = 0
    for k in range(5):
        train_roles([r for a in articles if fold_of(a) != k for r in rows[a["id"]]], path)
        hit, asked = role_accuracy([r for a in articles if fold_of(a) == k for r in rows[a["id"]]], path)
        right, n = right + hit, n + asked
    print("five-fold roles gwn", round(right / n, 3), n)
    train_roles([r for rs in rows.values() for r in rs], ROOT / "data" / "roles.crf")


def main(shared, mode):
    gazetteer = Gazetteer.open(progress=print)
    folder = shared / "corpora"
    if mode == "--roles":
        roles_cross_validated(read(folder / "gwn.jsonl"), gazetteer, Path(tempfile.mkdtemp()) / "roles.crf")
        return
    corpora = {name: [prepare(a, gazetteer) for a in read(folder / f"{name}.jsonl")] for name in ("lgl", "gwn")}
    both = corpora["lgl"] + corpora["gwn"]
    sentences = [prepare(a, gazetteer) for a in halves(shared / "gold" / "event_location_dev.jsonl")[0]]
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "model.crf"
        if mode == "--folds":
            for a, b in (("lgl", "gwn"), ("gwn", "lgl")):
                train_with(corpora[a], sentences, model)
                print(a, "->", b, f1(corpora[b], tag(corpora[b], model)))
            found = {}
            for k in range(5):
                train_with([d for d in both if fold_of(d["article"]) != k], sentences, model)
                found |= tag([d for d in both if fold_of(d["article"]) == k], model)
            for name, documents in corpora.items():
                print("five-fold", name, f1(documents, found, print if "--misses" in sys.argv else None))
        else:
            train_with(both, sentences, ROOT / "data" / "toponyms.crf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
