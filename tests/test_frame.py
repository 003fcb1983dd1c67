import json
import re
import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geomap.errors import ConfigError
from geomap.frame import COLUMNS, events_in, read_incidents, to_geodataframe, write_incidents
from geomap.incidents import merge_incidents
from geomap.model import Article
from geomap.pipeline import extract_one
from geomap.schemas import crosswalk, write_schema

HOSTILE = '=cmd|"/c calc"!A1 said {{ 7*7 }} 😀\nAt least 40 people were killed when floods hit Larkana 😀 on Monday. Baku accused Yerevan of lies.'


@pytest.fixture(scope="module")
def frame(gazetteer):
    articles = [Article("=a", HOSTILE, title="=T", published="2022-10-04"), Article("b", "Talks were held in Geneva on Sunday. The countries fought a war in Karabakh in 2020.", published="2022-10-04")]
    return to_geodataframe(merge_incidents(e for a in articles for e in extract_one(a, gazetteer).events), articles, gazetteer)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".fgb", ".csv", ".jsonl"])
def test_formats_read_back_the_same(frame, tmp_path, suffix):
    path = write_incidents(frame, tmp_path / f"x{suffix}")
    back = read_incidents(path)
    key = "incident_id"
    left, right = (f.sort_values(key).reset_index(drop=True) for f in (frame, back))
    if suffix == ".csv":  # a leading "=" is quoted against formulas
        quoted = ["sources", "quote", "event_ids"]
        assert all(r.removeprefix("'") == v for c in quoted for v, r in zip(left[c], right[c], strict=True))
        left, right = left.drop(columns=quoted), right.drop(columns=quoted)
    pd.testing.assert_frame_equal(pd.DataFrame(left.drop(columns="geometry")), pd.DataFrame(right.drop(columns="geometry")))
    assert [g.wkt if g else None for g in left.geometry] == [g.wkt if g else None for g in right.geometry]


def test_a_shapefile_opens_and_says_what_it_cuts(frame, tmp_path):
    with pytest.warns(UserWarning, match="cuts text"):
        path = write_incidents(frame, tmp_path / "x.shp")
    back = gpd.read_file(path)
    assert len(back) == len(frame) and {"incident", "fatal_best", "fatal_said"} <= set(back.columns)


def test_kml_has_a_folder_an_event_type(frame, tmp_path):
    path = write_incidents(frame, tmp_path / "x.kml")
    layers = gpd.list_layers(path)
    placed = frame[frame.geometry.notna()]
    assert len(layers) == placed.event_type.nunique()
    assert sum(len(gpd.read_file(path, layer=name)) for name in layers["name"]) == len(placed)
    assert set(re.findall(r'<Style id="(\w+)"', path.read_text(encoding="utf-8"))) == set(placed.event_type)


def test_geojson_follows_rfc_7946(frame, tmp_path):
    text = write_incidents(frame, tmp_path / "x.geojson").read_text(encoding="utf-8")
    document = json.loads(text)
    assert "crs" not in document and len(document["bbox"]) == 4 and "😀" in text
    for feature in document["features"]:
        assert feature["id"] == feature["properties"]["incident_id"]
        assert set(feature["properties"]) == set(COLUMNS)
        assert all(v is None or isinstance(v, str | int | float) for v in feature["properties"].values())
    assert any(f["geometry"] is None for f in document["features"])


def test_real_gdal_reads_dates_and_integers(frame, tmp_path):
    if not shutil.which("ogrinfo"):
        pytest.skip("needs GDAL's ogrinfo")
    said = subprocess.run(["ogrinfo", "-so", "-al", str(write_incidents(frame, tmp_path / "x.gpkg"))], capture_output=True, text=True, check=True).stdout
    assert "date_start: Date" in said and "fatalities_best: Integer64" in said and "WGS 84" in said
    said = subprocess.run(["ogrinfo", "-so", "-al", str(write_incidents(frame, tmp_path / "x.geojson"))], capture_output=True, text=True, check=True).stdout
    assert f"Feature Count: {len(frame)}" in said and "fatalities_best: Integer" in said


def test_csv_holds_no_formula(frame, tmp_path):
    flat = pd.read_csv(write_incidents(frame, tmp_path / "x.csv"))
    assert not any(str(v).startswith(("=", "+", "-", "@")) for c in ("sources", "quote", "title", "event_ids") for v in flat[c].dropna())


