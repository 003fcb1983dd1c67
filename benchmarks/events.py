"""Events on the gold sets: types, places, dates, and everything on the five articles.

    python benchmarks/events.py SHARED [--misses]

SHARED holds gold/, articles/ and tools/. Sets: the five articles (score_events.py); CASE 2021 Task 2 (30 ACLED-like
labels, weighted F1); Halterman's event locations (span F1); TimeBank and AQUAINT (value F1 of DATE expressions).
"""

import importlib.util
import json
import re
import sys
from collections import Counter
from datetime import date
from pathlib import Path

from train_placing import is_gold, placed
from train_toponyms import halves

from geomap.articles import date_undated, read_articles
from geomap.dates import find_dates
from geomap.gazetteer import Gazetteer
from geomap.incidents import merge_incidents
from geomap.model import Article
from geomap.pipeline import extract_each, extract_one
from geomap.placing import place_for
from geomap.timex import VAGUE

# CASE label of an event: by ACLED sub-type where it tells, else by our type.
BY_ACLED = {
    "Air/drone strike": "AIR_STRIKE", "Shelling/artillery/missile attack": "ART_MISS_ATTACK", "Remote explosive/landmine/IED": "REM_EXPLOS", "Suicide bomb": "SUIC_BOMB",
    "Grenade": "GRENADE", "Abduction/forced disappearance": "ABDUCT_DISSAP", "Sexual violence": "SEX_VIOL", "Chemical weapon": "CHEM_WEAP", "Government regains territory": "GOV_REGAINS_TERIT",
    "Non-state actor overtakes territory": "NON_STATE_ACTOR_OVERTAKES_TER", "Non-violent transfer of territory": "NON_VIOL_TERRIT_TRANSFER", "Headquarters or base established": "HQ_ESTABLISHED",
    "Change to group/activity": "CHANGE_TO_GROUP_ACT", "Peaceful protest": "PEACE_PROTEST", "Protest with intervention": "PROTEST_WITH_INTER", "Excessive force against protesters": "FORCE_AGAINST_PROTEST",
    "Violent demonstration": "VIOL_DEMONSTR", "Mob violence": "MOB_VIOL", "Disrupted weapons use": "DISR_WEAP", "Looting/property destruction": "PROPERTY_DISTRUCT", "Arrests": "ARREST", "Agreement": "AGREEMENT",
    "Natural disaster": "NATURAL_DISASTER", "Man-made disaster": "MAN_MADE_DISASTER", "Organised crime": "ORG_CRIME", "Armed clash": "ARMED_CLASH", "Attack": "ATTACK",
}
BY_TYPE = {
    "armed_clash": "ARMED_CLASH", "attack": "ATTACK", "talks": "DIPLO", "meeting": "DIPLO", "visit": "DIPLO", "phone_call": "DIPLO", "statement": "DIPLO", "accusation": "ATTRIB",
    "disaster": "NATURAL_DISASTER", "detention": "ARREST", "troop_movement": "CHANGE_TO_GROUP_ACT", "other": "OTHER", "ceasefire": "AGREEMENT", "agreement": "AGREEMENT", "protest": "PEACE_PROTEST",
    "mass_grave": "OTHER", "prisoner_release": "OTHER", "displacement": "OTHER", "ceasefire_violation": "ARMED_CLASH", "commemoration": "OTHER", "territory_change": "GOV_REGAINS_TERIT", "explosion": "REM_EXPLOS", "shelling": "ART_MISS_ATTACK",
}
# Of several events in a snippet the label is that of the rarest kind; a label is one for the whole snippet.
ORDER = (
    "CHEM_WEAP SUIC_BOMB SEX_VIOL ABDUCT_DISSAP FORCE_AGAINST_PROTEST GRENADE DISR_WEAP HQ_ESTABLISHED NON_VIOL_TERRIT_TRANSFER GOV_REGAINS_TERIT NON_STATE_ACTOR_OVERTAKES_TER MOB_VIOL PROTEST_WITH_INTER VIOL_DEMONSTR "
    "AIR_STRIKE PROPERTY_DISTRUCT CHANGE_TO_GROUP_ACT ORG_CRIME REM_EXPLOS ART_MISS_ATTACK NATURAL_DISASTER MAN_MADE_DISASTER AGREEMENT ARMED_CLASH PEACE_PROTEST ARREST ATTACK ATTRIB DIPLO OTHER"
).split()


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def label(event):
    return BY_ACLED.get(event.acled.rsplit(" / ", 1)[-1]) or BY_TYPE[event.event_type]


def case_types(path, gazetteer, misses):
    pairs = []
    for row in lines(path):
        labels = [label(e) for e in extract_one(Article(row["id"], row["text"], published="2020-06-01"), gazetteer).events]
        said = min(labels, key=ORDER.index, default="OTHER")
        pairs.append((row["label"], said))
        if misses and said != row["label"]:
            print("type", row["label"], "said", said, labels, "|", row["text"][:300].replace("\n", " "))
    gold, said, hit = Counter(g for g, _ in pairs), Counter(s for _, s in pairs), Counter(g for g, s in pairs if g == s)
    total = sum(n * (2 * hit[k] / (n + said[k])) for k, n in gold.items()) / len(pairs)
    print(f"CASE 2021 types, 30 labels: weighted F1 {total:.3f} over {len(pairs)}, accuracy {sum(hit.values()) / len(pairs):.3f}")
    return total


