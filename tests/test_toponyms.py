import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geomap.model import Article, Role
from geomap.resolve import resolve_toponyms
from geomap.toponyms import find_toponyms


def located(gazetteer, text):
    article = Article("a", text)
    return {r.toponym.text: r for r in resolve_toponyms(article, find_toponyms(article, gazetteer), gazetteer)}


@pytest.mark.parametrize(("text", "name", "country", "code"), [
    ("The mayor of Paris, Texas, said the flood had reached Dallas.", "Paris", "US", "PPL"),
    ("Talks were held in Geneva between Russia, Ukraine and France.", "Geneva", "CH", "PPL"),
    ("Officials from Russia, China and India met in Washington on Friday.", "Washington", "US", "PPLC"),
    ("Leaders of Iran, Turkey and Iraq gathered in New York for the assembly.", "New York", "US", "PPL"),
    ("Türkiye sent aid to Azerbaijan.", "Türkiye", "TR", "PCLI"),
    ("Clashes were reported near Jermuk in Armenia.", "Jermuk", "AM", "PPL"),
])
def test_places_in_context(gazetteer, text, name, country, code):
    place = located(gazetteer, text)[name].place
    assert place and (place.country_code, place.feature_code) == (country, code)


def test_a_government_is_not_a_place_where_something_happens(gazetteer):
    found = located(gazetteer, "Baku accused Yerevan of shelling its troops. Armenian soldiers said a market was hit in Goris.")
    assert found["Baku"].toponym.role is found["Yerevan"].toponym.role is found["Armenian"].toponym.role is Role.ASSOCIATIVE
    assert found["Goris"].toponym.role is Role.LITERAL


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["Baku", "in Yerevan", "“", "’s", "\u0301", "Kəlbəcər", "Москва", "北京", "<b>", "NEW YORK (AP) —", ".", "\n\n", "&amp;", "the U.S.", "\u200f", "😀"]), max_size=25))
def test_offsets_are_true_whatever_the_text(gazetteer, parts):
    text = " ".join(parts)
    toponyms = find_toponyms(Article("a", text), gazetteer)
    assert all(text[t.start : t.end] == t.text for t in toponyms)
    assert all(a.end <= b.start for a, b in itertools.pairwise(toponyms))


def test_one_word_and_no_word(gazetteer):
    assert find_toponyms(Article("a", ""), gazetteer) == []
    find_toponyms(Article("a", "Baku"), gazetteer)


@pytest.mark.parametrize(("text", "names"), [
    ("ARMENIAN FORCES SHELLED THE TOWN OF KALBAJAR ON MONDAY, THE DEFENCE MINISTRY IN BAKU SAID. TALKS IN NEW YORK FAILED.", {"ARMENIAN", "KALBAJAR", "BAKU", "NEW YORK"}),
    ("at least ten people were killed in a market in baghdad on monday, police in iraq said. talks in new york failed.", {"baghdad", "iraq", "new york"}),
])
def test_text_in_one_case(gazetteer, text, names):
    assert names <= set(located(gazetteer, text))


def test_an_unknown_village_is_reported_without_a_place(gazetteer):
    found = located(gazetteer, "Three soldiers were wounded in Qarzorashen village, Armenia's defence ministry said.")
    name = next(n for n in found if n.startswith("Qarzorashen"))
    assert found[name].place is None


def test_time_is_linear_in_the_text(gazetteer):
    paragraph = "Shelling was reported near Jermuk and Goris on Tuesday, the ministry in Yerevan said. Officials in Baku denied it.\n\n"

    def spent(times):
        began = time.process_time()
        find_toponyms(Article("a", paragraph * times), gazetteer)
        return time.process_time() - began

    spent(50)
    assert spent(1600) < 10 * spent(400)
