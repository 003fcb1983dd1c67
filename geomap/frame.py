"""Incidents <-> GeoDataFrame <-> files. One row an incident, flat columns that QGIS, kepler.gl and Excel read."""

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from geomap.errors import ConfigError
from geomap.gazetteer import Gazetteer
from geomap.lexicon import load_lexicon, load_styles
from geomap.model import Article, Event, Incident
from geomap.records import read_report, report_record
from geomap.text import spreadsheet_cell

COLUMNS = (
    "incident_id", "event_type", "event_group", "title", "date_start", "date_end", "date_precision", "place_name", "country_code",
    "admin1", "place_id", "geo_precision", "reality", "salience", "fatalities_low", "fatalities_best", "fatalities_high", "injured",
    "detained", "released", "actors", "n_articles", "sources", "quote", "score", "plover", "acled", "event_ids",
    "trigger", "place_names", "place_status", "place_basis", "claimed_by", "fatalities_reports", "corrected_by", "reports",
)
INTEGERS = ("geo_precision", "fatalities_low", "fatalities_best", "fatalities_high", "injured", "detained", "released", "n_articles")
_LINK = " | "


def to_geodataframe(incidents: Iterable[Incident], articles: Iterable[Article], gazetteer: Gazetteer) -> gpd.GeoDataFrame:
    """A frame in WGS84 with one row an incident and the columns of `COLUMNS`; the geometry is None where no place is known."""
    by_id = {a.id: a for a in articles}
    rows = [_row(incident, by_id, gazetteer) for incident in incidents]
    return _typed(pd.DataFrame(rows, columns=[*COLUMNS, "geometry"]))


