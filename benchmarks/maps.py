"""A map of many incidents, ours beside folium's GeoJson in MarkerCluster: size, building, loading, memory, filtering.

    python benchmarks/maps.py [--incidents 50000]

Simulated with seed 1: titles of eight words, quotes of twenty-five, at places of the gazetteer. Seconds are CPU; the browser's
are of its page process (Chrome's TaskDuration), with the network off, folium's libraries being served from the files that
ours holds, since a CDN's time is no part of it. Read the ratios of one run.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

import folium
import geopandas as gpd
import pandas as pd
from folium.plugins import MarkerCluster
from playwright.sync_api import sync_playwright
from shapely import Point

from geomap.frame import COLUMNS, INTEGERS
from geomap.gazetteer import Gazetteer
from geomap.lexicon import load_lexicon
from geomap.maps import draw_map, save_map

WORDS = "troops village market police rebels fire river bridge mayor road camp border talks flood court school hospital port army crowd".split()


def simulated(n, gazetteer, seed=1):
    draw = random.Random(seed)
    types = list(load_lexicon().types.values())
    rows = []
    for i in range(n):
        place, kind = gazetteer.place(draw.randrange(3000, len(gazetteer))), draw.choice(types)
        day = f"20{draw.randint(15, 24)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        text = lambda k: " ".join(draw.choices(WORDS, k=k))  # noqa: E731
        rows.append(dict.fromkeys(COLUMNS) | {
            "incident_id": f"{kind.id}-{i:06d}", "event_type": kind.id, "event_group": kind.group, "title": text(8), "date_start": day, "date_end": day, "date_precision": "day",
            "place_name": place.name, "country_code": place.country_code, "place_id": place.id, "geo_precision": 1, "reality": "asserted", "salience": "current", "n_articles": 1,
            "sources": f"{draw.choice(WORDS)} news, {day}", "quote": text(25), "score": 0.9, "event_ids": f"{i}#1", "trigger": "", "geometry": Point(round(place.lon, 4), round(place.lat, 4)),
        })
    frame = pd.DataFrame(rows)
    for column in INTEGERS:
        frame[column] = pd.array(pd.to_numeric(frame[column]), dtype="Int64")
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326)


def by_folium(frame, path):
    drawn = folium.Map(location=[20, 10], zoom_start=2)
    cluster = MarkerCluster().add_to(drawn)
    shown = ["title", "date_start", "place_name", "quote", "sources", "event_type"]
    same = frame.drop(columns=["reports", "event_group", "score", "plover", "acled", "event_ids", "place_basis"])  # what our page holds
    folium.GeoJson(same.to_json(), popup=folium.GeoJsonPopup(shown)).add_to(cluster)
    drawn.save(str(path))


def browse(page_path, libraries, ready, filtering=None):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc"])
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.route("http**", lambda route: route.fulfill(body=next((text for name, text in libraries.items() if name in route.request.url), ""), content_type="text/javascript" if ".js" in route.request.url else "text/css"))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        metric = lambda name: next(m["value"] for m in session.send("Performance.getMetrics")["metrics"] if m["name"] == name)  # noqa: E731
        page.goto(page_path.as_uri(), timeout=120_000)
        page.wait_for_selector(ready, timeout=120_000)
        page.wait_for_timeout(1000)
        load = metric("TaskDuration")
        session.send("HeapProfiler.collectGarbage")
        heap = metric("JSHeapUsedSize") / 1e6
        steps = []
        for step in filtering or ():
            before = metric("TaskDuration")
            page.evaluate(step)
            page.wait_for_timeout(700)
            steps.append(metric("TaskDuration") - before)
        browser.close()
    return load, heap, steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--incidents", type=int, default=50_000)
    parser.add_argument("--cluster", type=Path, help="folder with leaflet.markercluster.js of npm's leaflet.markercluster (else folium's page is not loaded)")
    options = parser.parse_args()
    frame = simulated(options.incidents, Gazetteer.open(progress=print))
    vendor = Path(__file__).resolve().parent.parent / "geomap" / "maps" / "vendor"
    libraries = {"leaflet.markercluster": (options.cluster / "leaflet.markercluster.js").read_text() if options.cluster else "", "leaflet.js": (vendor / "leaflet.js").read_text()}
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.html", Path(folder) / "folium.html"
        draw_map(frame.head(10))
        began = time.process_time()
        save_map(draw_map(frame), ours)
        build = time.process_time() - began
        began = time.process_time()
        by_folium(frame, theirs)
        build_theirs = time.process_time() - began
        load, heap, steps = browse(ours, libraries, "body[data-ready=yes]", [
            "document.querySelector('.geomap-legend input').click()", "document.querySelector('#geomap-panel [aria-label=\"One step on\"]').click()",
            "(() => { const s = document.querySelector('#geomap-panel input[type=search]'); s.value = 'bridge'; s.dispatchEvent(new Event('input')); })()", "document.querySelector('.leaflet-control-zoom-in').click()"])
        print(f"{'':22}{'ours':>10}{'folium':>10}{'ratio':>8}")
        lines = [("file MB", ours.stat().st_size / 1e6, theirs.stat().st_size / 1e6), ("build CPU s", build, build_theirs)]
        if options.cluster:
            load_theirs, heap_theirs, _ = browse(theirs, libraries, ".marker-cluster, .leaflet-marker-icon")
            lines += [("load CPU s", load, load_theirs), ("heap MB", heap, heap_theirs)]
        else:
            lines += [("load CPU s", load, float("nan")), ("heap MB", heap, float("nan"))]
        for name, a, b in lines:
            print(f"{name:22}{a:10.2f}{b:10.2f}{a / b:8.2f}")
        for name, spent in zip(("a layer off", "a step in time", "a search", "zooming in"), steps, strict=True):
            print(f"{name + ' CPU s':22}{spent:10.2f}")


if __name__ == "__main__":
    main()
