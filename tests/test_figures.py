import pytest

from geomap.figures import find_counts, number


def counts(text):
    return {(c.kind, c.low, c.high) for c in find_counts(text, 0, len(text), [])}


@pytest.mark.parametrize(("text", "wanted"), [
    ("At least 286 people were killed.", {("killed", 286, None)}),
    ("More than 6,500 people had lost their lives.", {("killed", 6501, None)}),
    ("Three civilians were killed, two others are considered missing, 293 servicemen and 3 civilians were wounded, and 20 servicemen were captured.",
     {("killed", 3, 3), ("missing", 2, 2), ("wounded", 293, 293), ("wounded", 3, 3), ("captured", 20, 20)}),
    ("207 of its soldiers were either killed or went missing.", {("killed_or_missing", 207, 207)}),
    ("At least 70 people, including three infants, were killed.", {("killed", 70, None)}),
    ("The war has killed tens of thousands and uprooted more than 12 million people.", {("killed", 20_000, None), ("displaced", 12_000_001, None)}),
    ("In February, 17 migrants from Venezuela, Colombia and Central America died.", {("killed", 17, 17)}),
    ("A police officer and a civilian were killed.", {("killed", 2, 2)}),
    ("An officer said 20 people were murdered.", {("killed", 20, 20)}),
    ("More than 4,000 of Sittwe's 300,000 residents were evacuated.", {("displaced", 4001, None)}),
    ("Azerbaijan freed 17 Armenian prisoners of war.", {("released", 17, 17)}),
    ("The blast killed twenty-three people and wounded 40.", {("killed", 23, 23), ("wounded", 40, 40)}),
    ("There had been no casualties.", {("killed", 0, 0), ("wounded", 0, 0)}),
    ("Between 20 and 30 people were arrested.", {("detained", 20, 30)}),
    ("A 29-year-old man walked 40 km in 44 days for $500.", set()),
    ("It liberated 300 villages.", set()),
])
def test_counts(text, wanted):
    assert counts(text) == wanted


def test_offsets_are_true():
    text = "Police said at least 40 people were arrested."
    (count,) = find_counts(text, 0, len(text), [])
    assert text[count.start : count.end] == count.text == "40"


def test_numbers():
    assert number("1,200") == 1200 and number("twenty-three thousand") == 23000 and number("cow") is None
