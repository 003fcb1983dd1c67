import csv
import os
import subprocess
import sys

import pytest

from geomap import geonames
from geomap.errors import GazetteerError
from geomap.gazetteer import Gazetteer, build_gazetteer
from geomap.model import Place
from geomap.resolve import distance_km
from geomap.resources import data_file


@pytest.mark.parametrize(("name", "country", "lat", "lon", "km"), [
    ("Baku", "AZ", 40.38, 49.89, 30), ("Yerevan", "AM", 40.18, 44.51, 30), ("Karabakh", "AZ", 39.82, 46.75, 50),
    ("Dağlıq Qarabağ", "AZ", 39.82, 46.75, 50), ("Artsakh", "AZ", 39.82, 46.75, 50), ("Edilli", "AZ", 39.56, 47.07, 15),
    ("Geneva", "CH", 46.2, 6.15, 20), ("Türkiye", "TR", 39, 35, 300), ("Kiev", "UA", 50.45, 30.52, 120), ("Burma", "MM", 21, 96, 300),
    ("Swaziland", "SZ", -26.5, 31.5, 50), ("Stepanakert", "AZ", 39.82, 46.75, 30), ("Black Sea", "", 43, 34, 200),
])
def test_known_places(gazetteer, name, country, lat, lon, km):
    spot = Place("", "", lat, lon, "")
    assert any(p.country_code == country and distance_km(p, spot) <= km for p in gazetteer.candidates(name))


def test_abbreviations_need_their_case(gazetteer):
    assert gazetteer.candidates("U.S.")[0].country_code == gazetteer.candidates("US")[0].country_code == "US"
    assert "US" not in {p.country_code for p in gazetteer.candidates("us")}


def test_one_place_has_all_its_names(gazetteer):
    _place, names, exact = gazetteer.search("Khankendi")[0]
    assert exact and {"Khankendi", "Stepanakert"} <= set(names)


def test_misspelt_names_get_near_matches(gazetteer):
    found = gazetteer.search("Jermukk")
    assert found and not found[0][2] and "Jermuk" in {p.name for p, _, _ in found}


def test_a_border_is_known_by_its_two_countries(gazetteer):
    border = gazetteer.border("AZ", "AM")
    assert border and 38.8 < border.lat < 41.3 and 44 < border.lon < 47
    assert gazetteer.border("AM", "FR") is None


def test_own_tables_are_sound():
    for name in ("regions.csv", "caucasus.csv", "admin1.csv", "us_counties.csv", "borders.csv"):
        with data_file("gazetteer", name).open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        assert len({r["id"] for r in rows}) == len(rows), name
        assert all(r["name"] and r["source"] for r in rows), name


def test_own_caucasus_rows_agree_with_a_second_source(shared):
    with data_file("gazetteer", "caucasus.csv").open(encoding="utf-8") as lines:
        own = [r for r in csv.DictReader(lines) if r["feature_code"] == "PPL"]
    second: dict[str, list[Place]] = {}
    with (shared / "geo" / "check_places.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["source"] == "whosonfirst" and row["kind"] == "locality":
                for name in [row["name"], *row["other_names"].split("|")]:
                    second.setdefault(name.strip().lower(), []).append(Place("", row["name"], float(row["lat"]), float(row["lon"]), ""))
    compared = 0
    for row in own:
        here = Place("", row["name"], float(row["lat"]), float(row["lon"]), "")
        there = [p for name in [row["name"], *row["alternates"].split(";")] for p in second.get(name.strip().lower(), ())]
        near = min((distance_km(here, p) for p in there), default=None)
        if near is not None and near < 60:  # further off is another place of that name
            compared += 1
            assert near <= 10, (row["name"], near)
    assert compared >= 8


def entries():
    yield Place("t:1", "Aville", 10, 20, "PPL", "AA", population=5), [("Aville", geonames.NameKind.MAIN), ("Älville", geonames.NameKind.ALTERNATE)]


def test_an_index_is_written_whole_and_reads_back(tmp_path):
    path = build_gazetteer(entries(), tmp_path / "x.idx")
    index = Gazetteer.open(path)
    assert [p.id for p in index.candidates("alville")] == ["t:1"] and len(index) == 1
    assert os.listdir(tmp_path) == ["x.idx"]


def test_a_damaged_index_is_one_clear_error(tmp_path):
    path = build_gazetteer(entries(), tmp_path / "x.idx")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(GazetteerError, match=r"x\.idx"):
        Gazetteer.open(path)
    (tmp_path / "y.idx").write_bytes(b"")
    with pytest.raises(GazetteerError):
        Gazetteer.open(tmp_path / "y.idx")


def test_a_failed_build_leaves_the_old_index(tmp_path):
    path = build_gazetteer(entries(), tmp_path / "x.idx")
    before = path.read_bytes()

    def broken():
        yield from entries()
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError):
        build_gazetteer(broken(), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["x.idx"]


def test_bad_tables_name_file_and_line(tmp_path):
    table = tmp_path / "places.csv"
    table.write_text("id,name,lat,lon,feature_code\na,A,95,0,PPL\n")
    with pytest.raises(GazetteerError, match=r"places\.csv, line 2: 95"):
        list(geonames.read_table(table))
    table.write_text("id,name\n")
    with pytest.raises(GazetteerError, match="feature_code"):
        list(geonames.read_table(table))


def test_opening_does_not_import_heavy_packages():
    code = "import sys; from geomap.gazetteer import Gazetteer; Gazetteer.open(); print([m for m in ('numpy', 'pandas', 'geopandas', 'folium') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
