"""The map in a real browser, with the network off."""

import json
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from geomap.articles import read_articles
from geomap.errors import ConfigError
from geomap.frame import to_geodataframe
from geomap.incidents import merge_incidents
from geomap.maps import draw_map, inert_json, save_map
from geomap.maps.static import draw_picture
from geomap.model import Article
from geomap.pipeline import extract_one

CHROMIUM = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists()), None)
ROOT = Path(__file__).resolve().parent.parent
HOSTILE = "{{ 7*7 }} ${7*7} <script>window.hacked = 1</script> </script><img src=x onerror='window.hacked=1'> \u202e"


def frame_of(articles, gazetteer):
    return to_geodataframe(merge_incidents(e for a in articles for e in extract_one(a, gazetteer).events), articles, gazetteer)


@pytest.fixture(scope="module")
def page(gazetteer, tmp_path_factory):
    """Open a map and return the page, the requests it made and the errors it raised."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing, and CI must not skip")
        pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("maps")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})

        def open_page(frame, width=1280, hash_="", name="map"):
            path = save_map(draw_map(frame, title="Test"), folder / f"{name}.html")
            tab = context.new_page()
            tab.set_viewport_size({"width": width, "height": 800})
            seen = {"requests": [], "errors": []}
            tab.on("request", lambda r: seen["requests"].append(r.url))
            tab.on("pageerror", lambda e: seen["errors"].append(str(e)))
            tab.goto(path.as_uri() + hash_)
            tab.wait_for_selector("body[data-ready=yes]", timeout=60_000)
            return tab, seen

        yield open_page
        browser.close()


@pytest.fixture(scope="module")
def sample(gazetteer):
    return frame_of(list(read_articles([str(ROOT / "data" / "articles")])), gazetteer)


@pytest.mark.browser
def test_it_draws_offline_with_a_layer_a_type(page, sample, tmp_path):
    tab, seen = page(sample)
    assert len(seen["requests"]) == 1 and not seen["errors"]
    current = int((sample["salience"] == "current").sum())
    assert tab.evaluate("document.body.dataset.shown") == str(current)
    boxes = tab.locator(".geomap-legend input")
    assert boxes.count() == sample["event_type"].nunique()
    box = tab.locator(".geomap-legend input[value=disaster]")
    box.uncheck()
    floods = int(((sample["event_type"] == "disaster") & (sample["salience"] == "current")).sum())
    assert floods and tab.evaluate("document.body.dataset.shown") == str(current - floods)
    box.check()
    tab.get_by_text("Background history").click()
    assert tab.evaluate("document.body.dataset.shown") == str(len(sample))
    shot = Path(os.environ.get("GEOMAP_ARTEFACTS", tmp_path)) / "map.png"
    shot.parent.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=shot)
    assert shot.stat().st_size > 20_000  # a blank page is far smaller


@pytest.mark.browser
def test_markers_cluster_and_a_popup_shows_the_sentence(page, sample):
    tab, _ = page(sample)
    assert tab.locator(".geomap-mark.many").count() > 0
    tab.evaluate("() => { const m = Object.values(window).find((v) => v instanceof L.Map); m.setView([-6.82, 107.14], 10, { animate: false }); return 1; }")
    tab.locator(".leaflet-marker-icon[title*='Cianjur'], .leaflet-marker-icon[title*='incidents']").first.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".geomap-popup")
    popup = tab.inner_text(".geomap-popup")
    assert ("Cianjur" in popup and "2022-11-21" in popup and "An earthquake of magnitude 5.6 struck Cianjur" in popup and "Shallow earthquake" in popup) or "geomap sample" in popup
    assert tab.inner_text(".geomap-popup mark")


@pytest.mark.browser
def test_the_brush_the_search_and_the_hash(page, sample):
    tab, seen = page(sample)
    shown = lambda t: int(t.evaluate("document.body.dataset.shown"))  # noqa: E731
    everything = shown(tab)
    box = tab.locator(".geomap-time svg").bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 20, steps=4)
    tab.mouse.up()
    some = shown(tab)
    assert 0 < some < everything
    first, last = tab.inner_text(".geomap-time output").split(" (")[0].split(" to ")
    dated = sample[(sample["salience"] == "current") & sample["date_start"].notna()]
    assert some == int(((dated["date_start"] <= last) & (dated["date_end"] >= first)).sum())
    tab.fill("#geomap-panel input[type=search]", "flood")
    tab.wait_for_selector(f"body:not([data-shown='{some}'])", timeout=5000)
    found = shown(tab)
    assert found < some
    link = tab.evaluate("location.hash")
    assert "q=flood" in link and "days=" in link and "map=" in link
    again, _ = page(sample, hash_=link)
    assert shown(again) == found and again.evaluate("location.hash") == link
    assert again.input_value("#geomap-panel input[type=search]") == "flood" and not seen["errors"]


@pytest.mark.browser
def test_steps_filters_and_groups_change_what_is_shown(page, sample):
    tab, seen = page(sample)
    shown = lambda: int(tab.evaluate("document.body.dataset.shown"))  # noqa: E731
    everything = shown()
    tab.get_by_label("One step on").click()
    assert shown() < everything
    tab.get_by_role("button", name="All days").click()
    assert shown() == everything
    tab.locator("#geomap-panel summary").click()
    tab.locator("input[name=level][value=none]").uncheck()
    placed = sample[(sample["salience"] == "current") & sample.geometry.notna()]
    assert shown() == len(placed)
    tab.get_by_role("button", name="Violence").click()
    assert shown() == int((placed["event_group"] != "violence").sum())
    assert not seen["errors"]


@pytest.mark.browser
def test_the_list_flies_to_its_incident(page, sample):
    tab, _ = page(sample)
    entry = tab.locator("#geomap-panel .list button").first
    title = entry.inner_text().split(" ", 1)[1].split(",")[0]
    entry.click()
    assert title in tab.inner_text(".geomap-popup h3")


@pytest.mark.browser
def test_a_policy_lets_nothing_else_run(page, sample):
    tab, seen = page(sample)
    policy = tab.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy and "script-src 'sha256-" in policy
    tab.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); }")
    assert tab.evaluate("window.ran === undefined") and not seen["errors"]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_of_axe(page, sample, scheme):
    from axe_playwright_python.sync_playwright import Axe

    tab, _ = page(sample)
    tab.emulate_media(color_scheme=scheme)
    tab.reload()
    tab.wait_for_selector("body[data-ready=yes]")
    tab.locator("#geomap-panel .list button").first.click()
    findings = [v for v in Axe().run(tab).response["violations"] if v["impact"] in ("serious", "critical")]
    assert not findings, [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in findings]


@pytest.mark.browser
def test_it_prints_on_one_page(page, sample, tmp_path):
    tab, _ = page(sample)
    pdf = tab.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 1 or pdf.count(b"/Type /Pages") == 1
    assert b"/Count 1" in pdf


@pytest.mark.browser
def test_extreme_frames_are_still_tidy(page, sample):
    frame = sample[sample.geometry.notna()].head(12).copy().reset_index(drop=True)
    frame.geometry = [Point(179.9, 0), Point(-179.9, 0), Point(10, 89.9), Point(10, -89.9), *[Point(45, 40)] * (len(frame) - 4)]
    frame["geo_precision"] = pd.array([1] * len(frame), dtype="Int64")
    frame.loc[0, "title"] = "x" * 10_000
    frame["date_start"] = frame["date_end"] = None
    tab, seen = page(frame)
    assert not seen["errors"] and tab.locator(".geomap-time").count() == 0
    many = pd.concat([frame] * 30, ignore_index=True)
    many["event_type"] = [f"type_{i % 300}" for i in range(len(many))]
    many["incident_id"] = [str(i) for i in range(len(many))]
    tab, seen = page(gpd.GeoDataFrame(many, geometry="geometry", crs=4326))
    assert not seen["errors"] and tab.locator(".geomap-legend input").count() == 300


@pytest.mark.browser
def test_karabakh_is_an_area_and_no_pin(page, gazetteer):
    frame = frame_of([Article("a", "Heavy fighting erupted in Karabakh on Monday.", published="2022-10-04")], gazetteer)
    tab, _ = page(frame)
    assert tab.locator("path.leaflet-interactive").count() + tab.evaluate("document.querySelectorAll('canvas').length") > 0
    assert tab.locator(".geomap-mark.wide").count() == 1 and tab.locator(".geomap-mark:not(.wide)").count() == 0
    shapes = tab.evaluate("readJson('geomap-data').then((d) => d.shapes)")
    assert shapes["geomap:karabakh"]["type"] == "Polygon"


@pytest.mark.browser
def test_hostile_text_is_shown_and_never_run(page, gazetteer):
    article = Article("a", f"Floods hit Larkana on Monday, {HOSTILE} said.", title=HOSTILE, published="2022-10-04", url="javascript:alert(1)", source=HOSTILE)
    tab, seen = page(frame_of([article], gazetteer))
    tab.locator(".leaflet-marker-icon").first.click(force=True)
    tab.wait_for_selector(".geomap-popup")
    popup = tab.evaluate("document.querySelector('.geomap-popup').textContent")
    assert "{{ 7*7 }} ${7*7} <script>window.hacked = 1</script>" in popup
    assert tab.evaluate("window.hacked === undefined") and not seen["errors"]
    assert tab.locator(".geomap-popup a").count() == 0 and tab.locator(".geomap-popup img").count() == 0


@pytest.mark.browser
def test_a_phone_can_use_it(page, sample):
    tab, seen = page(sample, width=375)
    assert tab.evaluate("document.documentElement.scrollWidth <= 375") and not seen["errors"]


@pytest.mark.browser
def test_a_map_without_any_place(page, gazetteer):
    frame = frame_of([Article("a", "Baku accused Yerevan of lies.", published="2022-10-04")], gazetteer)
    tab, seen = page(frame)
    assert not seen["errors"] and tab.locator("#geomap-panel .list button").count() == len(frame) > 0
    tab, seen = page(frame.iloc[:0])
    assert not seen["errors"]


def test_article_text_never_meets_a_template(gazetteer):
    frame = frame_of([Article("a", "Floods hit Larkana on Monday, {{ 7*7 }} {% if %} said.", published="2022-10-04")], gazetteer)
    html = draw_map(frame).get_root().render()
    assert "{{ 7*7 }} {% if %}" in html


def test_json_is_inert():
    text = inert_json({"a": "</script><!-- & \u2028"})
    assert not set(text) & set("<>&\u2028") and json.loads(text) == {"a": "</script><!-- & \u2028"}


def test_five_articles_fit_in_a_mail(shared, gazetteer, tmp_path):
    frame = frame_of(list(read_articles([str(shared / "articles")])), gazetteer)
    assert save_map(draw_map(frame), tmp_path / "map.html").stat().st_size < 3_000_000
    assert save_map(draw_map(frame, online=True), tmp_path / "online.html").stat().st_size < 300_000


def test_a_notebook_shows_the_map(sample):
    assert "<iframe" in draw_map(sample)._repr_html_()


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_for_a_report(sample, tmp_path, suffix):
    path = draw_picture(sample, tmp_path / f"map{suffix}", title="50 $ and {{ x }}")
    head = path.read_bytes()[:200]
    assert (head.startswith(b"\x89PNG") if suffix == ".png" else b"<?xml" in head) and path.stat().st_size > 20_000
    with pytest.raises(ConfigError, match="no current incident"):
        draw_picture(sample.iloc[:0], tmp_path / "x.png")


def test_folium_layers_can_be_added(sample):
    import folium

    drawn = draw_map(sample)
    folium.Marker([0, 0], tooltip="mine").add_to(drawn)
    assert isinstance(drawn, folium.Map) and "mine" in drawn.get_root().render()


def test_vendored_libraries_are_unchanged():
    import hashlib

    vendor = ROOT / "geomap" / "maps" / "vendor"
    known = json.loads((vendor / "SHA256.json").read_text())
    assert {n: hashlib.sha256((vendor / n).read_bytes()).hexdigest() for n in known} == known
    assert all((vendor / f"LICENSE.{n}.txt").exists() for n in ("leaflet", "supercluster"))


@pytest.mark.browser
def test_incidents_at_one_place_fan_out(page, gazetteer, tmp_path):
    text = "A bomb exploded in Mosul on Monday, killing three people. Hundreds of people protested in Mosul on Tuesday. Police arrested 40 people in Mosul on Wednesday."
    frame = frame_of([Article("a", text, published="2016-11-18", title="Mosul")], gazetteer)
    there = frame[frame["place_name"] == "Mosul"]
    assert len(there) == 3
    tab, seen = page(there, name="fan")
    tab.locator(".geomap-mark.many").click()
    marks = tab.locator(".geomap-mark:not(.many)")
    assert marks.count() == 3
    centres = {(round(box["x"]), round(box["y"])) for box in (marks.nth(i).bounding_box() for i in range(3))}
    assert len(centres) == 3
    tab.screenshot(path=str(Path(os.environ.get("GEOMAP_ARTEFACTS", tmp_path)) / "fan.png"))
    tab.locator(".leaflet-marker-icon[title^='Protest']").click()
    popup = tab.locator(".leaflet-popup-content")
    assert popup.locator("article").count() == 1 and "protested" in popup.inner_text()
    tab.locator(".leaflet-control-zoom-in").click()
    tab.wait_for_timeout(600)
    assert marks.count() == 0 and not seen["errors"]
