import csv
import json

import pytest

from geomap.cli import main

TEXTS = {
    "a": "At least 40 people were killed when floods hit Larkana on Monday. Officials said a blast was heard.",
    "b": "Gunmen attacked a market in Goma on Monday, killing ten people.",
    "c": "A shooting at a bazaar in Goma killed 12 people on Sunday.",
}


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps({"id": k, "text": t, "published": "2022-10-04"}) + "\n" for k, t in TEXTS.items()))
    return tmp_path


def incidents(project, *more):
    assert main(["extract", str(project / "articles.jsonl"), "-o", str(project / "i.geojson"), "--quiet", *more]) == 0
    return [f["properties"] for f in json.loads((project / "i.geojson").read_text(encoding="utf-8"))["features"]]


def corrections(project, *rows):
    found = {(p["article"], p["trigger"]): p for f in incidents(project) for p in json.loads(f["reports"])}
    columns = ("article", "trigger", "sentence", "correct_type", "correct_date", "correct_place", "correct_lat", "correct_lon", "not_an_event", "same_as", "by")
    path = project / "corrections.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, columns, restval="")
        writer.writeheader()
        for article, values in rows:
            report = next(p for (a, _), p in found.items() if a == article)
            writer.writerow({"article": article, "trigger": report["trigger"], "sentence": report["sentence"]} | values)
    return path


def test_a_review_lists_doubts_and_can_be_given_back(project, capsys):
    incidents(project)
    assert main(["review", str(project / "i.geojson"), "-o", str(project / "review.csv")]) in (0, 1)
    with (project / "review.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert all(r["doubt"] and r["sentence"] and r["correct_place"] == "" for r in rows)
    before = incidents(project)
    assert incidents(project, "--corrections", str(project / "review.csv")) == before


def test_a_correction_beats_the_program_and_is_logged(project):
    path = corrections(project, ("a", {"correct_place": "Sukkur", "correct_date": "2022-10-01", "by": "Ana"}), ("b", {"correct_type": "explosion", "correct_lat": "-1.5", "correct_lon": "29.1"}))
    found = incidents(project, "--corrections", str(path))
    flood = next(f for f in found if f["event_type"] == "disaster")
    assert (flood["place_name"], flood["date_start"], flood["corrected_by"], flood["place_basis"]) == ("Sukkur", "2022-10-01", "Ana", "corrected")
    blast = next(f for f in found if f["event_type"] == "explosion" and f["corrected_by"])
    assert blast["geo_precision"] == 1 and blast["corrected_by"] == "a person"


def test_events_can_be_dropped_and_joined(project):
    before = incidents(project)
    kinds = [f["event_type"] for f in before]
    path = corrections(project, ("a", {"not_an_event": "x"}))
    assert len(incidents(project, "--corrections", str(path))) == len(before) - 1
    path = corrections(project, ("b", {"same_as": "goma"}), ("c", {"same_as": "goma"}))
    joined = incidents(project, "--corrections", str(path))
    assert len(joined) == len(before) - 1 and max(f["n_articles"] for f in joined) == 2 and len(kinds) == len(before)


@pytest.mark.parametrize(("values", "said"), [
    ({"correct_type": "party"}, "no event type"), ({"correct_date": "May"}, "no date"), ({"correct_lat": "95", "correct_lon": "1"}, "no coordinates"),
    ({"correct_lat": "1"}, "go together"), ({"correct_place": "Qqqqqville"}, "knows no"),
])
def test_wrong_corrections_name_their_line(project, capsys, values, said):
    path = corrections(project, ("a", values))
    assert main(["extract", str(project / "articles.jsonl"), "-o", str(project / "x.geojson"), "--quiet", "--corrections", str(path)]) == 2
    err = capsys.readouterr().err
    assert said in err and "corrections.csv, line 2" in err


def test_a_correction_that_no_longer_matches_is_reported(project, capsys):
    path = corrections(project, ("a", {"not_an_event": "x"}))
    path.write_text(path.read_text().replace("Larkana", "Sukkur"))
    incidents(project, "--corrections", str(path))
    assert "matches no event" in capsys.readouterr().err
