"""Scores against gold, with our own code: exact spans, places within 161 km, roles."""

import json
from pathlib import Path
from typing import Any

from geomap.errors import ConfigError
from geomap.gazetteer import Gazetteer
from geomap.model import Article, Place
from geomap.resolve import distance_km, resolve_toponyms
from geomap.toponyms import find_toponyms

NEAR_KM = 161.0  # 100 miles, after Leidner 2007
LITERAL_KINDS = frozenset({"Literal", "Literal_Modifier", "Mixed", "Coercion", "Embedded_Literal"})
ASSOCIATIVE_KINDS = frozenset({"Metonymic", "Non_Literal_Modifier", "Embedded_Non_Lit", "Demonym"})


def read_gold(path: str | Path) -> list[dict[str, Any]]:
    """Gold articles: {"id", "text", "toponyms": [{"start", "end", "lat", "lon", "kind"?}]}, one JSON object a line.

    Raises ConfigError naming the line that is not one.
    """
    rows = []
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                if not {"id", "text", "toponyms"} <= set(row):
                    raise ValueError
            except (ValueError, TypeError):
                raise ConfigError(f"{path}, line {number}: not a gold article; it needs id, text and toponyms") from None
            rows.append(row)
    return rows


def score_toponyms(gold: list[dict[str, Any]], gazetteer: Gazetteer) -> dict[str, float | int]:
    """Recognition, resolution, end-to-end and role scores; gold toponyms without coordinates count neither way."""
    wanted_n = found_n = hits = near = roles = roles_right = 0
    for row in gold:
        wanted = {(t["start"], t["end"]): t for t in row["toponyms"] if t.get("lat") is not None}
        ignored = {(t["start"], t["end"]) for t in row["toponyms"]} - wanted.keys()
        article = Article(str(row["id"]), row["text"], published=row.get("published"))
        found = {(r.toponym.start, r.toponym.end): r for r in resolve_toponyms(article, find_toponyms(article, gazetteer), gazetteer)}
        found = {span: r for span, r in found.items() if span not in ignored}
        wanted_n, found_n = wanted_n + len(wanted), found_n + len(found)
        for span in wanted.keys() & found.keys():
            truth, resolution = wanted[span], found[span]
            hits += 1
            spot = Place("", "", truth["lat"], truth["lon"], "")
            near += resolution.place is not None and distance_km(resolution.place, spot) <= NEAR_KM
            if truth.get("kind") in LITERAL_KINDS | ASSOCIATIVE_KINDS:
                roles += 1
                roles_right += (truth["kind"] in LITERAL_KINDS) == (resolution.toponym.role == "literal")
    precision, recall = hits / max(found_n, 1), hits / max(wanted_n, 1)
    return {
        "articles": len(gold), "gold": wanted_n, "predicted": found_n, "precision": precision, "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-9), "accuracy_161km": near / max(hits, 1),
        "end_to_end_f1": 2 * near / max(wanted_n + found_n, 1), "role_accuracy": roles_right / max(roles, 1),
    }
