import itertools

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