def _typed(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """The same types whatever the source: integers that may be missing, and text as objects with None for nothing."""
    for column in frame.columns.drop(["geometry", "score", *INTEGERS]):
        frame[column] = pd.Series([None if pd.isna(v) or v == "" else str(v) for v in frame[column]], index=frame.index, dtype=object)
    frame["score"] = frame["score"].astype(float)
    for column in INTEGERS:
        frame[column] = pd.array(pd.to_numeric(frame[column]), dtype="Int64")
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def _row(incident: Incident, articles: dict[str, Article], gazetteer: Gazetteer) -> dict[str, Any]:
    events, best = incident.events, incident.events[0]
    kind = load_lexicon().types[incident.event_type]
    dated = min((e for e in events if e.date_start), key=lambda e: (_days(e), e.article_id), default=best)
    place = best.place
    low, number, high = _fatalities(events, articles)
    ids = list(dict.fromkeys(e.article_id for e in events))
    return {
        "incident_id": incident.incident_id, "event_type": kind.id, "event_group": kind.group,
        "title": _title(kind.label, best, dated), "date_start": dated.date_start, "date_end": dated.date_end, "date_precision": str(dated.date_precision),
        "place_name": best.place_name or None, "country_code": place.country_code if place else None,
        "admin1": gazetteer.admin1_name(place) if place else None, "place_id": place.id if place else None,
        "geo_precision": int(best.geo_precision) if best.geo_precision else None,
        "reality": "asserted" if any(e.reality == "asserted" for e in events) else "claimed",
        "salience": "current" if any(e.salience == "current" for e in events) else "background",
        "fatalities_low": low, "fatalities_best": number, "fatalities_high": high,
        "injured": _most(events, "wounded"), "detained": _most(events, "detained", "captured"), "released": _most(events, "released"),
        "actors": "; ".join(dict.fromkeys(a.name for e in events for a in e.actors)) or None,
        "n_articles": len(ids), "sources": _LINK.join(_source(a) for i in ids for a in _all_of(articles.get(i) or Article(i, ""))),
        "quote": best.sentence, "score": max(e.score for e in events), "plover": kind.plover, "acled": best.acled,
        "event_ids": ";".join(sorted(e.id for e in events)), "trigger": best.trigger,
        "place_names": "; ".join(_names(place.id, place.name, gazetteer)) if place and place.status else None,
        "place_status": (place.status or None) if place else None, "place_basis": best.place_basis or None,
        "claimed_by": "; ".join(sorted({e.claimant for e in events if e.claimant})) or None, "fatalities_reports": _who_counted(events, articles) or None,
        "corrected_by": "; ".join(sorted({e.corrected_by for e in events if e.corrected_by})) or None,
        "reports": json.dumps([report_record(e, articles.get(e.article_id)) for e in sorted(events, key=lambda e: e.id)], ensure_ascii=False),
        "geometry": Point(round(best.lon, 5), round(best.lat, 5)) if best.lat is not None and best.lon is not None else None,
    }


def _names(place_id: str, name: str, gazetteer: Gazetteer) -> list[str]:
    """All names of a disputed place, in alphabetical order."""
    found = next((o for o, _ in gazetteer.lookup(name) if gazetteer.place(o).id == place_id), None)
    return sorted(gazetteer.names(found), key=str.casefold) if found is not None else [name]


def _days(event: Event) -> int:
    return (pd.Timestamp(event.date_end) - pd.Timestamp(event.date_start)).days if event.date_end and event.date_start else 0


def _title(label: str, best: Event, dated: Event) -> str:
    where = f", {best.place_name}" if best.place_name else ""
    when = f", {dated.date_start}" if dated.date_start else ""
    return label.split(" / ")[0] + where + when


def _all_of(article: Article) -> tuple[Article, ...]:
    return article, *article.copies


def _name(article: Article) -> str:
    return article.source or article.title or article.id


def _source(article: Article) -> str:
    parts = [_name(article), article.published or "", article.url]
    return ", ".join(part.replace(_LINK, " ") for part in parts if part)


def _fatalities(events: Iterable[Event], articles: Mapping[str, Article]) -> tuple[int | None, int | None, int | None]:
    """Least, best and most deaths reported.

    Best is what the newest articles say, told as fact rather than claimed where any does, and of that the highest.
    """
    told = [(e.reality == "asserted", _published(e, articles), c) for e in events for c in e.counts if c.kind == "killed" and (c.low or c.high) is not None]
    if not told:
        return None, None, None
    newest = max(t[:2] for t in told)
    best = max(n for *when, c in told if tuple(when) == newest and (n := c.low if c.low is not None else c.high) is not None)
    numbers = [n for _, _, c in told for n in (c.low, c.high) if n is not None]
    return min((c.low or 0 for _, _, c in told)), best, max(numbers)


def _published(event: Event, articles: Mapping[str, Article]) -> str:
    article = articles.get(event.article_id)
    return (article.published or "") if article else ""


def _who_counted(events: Iterable[Event], articles: Mapping[str, Article]) -> str:
    """Who said how many died: "at least 286 (AFP, 2022-10-04); over 280 (…)", oldest first."""
    told = {(_published(e, articles), " ".join(c.text.split()), _name(articles[e.article_id]) if e.article_id in articles else e.article_id) for e in events for c in e.counts if c.kind == "killed"}
    return "; ".join(f"{text} ({', '.join(filter(None, (name, day)))})" for day, text, name in sorted(told))


def _most(events: Iterable[Event], *kinds: str) -> int | None:
    return max((n for e in events for c in e.counts if c.kind in kinds and (n := c.low if c.low is not None else c.high) is not None), default=None)


def write_incidents(frame: gpd.GeoDataFrame, path: str | Path) -> Path:
    """Write a frame by the path's suffix: .geojson .gpkg .parquet .fgb .csv .kml .shp .jsonl.

    Written aside and renamed, so an interrupted run leaves the old file whole. Raises ConfigError for another suffix.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ConfigError(f"{path}: unknown format; use one of {' '.join(sorted(_WRITERS))}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".geomap-") as aside:
        writer(frame, Path(aside) / path.name)
        for piece in sorted(Path(aside).iterdir()):
            os.replace(piece, path.parent / piece.name)
    return path


def _records(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    plain = frame.drop(columns="geometry").astype(object)
    return [{k: (None if pd.isna(v) else v) for k, v in row.items()} for row in plain.to_dict("records")]


def _geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    """RFC 7946: WGS84, feature ids, bbox, null geometries, UTF-8."""
    features = []
    for properties, point in zip(_records(frame), frame.geometry, strict=True):
        geometry = None if point is None or point.is_empty else {"type": "Point", "coordinates": [round(point.x, 5), round(point.y, 5)]}
        features.append({"type": "Feature", "id": properties["incident_id"], "geometry": geometry, "properties": properties})
    spots = [f["geometry"]["coordinates"] for f in features if f["geometry"]]
    whole: dict[str, Any] = {"type": "FeatureCollection"}
    if spots:
        lons, lats = [s[0] for s in spots], [s[1] for s in spots]
        whole["bbox"] = [min(lons), min(lats), max(lons), max(lats)]
    whole["attribution"] = "Places: GeoNames (CC BY 4.0), Natural Earth, US Census Bureau (public domain), geomap"
    lines = ",\n".join(json.dumps(f, ensure_ascii=False) for f in features)
    head = json.dumps(whole, ensure_ascii=False)[:-1]
    path.write_text(f'{head}, "features": [\n{lines}\n]}}\n' if features else f'{head}, "features": []}}\n', encoding="utf-8")


def _dated(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Dates as Arrow's dates, which GDAL and Parquet keep as such."""
    import pyarrow as pa

    out = frame.copy()
    for column in ("date_start", "date_end"):
        dates = pd.to_datetime(out[column], errors="coerce")
        out[column] = pd.Series(pd.array(dates.dt.date.where(dates.notna(), None), dtype=pd.ArrowDtype(pa.date32())), index=out.index)
    return out


def _gdal(driver: str, **options: str) -> Callable[[gpd.GeoDataFrame, Path], None]:
    def write(frame: gpd.GeoDataFrame, path: Path) -> None:
        _dated(frame).to_file(path, driver=driver, use_arrow=True, layer="incidents", **options)
    return write


def _kml(frame: gpd.GeoDataFrame, path: Path) -> None:
    """A folder an event type, each with its own icon colour, for Google Earth."""
    from xml.sax.saxutils import escape

    types = load_lexicon().types
    styles = load_styles()
    placed = frame[frame.geometry.notna()]

    def clean(value: Any) -> str:
        return "" if value is None or pd.isna(value) else escape("".join(c for c in str(value) if c in "\t\n\r" or ord(c) >= 32))

    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<kml xmlns="http://www.opengis.net/kml/2.2"><Document id="incidents"><name>Incidents</name>']
    used = [t for t in types if (placed.event_type == t).any()]
    for kind in used:
        colour = styles[types[kind].group].colour.lstrip("#")
        abgr = "ff" + colour[4:6] + colour[2:4] + colour[0:2]
        out.append(f'<Style id="{kind}"><IconStyle><color>{abgr}</color><Icon><href>https://maps.google.com/mapfiles/kml/shapes/placemark_circle.png</href></Icon></IconStyle></Style>')
    for kind in used:
        rows = placed[placed.event_type == kind]
        out.append(f"<Folder><name>{clean(types[kind].label)} ({len(rows)})</name>")
        for row in rows.itertuples():
            span = f"<TimeSpan><begin>{row.date_start}</begin><end>{row.date_end or row.date_start}</end></TimeSpan>" if row.date_start else ""
            text = "\n".join(filter(None, (clean(row.quote), clean(row.sources))))
            out.append(f'<Placemark id="{clean(row.incident_id)}"><name>{clean(row.title)}</name><description>{text}</description>{span}<styleUrl>#{kind}</styleUrl>'
                       f"<Point><coordinates>{row.geometry.x:.5f},{row.geometry.y:.5f}</coordinates></Point></Placemark>")
        out.append("</Folder>")
    path.write_text("\n".join([*out, "</Document></kml>"]) + "\n", encoding="utf-8")


# Shapefile field names are cut at ten characters; these stay apart and readable.
SHAPEFILE_NAMES = {
    "incident_id": "incident", "event_type": "type", "event_group": "type_group", "date_start": "date_start", "date_end": "date_end",
    "date_precision": "date_prec", "place_name": "place", "country_code": "country", "geo_precision": "geo_prec", "fatalities_low": "fatal_low",
    "fatalities_best": "fatal_best", "fatalities_high": "fatal_high", "n_articles": "articles", "event_ids": "event_ids", "place_names": "all_names",
    "place_status": "status", "place_basis": "place_basi", "fatalities_reports": "fatal_said", "corrected_by": "corrected",
}


def _shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    warnings.warn(f"{path.name}: a Shapefile cuts text at 250 characters and field names at ten (see docs/formats.md); .gpkg keeps all", stacklevel=2)
    out = frame.copy()
    for column in out.columns.drop("geometry"):
        if column not in INTEGERS and column != "score":
            out[column] = out[column].map(lambda v: v if v is None else v[:250])
        elif column in INTEGERS:
            out[column] = out[column].astype("float")
    out.rename(columns=SHAPEFILE_NAMES).to_file(path, driver="ESRI Shapefile", encoding="utf-8")


def spreadsheet_safe(table: pd.DataFrame) -> pd.DataFrame:
    """A table without a cell that a spreadsheet would take for a formula: such a cell gets an apostrophe."""
    return pd.DataFrame({c: [spreadsheet_cell(v) if isinstance(v, str) else v for v in table[c]] for c in table.columns}, columns=table.columns)


def _csv(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Excel-safe: a byte-order mark, and no cell that a spreadsheet would take for a formula."""
    flat = pd.DataFrame(_records(frame), columns=[c for c in frame.columns if c != "geometry"])
    flat.insert(0, "lat", [None if p is None else p.y for p in frame.geometry])
    flat.insert(1, "lon", [None if p is None else p.x for p in frame.geometry])
    flat = spreadsheet_safe(flat)
    for column in INTEGERS:
        flat[column] = pd.array(pd.to_numeric(flat[column]), dtype="Int64")
    flat.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _jsonl(frame: gpd.GeoDataFrame, path: Path) -> None:
    rows = zip(_records(frame), frame.geometry, strict=True)
    lines = [json.dumps(r | {"lat": None if p is None else p.y, "lon": None if p is None else p.x}, ensure_ascii=False) for r, p in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def _parquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    import pyarrow as pa

    out = _dated(frame)
    for column in out.columns.drop(["geometry", "score", "date_start", "date_end", *INTEGERS]):
        out[column] = out[column].astype(pd.ArrowDtype(pa.string()))  # an empty column has a type too, so that files fit together
    out.to_parquet(path)


_WRITERS: dict[str, Callable[[gpd.GeoDataFrame, Path], None]] = {
    ".geojson": _geojson, ".json": _geojson, ".gpkg": _gdal("GPKG", VERSION="1.2"), ".fgb": _gdal("FlatGeobuf", SPATIAL_INDEX="NO"), ".parquet": _parquet,
    ".csv": _csv, ".kml": _kml, ".shp": _shapefile, ".jsonl": _jsonl,
}


def read_incidents(path: str | Path) -> gpd.GeoDataFrame:
    """A frame from a file that `write_incidents` wrote.

    Raises ConfigError when the file cannot be read or lacks columns, naming them.
    """
    path = Path(path)
    try:
        if path.suffix.lower() in (".geojson", ".json"):
            frame = _from_features(json.loads(path.read_text(encoding="utf-8")))
        elif path.suffix.lower() == ".parquet":
            frame = gpd.read_parquet(path)
        elif path.suffix.lower() in (".csv", ".jsonl"):
            flat = pd.read_csv(path, encoding="utf-8-sig") if path.suffix.lower() == ".csv" else pd.read_json(path, lines=True)
            spots = [Point(x, y) if pd.notna(x) and pd.notna(y) else None for x, y in zip(flat.pop("lon"), flat.pop("lat"), strict=True)]
            frame = gpd.GeoDataFrame(flat, geometry=spots, crs="EPSG:4326")
        else:
            frame = gpd.read_file(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except Exception as error:  # each reader has its own errors; the user needs one line
        raise ConfigError(f"{path}: not a file of incidents ({str(error).splitlines()[0] if str(error) else type(error).__name__})") from None
    missing = [c for c in COLUMNS if c not in frame.columns]
    if missing:
        raise ConfigError(f"{path}: lacks the field(s) {', '.join(missing)}; write it with `geomap extract`")
    frame = frame[[*COLUMNS, "geometry"]].copy()
    for column in ("date_start", "date_end"):
        frame[column] = pd.to_datetime(frame[column], errors="coerce").dt.strftime("%Y-%m-%d")
    return _typed(frame)


def events_in(frame: gpd.GeoDataFrame) -> tuple[list[Event], list[Article]]:
    """The events that a frame's incidents were merged from, and their articles without text.

    Raises ConfigError when the reports were cut, as a Shapefile does.
    """
    try:
        pairs = [read_report(report) for cell in frame["reports"] for report in json.loads(cell)]
    except (TypeError, ValueError, KeyError, AttributeError):
        raise ConfigError("the file's field `reports` is cut or damaged (a Shapefile cannot hold it); keep a .geojson, .gpkg or .parquet to update") from None
    return [event for event, _ in pairs], list({article.id: article for _, article in pairs}.values())


def ids_of_events(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """The incident id that each event of a frame has."""
    return {event: row.incident_id for row in frame.itertuples() for event in row.event_ids.split(";")}


def _from_features(document: Any) -> gpd.GeoDataFrame:
    features = document["features"]
    rows = [f["properties"] | {"geometry": Point(f["geometry"]["coordinates"]) if f["geometry"] else None} for f in features]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=None if rows else [*COLUMNS, "geometry"]), geometry="geometry", crs="EPSG:4326")
