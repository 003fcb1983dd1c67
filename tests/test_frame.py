import json
import shutil
import subprocess

import geopandas as gpd
import pandas as pd
import pytest

from geomap.errors import ConfigError
from geomap.frame import COLUMNS, read_incidents, to_geodataframe, write_incidents
from geomap.incidents import merge_incidents
from geomap.model import Article
from geomap.pipeline import extract_one

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


@pytest.mark.parametrize("suffix", [".kml", ".shp"])
def test_formats_for_other_tools_open(frame, tmp_path, suffix):
    assert len(gpd.read_file(write_incidents(frame, tmp_path / f"x{suffix}"))) >= frame.geometry.notna().sum()


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
