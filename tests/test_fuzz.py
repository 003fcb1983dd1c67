"""Whatever comes in, what goes out is an answer or one of our own errors."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geomap.articles import read_articles
from geomap.dates import find_dates
from geomap.documents import READERS, read_document
from geomap.errors import GeomapError
from geomap.frame import COLUMNS, events_in, read_incidents
from geomap.gazetteer import Gazetteer, build_gazetteer
from geomap.geonames import read_geonames, read_own_places

ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20), lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3), max_leaves=8)
TIMES = st.lists(st.sampled_from(["Tuesday", "last", "31", "February", "Feb. 31", "2022", "0", "99", "999 years ago", "century", "ago", "–", "Sept. 12-", "the week", "next month", "1500s", "Thanksgiving", ",", "/"]) | st.text(max_size=5), max_size=12)


@ANY
@given(st.binary(max_size=400), st.sampled_from(sorted(READERS)))
def test_document_reader(data, suffix):
    try:
        for article in read_document(data, f"x{suffix}"):
            assert isinstance(article.text, str) and isinstance(article.title, str)
    except (GeomapError, ValueError, OSError):  # what `read_articles` turns into a skipped article
        pass


@ANY
@given(st.lists(VALUES, max_size=4))
def test_records_of_any_shape_are_read_or_skipped(tmp_path, rows):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in rows) + '\n{"id": "good", "text": "Talks were held."}\n', encoding="utf-8")
    assert [a.id for a in read_articles([str(path)], skip=lambda s: None)][-1:] == ["good"]


@ANY
@given(TIMES, st.sampled_from([None, "2022-10-04", "0001-01-01", "9999-12-31", "2020-02-29"]))
def test_date_finder(parts, published):
    text = " ".join(parts)
    for span in find_dates(text, published):
        assert text[span.start : span.end] == span.text
        assert (span.date_start is None) == (span.date_end is None) and (span.date_start is None or span.date_start <= span.date_end)


@ANY
@given(st.lists(st.lists(st.text(st.characters(blacklist_characters="\t\n\r", blacklist_categories=("Cs",)), max_size=12), min_size=1, max_size=20), max_size=6))
def test_gazetteer_builder(tmp_path, rows):
    good = "\t".join(["7", "Aville", "Aville", "", "10.5", "20.5", "P", "PPL", "AA", "", "01", "", "", "", "50", "", "", "", "2020-01-01"])
    dump = tmp_path / "AA.txt"
    dump.write_text("\n".join([good, *("\t".join(r) for r in rows)]), encoding="utf-8")
    index = Gazetteer.open(build_gazetteer(read_geonames(dump, report=lambda text: None), tmp_path / "x.idx"))
    assert "geonames:7" in {p.id for p in index.candidates("Aville")}


@ANY
@given(VALUES, st.dictionaries(st.sampled_from(COLUMNS), VALUES, max_size=6), VALUES)
def test_geojson_readers(tmp_path, geometry, properties, more):
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": geometry, "properties": dict.fromkeys(COLUMNS) | properties}, more]}), encoding="utf-8")
    for read in (lambda p: events_in(read_incidents(p)), lambda p: list(read_own_places(p))):
        try:
            read(path)
        except GeomapError as error:
            assert "\n" not in str(error)
