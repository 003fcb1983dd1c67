"""The fallback, against a server on loopback that speaks Nominatim's JSON, or misbehaves."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from geomap import geocode
from geomap.errors import ConfigError
from geomap.geocode import open_geocoder
from geomap.model import Article
from geomap.pipeline import extract_one

pytest.importorskip("geopy")
FOUND = {"osm_type": "node", "osm_id": 7, "lat": "39.60", "lon": "46.30", "name": "Qarzorashen", "display_name": "Qarzorashen, Syunik, Armenia", "addresstype": "village", "address": {"country_code": "am"}}
LIE = FOUND | {"lat": "-33.0", "lon": "151.0", "address": {"country_code": "au"}}


class Nominatim(BaseHTTPRequestHandler):
    asked: ClassVar[list[dict[str, list[str]]]] = []
    mood = "good"

    def do_GET(self):
        self.asked.append(parse_qs(urlsplit(self.path).query))
        status, body = {
            "good": (200, json.dumps([FOUND])), "none": (200, "[]"), "busy": (429, ""), "down": (500, ""), "html": (200, "<html>maintenance</html>"),
            "lie": (200, json.dumps([LIE])), "nonsense": (200, json.dumps([FOUND | {"lat": "950"}])), "odd": (200, '{"a": 1}'), "slow": (200, "[]"),
        }[self.mood]
        if self.mood == "slow":
            time.sleep(1.0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def service(monkeypatch, tmp_path):
    monkeypatch.setenv("GEOMAP_CACHE", str(tmp_path))
    monkeypatch.setattr(geocode, "_TIMEOUT", 0.4)
    Nominatim.asked, Nominatim.mood = [], "good"
    running = ThreadingHTTPServer(("127.0.0.1", 0), Nominatim)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield lambda **options: open_geocoder("nominatim", user_agent="tests", url=f"http://127.0.0.1:{running.server_port}", **options)
    running.shutdown()
    running.server_close()


TEXT = "Three soldiers were wounded by shelling in Qarzorashen village on Monday, Armenia's defence ministry in Yerevan said. Goris was calm."


def place_of(gazetteer, geocoder):
    one = extract_one(Article("a", TEXT, published="2022-10-04"), gazetteer, geocode=geocoder)
    return next(r.place for r in one.resolutions if r.toponym.text.startswith("Qarzorashen"))


def test_a_missing_village_is_asked_for_once_in_the_articles_countries(gazetteer, service):
    place = place_of(gazetteer, service())
    assert place and (place.id, place.country_code, place.feature_code) == ("nominatim:N7", "AM", "PPL")
    assert place_of(gazetteer, service()) == place  # from the cache, by another geocoder
    assert [q["q"] for q in Nominatim.asked] == [["Qarzorashen"]] and Nominatim.asked[0]["countrycodes"] == ["am"]


def test_no_such_place_is_remembered_and_an_outage_is_not(gazetteer, service):
    Nominatim.mood = "none"
    assert place_of(gazetteer, service()) is None and place_of(gazetteer, service()) is None
    assert len(Nominatim.asked) == 1


@pytest.mark.parametrize("mood", ["busy", "down", "html", "slow", "odd"])
def test_an_outage_leaves_names_unresolved_and_is_not_remembered(gazetteer, service, mood):
    Nominatim.mood = mood
    geocoder = service()
    assert place_of(gazetteer, geocoder) is None and geocoder("Otherplace", ["AM"]) == []
    assert mood == "odd" or geocoder.trouble
    before = len(Nominatim.asked)
    geocoder("Thirdplace", ["AM"])
    assert mood == "odd" or len(Nominatim.asked) == before  # left alone for the rest of the run
    Nominatim.mood = "good"
    assert mood == "odd" or place_of(gazetteer, service()).id == "nominatim:N7"


@pytest.mark.parametrize("mood", ["lie", "nonsense"])
def test_an_answer_that_does_not_fit_is_not_taken(gazetteer, service, mood):
    Nominatim.mood = mood
    assert place_of(gazetteer, service()) is None


def test_a_run_asks_no_more_than_its_limit(service):
    geocoder = service(limit=2)
    for name in ("A-ville", "B-ville", "C-ville"):
        geocoder(name, [])
    assert geocoder.asked == len(Nominatim.asked) == 2 and "limit of 2" in geocoder.trouble and geocoder.unanswered == 1


def test_requests_keep_their_distance(service):
    geocoder = service(delay=0.3)
    began = time.monotonic()
    for name in ("A-ville", "B-ville", "C-ville"):
        geocoder(name, [])
    assert time.monotonic() - began >= 0.6


def test_wrong_use_is_one_line():
    with pytest.raises(ConfigError, match="--user-agent"):
        open_geocoder("nominatim")
    with pytest.raises(ConfigError, match="no such service"):
        open_geocoder("atlantis")
    with pytest.raises(ConfigError, match="GEOMAP_GEOCODER_KEY"):
        open_geocoder("opencage")
