"""MUC-4 DEV: date, place and type of terrorist incidents in 1,300 news texts in capitals (1988 to 1990).

    python benchmarks/muc.py SHARED [--misses]

SHARED/gold/muc4_dev.jsonl holds texts with hand-made templates. Each text's violent events are paired with its
templates (types compatible, most slots right first). A slot is right when the types are of one kind, the day ranges
overlap, and the place is named in the template's hierarchy (half when only its country is). As in MUC's own tables
"matched" counts slots of paired incidents only, "all" also what is missing or spurious; optional templates are neither
asked for nor held against us. MUC's own scorer knows more, so read these beside its figures with care.
"""

import json
import re
import sys
from datetime import date, timedelta
from pathlib import Path

from geomap.datelines import stamped_date
from geomap.gazetteer import COUNTRY_CODES, Gazetteer
from geomap.model import Article
from geomap.pipeline import extract_one
from geomap.text import fold

OURS = {"attack": "ATTACK", "armed_clash": "ATTACK", "shelling": "BOMBING", "explosion": "BOMBING", "mass_grave": "ATTACK", "detention": "KIDNAPPING"}
ALIKE = {"ATTACK": {"ATTACK", "BOMBING", "ARSON", "ROBBERY"}, "BOMBING": {"BOMBING", "ATTACK", "ARSON"}, "KIDNAPPING": {"KIDNAPPING"}}
MONTHS = {m: i for i, m in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)}


def days(text):
    """The interval of a template's date: "15 SEP 89 - 16 SEP 89", "- 06 APR 90" (not later than)."""
    found = [date(1900 + int(y), MONTHS[m], int(d)) for d, m, y in re.findall(r"(\d\d) ([A-Z]{3}) (\d\d)", text) if m in MONTHS and 0 < int(d) < 31]
    if not found:
        return None
    return (found[0] - timedelta(days=62), found[0]) if text.strip().startswith("-") and len(found) == 1 else (found[0], found[-1])


def place_right(place, location, gazetteer):
    parts = [re.sub(r"\s*\([A-Z ]+\)", "", part).strip() for part in re.split(r":|\s-\s", location)]
    names = {fold(n) for n in [place.name, *(n for p, n, _ in [(place, n, 0) for o, _ in gazetteer.lookup(place.name) if gazetteer.place(o).id == place.id for n in gazetteer.names(o)])]}
    if names & {fold(part) for part in parts}:
        return 1.0 if place.feature_code not in COUNTRY_CODES or len(parts) == 1 else 0.5
    country = gazetteer.country(place.country_code)
    return 0.5 if country and fold(country.name) == fold(parts[0]) else 0.0


def slots(event, template, gazetteer):
    """(right, said, asked) for type, date and place of one pair."""
    kind = OURS[event.event_type]
    wanted = days(" ".join(template["date"]))
    said = (date.fromisoformat(event.date_start), date.fromisoformat(event.date_end)) if event.date_start and event.date_end else None
    where = template["location"][0] if template["location"] else None
    return {
        "type": (float(kind == template["type"][0]), 1, 1),
        "date": (float(bool(wanted and said and said[0] <= wanted[1] and wanted[0] <= said[1])), int(bool(said)), int(bool(wanted))),
        "place": (place_right(event.place, where, gazetteer) if event.place and where else 0.0, int(event.place is not None), int(bool(where))),
    }


def main(shared, misses):
    gazetteer = Gazetteer.open(progress=print)
    total = {(level, slot): [0.0, 0, 0] for level in ("matched", "all") for slot in ("type", "date", "place")}
    for row in map(json.loads, filter(None, (shared / "gold" / "muc4_dev.jsonl").read_text(encoding="utf-8").split("\n"))):
        stamp = days(f"0{row['dateline']}"[-9:]) if row["dateline"] else None
        published = stamp[1].isoformat() if stamp else stamped_date(row["text"])
        events = [e for e in extract_one(Article(row["id"], row["text"], published=published), gazetteer).events if e.event_type in OURS]
        left = [t for t in row["templates"] if t["type"] and t["type"][0] in ALIKE["ATTACK"] | {"KIDNAPPING"} and t["stage"][:1] != ["THREATENED"]]
        for event in list(events):
            near = [t for t in left if t["type"][0] in ALIKE[OURS[event.event_type]]]
            if not near:
                continue
            best = max(near, key=lambda t: sum(s[0] for s in slots(event, t, gazetteer).values()))
            left.remove(best)
            events.remove(event)
            optional = "OPTIONAL" in best["template"]
            for slot, (right, said, asked) in slots(event, best, gazetteer).items():
                for level in ("matched",) if optional else ("matched", "all"):
                    for i, value in enumerate((right, said, asked)):
                        total[level, slot][i] += value
            if misses and event.place and best["location"] and not place_right(event.place, best["location"][0], gazetteer):
                print("place", event.place_name, event.place_basis, "wanted", best["location"], "|", " ".join(event.sentence.split())[:250])
            elif misses and best["location"] and not event.place:
                print("no place", "wanted", best["location"], "|", " ".join(event.sentence.split())[:250])
        for template in left:
            if "OPTIONAL" not in template["template"]:
                for slot in ("type", "date", "place"):
                    total["all", slot][2] += 1
        for event in events:
            for slot, said in (("type", 1), ("date", int(bool(event.date_start))), ("place", int(event.place is not None))):
                total["all", slot][1] += said
    for (level, slot), (right, said, asked) in total.items():
        print(f"MUC-4 DEV {level:8} {slot:6} recall {100 * right / max(asked, 1):3.0f}  precision {100 * right / max(said, 1):3.0f}  over {asked}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--misses" in sys.argv)
