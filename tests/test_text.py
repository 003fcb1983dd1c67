import itertools

from hypothesis import given
from hypothesis import strategies as st

from geomap.text import fold, parse, sentences, tokenize


@given(st.text(max_size=300))
def test_token_offsets_are_true(text):
    tokens = tokenize(text)
    assert all(text[t.start : t.end] == t.text for t in tokens)
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))


@given(st.text(max_size=300))
def test_sentences_cover_all_tokens(text):
    tokens = tokenize(text)
    spans = sentences(text, tokens)
    assert [i for a, b in spans for i in range(a, b)] == list(range(len(tokens)))


def test_fold_makes_spellings_equal():
    assert fold("Kəlbəcər") == "kalbacar"
    assert fold("Sana'a") == fold("Sanaa") == fold("Sana’a")
    assert fold("Nagorno-Karabakh") == fold("Nagorno Karabakh")
    assert fold("Türkiye") == fold("Turkiye")
    assert fold("Łódź") == "lodz"


def test_abbreviations_do_not_end_sentences():
    text = "Mr. Price met Gov. Smith in Washington, D.C. on Sept. 20. He left."
    parsed = parse(text)
    assert [text[parsed.tokens[a].start : parsed.tokens[b - 1].end] for a, b in parsed.sentences] == [
        "Mr. Price met Gov. Smith in Washington, D.C. on Sept. 20.", "He left.",
    ]


def test_decomposed_letters_stay_in_their_word():
    assert [t.text for t in tokenize("in Baku\u0308 today")] == ["in", "Baku\u0308", "today"]
