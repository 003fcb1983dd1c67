import csv
import io
import os
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from shapely import Point

from geomap import gazetteer as gazetteer_module
from geomap import geonames
from geomap.errors import GazetteerError
from geomap.gazetteer import Gazetteer, build_gazetteer, dump_entries
from geomap.holdings import add_places, checksum, install_country, installed_dumps, own_places
from geomap.model import Place
from geomap.resolve import distance_km
from geomap.resources import data_file
from geomap.text import fold


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


def rows_of(name):
    with data_file("gazetteer", name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_caucasus_rows_agree_with_the_source_they_name(shared):
    """At least 400 populated places name the record that they were compared with, and lie within 10 km of it."""
    with (shared / "geo" / "check_places.csv").open(encoding="utf-8") as lines:
        second = {f"Who's On First {r['source_id']}": Place("", r["name"], float(r["lat"]), float(r["lon"]), "") for r in csv.DictReader(lines) if r["source"] == "whosonfirst"}
    compared = [(r, distance_km(Place("", r["name"], float(r["lat"]), float(r["lon"]), ""), second[r["checked"]])) for r in rows_of("caucasus.csv") if r["feature_code"] == "PPL" and r["checked"]]
    assert len(compared) >= 400
    assert max(km for _, km in compared) <= 10


def test_disputed_places_show_their_names_in_alphabetical_order():
    disputed = [r for r in rows_of("caucasus.csv") if "names in use: " in r["status"]]
    assert len(disputed) >= 50
    for row in disputed:
        names = row["status"].split("names in use: ")[1].split("; ")
        assert names == sorted(names, key=fold), row["name"]
        assert "UN General Assembly" in row["status"]


@pytest.fixture(scope="module")
def outlines():
    import geopandas as gpd

    both = [gpd.read_file(data_file("gazetteer", name)) for name in ("outlines.geojson", "units.geojson")]
    return {(kind, key): shape for frame in both for kind, key, shape in zip(frame.kind, frame.key, frame.geometry, strict=True)}


@pytest.mark.parametrize("region", ["karabakh", "syunik", "nakhchivan-republic", "seven-districts", "lachin-district", "gaza-strip", "west-bank", "crimea", "donbas", "kashmir", "tigray"])
def test_regions_have_outlines_around_their_point(gazetteer, outlines, region):
    tables = {r["id"]: r for name in ("regions.csv", "caucasus.csv") for r in rows_of(name)}
    row, shape = tables[f"geomap:{region}"], outlines["region", f"geomap:{region}"]
    assert shape.is_valid and shape.buffer(0.25).contains(Point(float(row["lon"]), float(row["lat"])))


def test_places_lie_in_their_country(outlines):
    """Own rows against the country's outline, which is drawn to about 0.04 degrees and leaves islets out."""
    checked = 0
    for name in ("caucasus.csv", "admin1.csv"):
        for row in rows_of(name):
            country = outlines.get(("country", row["country_code"]))
            if country is not None and country.area > 0.5:
                checked += 1
                far = country.distance(Point(float(row["lon"]), float(row["lat"])))
                assert far < 3.5 or row["feature_code"] == "ADM1", (row["name"], far)  # overseas units lie far off
                assert far < 0.3 or row["id"].startswith("ne:"), (row["name"], far)
    assert checked > 4000


def test_codes_are_found_by_a_search_and_never_in_text(gazetteer):
    assert gazetteer.search("AZE")[0][0].feature_code == gazetteer.search("ge")[0][0].feature_code == "PCLI"
    assert not list(gazetteer.names_in("the GEO code"))


def test_names_in_text(gazetteer):
    text = "Troops left Lachin and Nagorno-Karabakh for the U.S. town of San José, reading us the news."
    assert {text[a:b] for a, b, _ in gazetteer.names_in(text)} >= {"Lachin", "Nagorno-Karabakh", "U.S.", "San José"}
    assert not {"us", "reading"} & {text[a:b] for a, b, _ in gazetteer.names_in(text)}


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


@pytest.fixture
def small_tables(monkeypatch, tmp_path):
    """The built-in gazetteer made of one place, so that building takes no time; cached in an empty folder."""
    monkeypatch.setattr("geomap.gazetteer.default_entries", entries)
    monkeypatch.setenv("GEOMAP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_an_index_of_an_older_version_is_built_anew(small_tables, monkeypatch):
    path = Gazetteer.open().path
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"format": %d' % gazetteer_module.FORMAT, b'"format": 0'))
    with pytest.raises(GazetteerError, match="format 0"):
        Gazetteer.open(path)
    assert len(Gazetteer.open()) == 1 and path.read_bytes() == whole


@pytest.mark.skipif(os.name != "posix", reason="folder permissions")
def test_a_read_only_cache_folder_is_said_and_worked_around(small_tables, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    real = gazetteer_module.Path.mkdir

    def denied(path, *args, **kwargs):
        if path == small_tables:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(gazetteer_module.Path, "mkdir", denied)  # root may write anywhere, so the refusal is played
    assert len(Gazetteer.open()) == 1
    assert "not writable" in capsys.readouterr().err


def test_two_processes_may_build_at_once(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from geomap.gazetteer import build_gazetteer; from geomap.geonames import read_geonames\n"
        "print(build_gazetteer(read_geonames(Path(sys.argv[1])), Path(sys.argv[2])))"
    )
    dump = tmp_path / "AA.txt"
    dump.write_text("".join(ROW.replace("7\tAville", f"{i}\tAville{i}", 1) + "\n" for i in range(1, 3000)), encoding="utf-8")
    both = [subprocess.Popen([sys.executable, "-c", code, str(dump), str(tmp_path / "x.idx")], stdout=subprocess.PIPE) for _ in range(2)]
    assert [p.wait() for p in both] == [0, 0]
    for p in both:
        p.stdout.close()
    assert len(Gazetteer.open(tmp_path / "x.idx")) == 2999 and sorted(os.listdir(tmp_path)) == ["AA.txt", "x.idx"]


class CountryFiles(BaseHTTPRequestHandler):
    """GeoNames' folder as a server that understands ranges, and cuts the first answer short."""

    zipped = b""
    cut = 0
    asked: ClassVar[list[str | None]] = []

    def do_GET(self):
        self.asked.append(self.headers.get("Range"))
        if not self.path.endswith(("/AA.zip", "/BB.zip")):
            self.send_error(404)
            return
        body = b"no zip at all" if self.path.endswith("BB.zip") else self.zipped
        start = int(self.headers["Range"][6:-1]) if self.headers.get("Range") and self.headers.get("If-Range") == '"v1"' else 0
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start : type(self).cut or None])
        type(self).cut = 0

    def log_message(self, *_):
        pass


@pytest.fixture
def country_files(monkeypatch, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("AA.txt", ROW + "\n")
    CountryFiles.zipped, CountryFiles.cut, CountryFiles.asked = packed.getvalue(), 0, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), CountryFiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("GEOMAP_CACHE", str(tmp_path))
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_country_file_is_downloaded_checked_and_used(country_files, monkeypatch):
    path = install_country("aa", base_url=country_files)
    assert installed_dumps() == [path] and len(checksum(path)) == 64
    index = build_gazetteer(gazetteer_module.default_entries(), path.parent / "x.idx")
    assert [p.id for p in Gazetteer.open(index).candidates("Altville")] == ["geonames:7"]


def test_a_download_that_broke_off_goes_on(country_files):
    CountryFiles.cut = 50
    with pytest.raises(GazetteerError, match="goes on where it stopped"):
        install_country("AA", base_url=country_files)
    assert not installed_dumps()
    install_country("AA", base_url=country_files)
    assert CountryFiles.asked == [None, "bytes=50-"] and len(installed_dumps()) == 1


@pytest.mark.parametrize(("code", "said"), [("BB", "damaged"), ("CC", "no file for this country"), ("C/", "not a two-letter"), ("../X", "not a two-letter")])
def test_country_files_that_cannot_be_had(country_files, code, said):
    with pytest.raises(GazetteerError, match=said):
        install_country(code, base_url=country_files)
    assert not installed_dumps()


def test_no_network_is_said_plainly(country_files):
    with pytest.raises(GazetteerError, match="no network"):
        install_country("AA", base_url="http://127.0.0.1:1")