def event_places(path, gazetteer, misses):
    """The half of the sentences that no model has learnt from; each asks for the places of one verb."""
    hits = said = wanted = 0
    for row in halves(path)[1]:
        found = placed(row, gazetteer)
        if found is None:
            continue
        parsed, trigger, spots, gold = found
        wanted += len(gold)
        pick = place_for(parsed, trigger, spots, diplomacy=False)
        right = bool(pick) and is_gold(pick[0], gold)
        said, hits = said + bool(pick), hits + right
        if misses and not right and (pick or gold):
            print("place", row["text"][row["verb"][0] : row["verb"][1]], "said", pick and pick[0].resolution.toponym.text, "wanted", [t["phrase"] for t in row["toponyms"]], "|", row["text"][:250].replace("\n", " "))
    p, r = hits / max(said, 1), hits / max(wanted, 1)
    print(f"Halterman event places, held-out half: precision {p:.3f} recall {r:.3f} F1 {2 * p * r / (p + r):.3f} over {wanted}")
    return 2 * p * r / (p + r)


def value_of(span):
    """A TimeSpan in TIMEX3's notation."""
    start = span.date_start
    if not start:
        return next((ref for words, ref in VAGUE.items() if re.fullmatch(words, span.text.lower())), None)
    if span.precision == "week":
        year, week, _ = date.fromisoformat(start).isocalendar()
        return f"{year}-W{week:02d}"
    if span.precision == "season":
        return start[:4] + "-" + {3: "SP", 6: "SU", 9: "FA", 12: "WI"}[int(start[5:7])]
    if span.precision == "months" and span.date_end and span.date_end[:4] == start[:4] and int(span.date_end[5:7]) - int(start[5:7]) == 2:
        return f"{start[:4]}-Q{(int(start[5:7]) + 2) // 3}"
    return {"day": start, "month": start[:7], "year": start[:4], "decade": start[:3] + "X"}.get(span.precision)


def date_values(path, misses):
    right = wanted = said = 0
    for row in lines(path):
        gold = [t for t in row["timexes"] if t["type"] in ("DATE", "TIME")]
        rest = [t for t in row["timexes"] if t["type"] not in ("DATE", "TIME")]
        found = [s for s in find_dates(row["text"], row["dct"]) if not any(s.start < t["end"] and t["start"] < s.end for t in rest)]
        wanted, said = wanted + len(gold), said + len(found)
        for timex in gold:
            near = [s for s in found if s.start < timex["end"] and timex["start"] < s.end]
            value = timex["value"][:10] if re.match(r"\d{4}-\d\d-\d\d", timex["value"]) else timex["value"]
            if re.fullmatch(r"\d{3}", value):  # the corpora write a decade as 199 or 199X
                value += "X"
            hit = any(value_of(s) == value for s in near)
            right += hit
            if misses and not hit:
                print("date", timex["text"], timex["value"], [(s.text, value_of(s)) for s in near], row["dct"])
    p, r = right / said, right / wanted
    print(f"TimeBank/AQUAINT dates: value precision {p:.3f} recall {r:.3f} F1 {2 * p * r / (p + r):.3f} over {wanted}")
    return 2 * p * r / (p + r)


def five_articles(shared, gazetteer, misses):
    spec = importlib.util.spec_from_file_location("score_events", shared / "tools" / "score_events.py")
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    articles = date_undated(list(read_articles([str(shared / "articles")])))
    events = {Path(one.article.id).stem: list(one.events) for one in extract_each(articles, gazetteer)}
    predicted = {k: [{"id": e.id, "event_type": e.event_type, "start": e.start, "end": e.end, "trigger": e.trigger, "date_start": e.date_start, "place_name": e.place_name, "lat": e.lat, "lon": e.lon,
                      "geo_precision": e.geo_precision, "counts": [{"kind": c.kind, "low": c.low, "high": c.high} for c in e.counts]} for e in v] for k, v in events.items()}
    incidents = [{"properties": {"incident_id": i.incident_id, "event_ids": ";".join(e.id for e in i.events)}} for i in merge_incidents(e for v in events.values() for e in v)]
    gold = json.loads((shared / "gold" / "articles.json").read_text(encoding="utf-8"))
    scores = scorer.score(gold, predicted, incidents, print if misses else (lambda *_: None))
    print("Five articles: " + ", ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in scores.items()))


def main(shared, misses):
    gazetteer = Gazetteer.open(progress=print)
    five_articles(shared, gazetteer, misses)
    case_types(shared / "gold" / "event_types_case_dev.jsonl", gazetteer, misses)
    event_places(shared / "gold" / "event_location_dev.jsonl", gazetteer, misses)
    date_values(shared / "gold" / "dates_tbaq.jsonl", misses)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--misses" in sys.argv)