def test_an_empty_result_is_a_valid_file(frame, tmp_path):
    for suffix in (".geojson", ".gpkg", ".csv", ".jsonl"):
        path = write_incidents(frame.iloc[:0], tmp_path / f"e{suffix}")
        assert path.exists()
    assert len(read_incidents(tmp_path / "e.geojson")) == 0


def test_a_failed_write_leaves_the_old_file(frame, tmp_path, monkeypatch):
    path = write_incidents(frame, tmp_path / "x.geojson")
    before = path.read_bytes()
    monkeypatch.setattr("geomap.frame._records", lambda f: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_incidents(frame, path)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["x.geojson"]


def test_files_without_our_fields_say_which(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null, "properties": {"incident_id": "1"}}]}')
    with pytest.raises(ConfigError, match="event_type"):
        read_incidents(path)
    path.write_text("not json")
    with pytest.raises(ConfigError, match=r"x\.geojson"):
        read_incidents(path)
    with pytest.raises(ConfigError, match="unknown format"):
        write_incidents(gpd.GeoDataFrame(), tmp_path / "x.xyz")


def told(gazetteer, *articles):
    return to_geodataframe(merge_incidents(e for a in articles for e in extract_one(a, gazetteer).events), articles, gazetteer)


def test_conflicting_counts_are_kept_with_who_said_them(gazetteer):
    frame = told(
        gazetteer,
        Article("a", "At least 40 people were killed when floods hit Larkana on Monday.", source="AP", published="2022-10-04"),
        Article("b", "Floods struck Larkana on Monday, killing 45 people, officials said.", source="BBC", published="2022-10-06"),
        Article("c", "Floods hit Larkana on Monday, killing more than 60 people, officials said.", source="Dawn", published="2022-10-05"),
    )
    (flood,) = [row for row in frame.itertuples() if row.event_type == "disaster"]
    assert (flood.fatalities_low, flood.fatalities_best, flood.fatalities_high) == (40, 45, 61)  # the newest, not the highest
    assert [s.partition("(")[2] for s in flood.fatalities_reports.split("; ")] == ["AP, 2022-10-04)", "Dawn, 2022-10-05)", "BBC, 2022-10-06)"]


def test_who_claims_is_said(gazetteer):
    frame = told(gazetteer, Article("a", "Azerbaijan accused Armenian forces of shelling its positions near Kalbajar on Monday.", published="2022-10-04"))
    claimed = frame[frame.reality == "claimed"]
    assert len(claimed) and set(claimed.claimed_by) == {"Azerbaijan"}


def test_reports_give_the_events_back(frame, gazetteer):
    events, articles = events_in(frame)
    assert {e.id for e in events} == {i for cell in frame.event_ids for i in cell.split(";")}
    again = to_geodataframe(merge_incidents(events), articles, gazetteer)
    pd.testing.assert_frame_equal(pd.DataFrame(frame.drop(columns="geometry")), pd.DataFrame(again.drop(columns="geometry")))
    cut = frame.copy()
    cut["reports"] = cut["reports"].str[:100]
    with pytest.raises(ConfigError, match="reports"):
        events_in(cut)


@pytest.mark.parametrize("schema", ["acled", "ucdp"])
def test_schemas_of_others(gazetteer, tmp_path, schema):
    frame = told(
        gazetteer,
        Article("a", "At least 40 people were killed when gunmen attacked a market in Goma on Monday. =1+1 was said.", published="2022-10-04"),
        Article("b", "Talks were held in Geneva on Sunday.", published="2022-10-04"),
    )
    path, left_out = write_schema(frame, tmp_path / "x.csv", schema)
    flat = pd.read_csv(path)
    documented = re.findall(rf"^\| {schema} \| `(\w+)`", (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert list(flat.columns) == documented
    assert len(flat) == len(frame) - left_out == (2 if schema == "acled" else 1)
    deadly = flat.iloc[0] if schema == "ucdp" else flat[flat.fatalities > 0].iloc[0]
    assert deadly.latitude == pytest.approx(-1.67, abs=0.2) and (deadly.best if schema == "ucdp" else deadly.fatalities) == 40
    with pytest.raises(ConfigError, match="unknown schema"):
        write_schema(frame, tmp_path / "x.csv", "xyz")
    with pytest.raises(ConfigError, match=r"\.csv"):
        write_schema(frame, tmp_path / "x.gpkg", schema)


def test_every_type_has_a_row_in_the_crosswalk():
    from geomap.lexicon import load_lexicon

    assert list(crosswalk()) == list(load_lexicon().types)
