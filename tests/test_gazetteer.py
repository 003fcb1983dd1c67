import csv
import os
import subprocess
import sys
import zipfile

import pytest

from geomap import geonames
from geomap.errors import GazetteerError
from geomap.gazetteer import Gazetteer, build_gazetteer, dump_entries
from geomap.holdings import add_places, own_places
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


def test_a_geonames_dump_becomes_an_index(shared, tmp_path):
    said = []
    path = build_gazetteer(dump_entries([shared / "geo" / "AD.txt"], said.append), tmp_path / "ad.idx")
    index = Gazetteer.open(path)
    encamp = {p.feature_code for p in index.candidates("Encamp") if p.country_code == "AD"}
    assert {"ADM1", "PPLA"} <= encamp and not said
    assert {p.country_code for p in index.candidates("Baku")} == {"AZ"} and index.candidates("Andorra")[0].feature_code == "PCLI"


ROW = "\t".join(["7", "Aville", "Aville", "Altville", "10.5", "20.5", "P", "PPL", "AA", "", "01", "", "", "", "50", "", "", "", "2020-01-01"])


@pytest.mark.parametrize(("line", "reason"), [
    (ROW, "id 7 came before"), (ROW.replace("10.5", "95").replace("7\t", "8\t", 1), "out of range"), ("8\tshort", "2 columns"),
    (ROW.replace("7\t", "x\t", 1), "no usable id"), (ROW.replace("7\tAville", "8\t" + "A" * 10_000, 1), "no usable id or name"), (ROW.replace("\t50\t", "\tmany\t"), "invalid literal"),
])
def test_malformed_lines_are_reported_with_their_number(tmp_path, line, reason):
    dump, said = tmp_path / "AA.txt", []
    dump.write_text(f"{ROW}\n{line}\n", encoding="utf-8")
    assert len(list(geonames.read_geonames(dump, report=said.append))) == 1
    assert len(said) == 1 and "line 2" in said[0] and reason in said[0]


def test_zipped_dumps_and_more_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "AA.zip", "w") as packed:
        packed.writestr("readme.txt", "hello " * 500)
        packed.writestr("AA.txt", ROW)
    (tmp_path / "alternateNamesV2.txt").write_text("1\t7\ten\tOldville\t\t\t\t\n2\t7\tlink\thttps://x\t\t\t\t\n")
    ((place, names),) = geonames.read_geonames(tmp_path / "AA.zip", more_names=geonames.read_alternate_names(tmp_path / "alternateNamesV2.txt"))
    assert place.id == "geonames:7" and {n for n, _ in names} == {"Aville", "Altville", "Oldville"}
    (tmp_path / "AA.zip").write_bytes((tmp_path / "AA.zip").read_bytes()[:60])
    with pytest.raises(GazetteerError, match="damaged or truncated"):
        list(geonames.read_geonames(tmp_path / "AA.zip"))


def test_a_file_that_is_no_dump(tmp_path):
    (tmp_path / "x.txt").write_text("hello\nworld\n")
    with pytest.raises(GazetteerError, match="not a GeoNames dump"):
        list(geonames.read_geonames(tmp_path / "x.txt", report=lambda text: None))


def test_own_places_are_kept_and_found(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOMAP_CACHE", str(tmp_path))
    table = tmp_path / "mine.csv"
    table.write_text("name,lat,lon,alternates,country_code\nQqville,40.5,45.5,Qqburg,AM\n")
    assert add_places(table) == 1
    assert [p.name for p, _ in (e for path in own_places() for e in geonames.read_own_places(path))] == ["Qqville"]
    (tmp_path / "mine.geojson").write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [45.1, 200]}, "properties": {"name": "X"}}]}')
    with pytest.raises(GazetteerError, match="feature 1: 200"):
        add_places(tmp_path / "mine.geojson")
    assert [p.name for p in own_places()] == ["mine.csv"]
