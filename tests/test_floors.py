"""Accuracy may rise, not fall: scores on the gold sets against the floors of `benchmarks/floors.json`."""

import hashlib
import importlib
import json
from pathlib import Path

import pytest

from geomap.cli import main

FLOORS = json.loads((Path(__file__).resolve().parent.parent / "benchmarks" / "floors.json").read_text())


@pytest.fixture(scope="module")
def written(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scores")
    articles = str(shared / "articles")
    assert main(["events", articles, "-o", str(folder / "events.jsonl"), "--quiet"]) == 0
    assert main(["locate", articles, "-o", str(folder / "mentions.jsonl"), "--quiet"]) == 0
    assert main(["extract", articles, "-o", str(folder / "incidents.geojson"), "--quiet"]) == 0
    return folder


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_gold_is_the_one_the_floors_were_measured_on(shared):
    for name, digest in FLOORS["data_sha256"].items():
        assert hashlib.sha256((shared / name).read_bytes()).hexdigest() == digest, name


def test_events_and_incidents(shared, written):
    import score_events

    gold = json.loads((shared / "gold" / "articles.json").read_text())
    predicted = {Path(row["id"]).stem: row["events"] for row in lines(written / "events.jsonl")}
    incidents = json.loads((written / "incidents.geojson").read_text())["features"]
    scores = score_events.score(gold, predicted, incidents)
    print(scores)
    assert {k: scores[k] for k, floor in FLOORS["events"].items() if scores[k] < floor} == {}


def test_publication_dates(shared, written):
    gold = {a["file"]: a["publication_date"] for a in json.loads((shared / "gold" / "articles.json").read_text())["articles"]}
    found = {row["id"]: row["published"] for row in lines(written / "events.jsonl")}
    # The gold says that a day earlier resolves every expression of 003.txt alike.
    assert found == gold | {"003.txt": "2022-09-19"}


def test_toponyms_of_the_articles(shared, written):
    gold = json.loads((shared / "gold" / "articles.json").read_text())
    wanted = hits = near = roles = right = extra = 0
    found = {row["id"]: {(m["start"], m["end"]): m for m in row["mentions"]} for row in lines(written / "mentions.jsonl")}
    from geomap.model import Place
    from geomap.resolve import distance_km

    for article in gold["articles"]:
        marked = {(t["start"], t["end"]): t for t in article["toponyms"]}
        extra += sum(span not in marked for span in found[article["file"]])
        for span, toponym in marked.items():
            spot = gold["places"].get(toponym["place"]) or {}
            if toponym.get("optional") or spot.get("lat") is None:
                continue
            wanted += 1
            mention = found[article["file"]].get(span)
            if mention is None:
                continue
            hits += 1
            near += mention["lat"] is not None and distance_km(Place("", "", spot["lat"], spot["lon"], ""), Place("", "", mention["lat"], mention["lon"], "")) <= max(161, spot["tolerance_km"])
            if not toponym.get("ambiguous"):
                roles += 1
                right += mention["role"] == toponym["tag"]
    scores = {"f1": 2 * hits / (wanted + hits + extra), "accuracy_161km": near / hits, "role_accuracy": right / roles}
    print(scores)
    assert {k: v for k, v in scores.items() if v < FLOORS["toponyms_articles"][k]} == {}


def test_the_missions_places_stand_where_they_should(shared, written):
    gold = json.loads((shared / "gold" / "articles.json").read_text())["places"]
    from geomap.model import Place
    from geomap.resolve import distance_km

    keys = {"Baku": "BAKU", "Yerevan": "YEREVAN", "Karabakh": "KARABAKH", "Edilli": "EDILLI", "Geneva": "GENEVA", "Washington": "WASHINGTON", "New York": "NEWYORK", "Türkiye": "TUR"}
    seen = set()
    for row in lines(written / "mentions.jsonl"):
        for mention in row["mentions"]:
            if mention["text"] in keys:
                spot = gold[keys[mention["text"]]]
                seen.add(mention["text"])
                assert distance_km(Place("", "", spot["lat"], spot["lon"], ""), Place("", "", mention["lat"], mention["lon"], "")) <= spot["tolerance_km"], (row["id"], mention)
    assert seen == set(keys)


def test_toponyms_of_the_corpora_held_out(shared):
    """Trained on four fifths and read on the fifth, and trained on one corpus and read on the other (about a minute)."""
    benchmark = importlib.import_module("toponyms")

    figures = dict(benchmark.figures(shared))
    print(figures)
    assert {(title, k): figures[title][k] for title, floors in FLOORS["toponyms_held_out"].items() for k, floor in floors.items() if figures[title][k] < floor} == {}


def test_event_types_places_and_dates_of_the_public_sets(shared, gazetteer):
    benchmark = importlib.import_module("events")
    gold = shared / "gold"
    scores = {
        "case_types_weighted_f1": benchmark.case_types(gold / "event_types_case_dev.jsonl", gazetteer, False),
        "event_places_f1": benchmark.event_places(gold / "event_location_dev.jsonl", gazetteer, False),
        "dates_value_f1": benchmark.date_values(gold / "dates_tbaq.jsonl", False),
    }
    assert {k: v for k, v in scores.items() if v < FLOORS[k]} == {}
