from dataclasses import replace

import pytest

from geomap.incidents import merge_incidents
from geomap.model import Article
from geomap.pipeline import extract, extract_one

A = Article("a", "At least 40 people were killed when floods hit Larkana on Monday.", published="2022-10-04")
B = Article("b", "Floods struck Larkana on Monday, killing 45 people, officials said on Wednesday.", published="2022-10-05")
C = Article("c", "Floods hit Dhaka on Monday.", published="2022-10-05")


@pytest.fixture(scope="module")
def events(gazetteer):
    return [e for a in (A, B, C) for e in extract_one(a, gazetteer).events]


def ids(events):
    return sorted((i.incident_id, tuple(sorted(e.id for e in i.events))) for i in merge_incidents(events))


def test_reports_of_one_flood_become_one_incident(events):
    floods = [i for i in merge_incidents(events) if i.event_type == "disaster"]
    assert sorted(sorted({e.article_id for e in i.events}) for i in floods) == [["a", "b"], ["c"]]


def test_order_does_not_matter(events):
    assert ids(events) == ids(reversed(events)) == ids(sorted(events, key=lambda e: e.trigger))


def test_an_unrelated_article_changes_no_id(events):
    known = ids(e for e in events if e.article_id != "c")
    assert set(known) <= set(ids(events))


def test_ids_are_unique(events):
    found = [i.incident_id for i in merge_incidents([*events, *(replace(e, article_id="z" + e.article_id) for e in events)])]
    assert len(found) == len(set(found))


def test_another_shootout_is_another_incident(gazetteer):
    text = "A shootout erupted in Goris on Monday. Another shootout erupted in Goris on Monday."
    assert len(extract([Article("x", text, published="2022-10-04")], gazetteer)) == 2


def test_a_report_without_its_day_joins_the_dated_one_of_the_same_place(gazetteer):
    dated = Article("a", "Rebels seized Bukavu in eastern Congo on Sunday.", published="2022-10-03")
    undated = Article("b", "Rebels have captured the city of Bukavu in eastern Congo, the government confirmed on Tuesday.", published="2022-10-04")
    another = Article("c", "Rebels seized Goma in eastern Congo, the government confirmed on Tuesday.", published="2022-10-04")
    incidents = extract([dated, undated, another], gazetteer)
    assert sorted({e.article_id for e in i.events} for i in incidents if i.event_type == "territory_change") == [{"a", "b"}, {"c"}]
