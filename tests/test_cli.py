import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geomap.cli import main

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = str(ROOT / "data" / "articles")


@pytest.fixture
def run(capsys):
    def call(*arguments):
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def test_map_writes_two_files_and_a_summary(run, tmp_path):
    code, _, err = run("map", SAMPLES, "-o", tmp_path / "out")
    assert code == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"incidents.html", "incidents.geojson"}
    for word in ("articles", "toponyms", "events", "incidents", "unplaced", "skipped", "seconds"):
        assert word in err
    assert err.rstrip().endswith("incidents.html")


def test_extract_then_draw(run, tmp_path):
    assert run("extract", SAMPLES, "-o", tmp_path / "x.gpkg", "--quiet")[0] == 0
    assert run("draw", tmp_path / "x.gpkg", "-o", tmp_path / "m.html")[0] == 0
    assert "geomap-data" in (tmp_path / "m.html").read_text(encoding="utf-8")


def test_the_same_input_gives_the_same_file(run, tmp_path):
    for name in ("a", "b"):
        run("extract", SAMPLES, "-o", tmp_path / f"{name}.geojson", "--quiet")
    assert (tmp_path / "a.geojson").read_bytes() == (tmp_path / "b.geojson").read_bytes()


def test_locate_a_sentence_and_explain(run):
    code, out, _ = run("locate", "Clashes near Jermuk", "--explain")
    (mention,) = json.loads(out)["mentions"]
    assert code == 0 and mention["text"] == "Jermuk" and mention["country_code"] == "AM" and mention["candidates"][0]["features"]


def test_events_have_the_fields_of_the_contract(run, tmp_path):
    code, out, _ = run("events", SAMPLES)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and len(rows) == 13
    event = rows[0]["events"][0]
    assert {"id", "event_type", "start", "end", "trigger", "trigger_start", "trigger_end", "date_start", "date_end", "date_precision", "place_name", "lat", "lon",
            "geo_precision", "place_basis", "reality", "salience", "counts", "actors", "score"} <= set(event)
    ids = [e["id"] for row in rows for e in row["events"]]
    assert len(ids) == len(set(ids))


def test_gazetteer_verbs(run):
    code, out, _ = run("gazetteer", "search", "Khankendi", "--json")
    assert code == 0 and "Stepanakert" in json.loads(out.splitlines()[0])["names"]
    code, out, _ = run("gazetteer", "info", "--json")
    assert code == 0 and json.loads(out)["sources"]["geonames"]["rows"] > 200_000
    assert run("gazetteer", "search", "Xqzzyw")[0] == 1
    code, out, err = run("gazetteer", "search", "Jermukk")
    assert code == 0 and "near matches" in err and "Jermuk" in out


@pytest.mark.parametrize("arguments", [
    ("map", "/no/such/folder"), ("extract", SAMPLES, "-o", "x.xyz", "--quiet"), ("draw", "/no/such.geojson", "-o", "m.html"),
    ("locate", "x", "--gazetteer", "/no/such.idx"), ("map", SAMPLES, "--published", "31.12."), ("evaluate", "/no/gold.jsonl"), ("fly",),
])
def test_bad_use_is_one_line_and_exit_code_2(run, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(*arguments)
    assert code == 2 and err.strip().splitlines()[-1].startswith("geomap")


def test_bad_articles_are_reported_and_the_rest_is_mapped(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "binary.txt").write_bytes(b"\0\1\2" * 99)
    (folder / "empty.txt").write_text("")
    (folder / "latin.txt").write_bytes("Unruhen in Zürich am Montag, und viele Bürger waren da. ".encode("cp1252") * 5)
    (folder / "noplace.txt").write_text("It was a quiet day.")
    (folder / "good.txt").write_text("Floods hit Larkana on Oct. 3, 2022.")
    code, _, err = run("map", folder, "-o", tmp_path / "out")
    assert code == 0 and "binary.txt: it is a binary file" in err and "empty.txt: no text" in err
    incidents = json.loads((tmp_path / "out" / "incidents.geojson").read_text())["features"]
    assert "Larkana" in {f["properties"]["place_name"] for f in incidents}


def test_nothing_found_is_exit_code_1(run, tmp_path):
    (tmp_path / "a.txt").write_text("It was a quiet day.")
    assert run("map", tmp_path / "a.txt", "-o", tmp_path / "out")[0] == 1


def test_only_bad_articles_is_exit_code_2(run, tmp_path):
    (tmp_path / "a.txt").write_text("")
    assert run("map", tmp_path / "a.txt", "-o", tmp_path / "out")[0] == 2


def test_standard_input():
    done = subprocess.run([sys.executable, "-m", "geomap", "locate", "-"], input="Clashes near Jermuk", capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["mentions"][0]["text"] == "Jermuk"


def test_help_is_instant():
    """Less than a third of importing geopandas, in one run."""

    def seconds(*command):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        return time.perf_counter() - began

    assert min(seconds("-m", "geomap", "--help") for _ in range(3)) < 0.3 * min(seconds("-c", "import geopandas") for _ in range(2))


@pytest.mark.parametrize("verb", ["map", "extract", "draw", "locate", "events", "gazetteer info", "gazetteer search", "gazetteer build", "gazetteer add", "evaluate"])
def test_every_help_text_has_an_example(run, verb):
    code, out, _ = run(*verb.split(), "--help")
    assert code == 0 and "example: geomap" in out


def test_an_update_keeps_ids_and_says_what_changed(run, tmp_path):
    names = sorted(Path(SAMPLES).iterdir())
    first, rest = [str(n) for n in names[:8]], [str(n) for n in names[8:]]
    path = tmp_path / "i.geojson"
    assert run("extract", *first, "-o", path, "--published", "2022-10-04")[0] == 0
    before = {f["id"] for f in json.loads(path.read_text(encoding="utf-8"))["features"]}
    code, _, err = run("extract", *first, "--update", path, "--published", "2022-10-04")
    assert code == 0
    said = dict(line.split() for line in err.splitlines() if line.split()[:1] in (["new"], ["updated"], ["unchanged"]))
    assert said == {"new": "0", "updated": "0", "unchanged": str(len(before))}
    code, _, err = run("extract", *rest, "--update", path, "--published", "2022-10-04")
    after = {f["id"] for f in json.loads(path.read_text(encoding="utf-8"))["features"]}
    assert before <= after and len(after) > len(before) and f"new {' ' * 0}" in " ".join(err.split())


def test_an_update_of_a_file_that_is_not_ours(run, tmp_path):
    (tmp_path / "x.geojson").write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null, "properties": {"a": 1}}]}')
    code, _, err = run("extract", SAMPLES, "--update", tmp_path / "x.geojson")
    assert code == 2 and "lacks the field(s)" in err
