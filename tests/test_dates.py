import pytest

from geomap.datelines import inferred_date, stamped_date
from geomap.dates import find_dates

DAY = "2022-10-04"  # a Tuesday


@pytest.mark.parametrize(("text", "start", "end", "precision"), [
    ("on Tuesday", "2022-10-04", "2022-10-04", "day"),
    ("on Sunday", "2022-10-02", "2022-10-02", "day"),
    ("on Sept. 20", "2022-09-20", "2022-09-20", "day"),
    ("on September 12-14", "2022-09-12", "2022-09-14", "days"),
    ("on Nov. 10, 2020", "2020-11-10", "2020-11-10", "day"),
    ("on 27 September 2020", "2020-09-27", "2020-09-27", "day"),
    ("last month", "2022-09-01", "2022-09-30", "month"),
    ("two months ago", "2022-08-01", "2022-08-31", "month"),
    ("in the fall of 2020", "2020-09-01", "2020-11-30", "season"),
    ("in January 2021", "2021-01-01", "2021-01-31", "month"),
    ("in the 1990s", "1990-01-01", "1999-12-31", "decade"),
    ("since 1991", "1991-01-01", "1991-12-31", "year"),
    ("early last week", "2022-09-26", "2022-09-28", "week"),
    ("yesterday", "2022-10-03", "2022-10-03", "day"),
    ("three days ago", "2022-10-01", "2022-10-01", "day"),
    ("The vote will be held on Thursday", "2022-10-06", "2022-10-06", "day"),
    ("between 1988 and 1994", "1988-01-01", "1994-12-31", "range"),
])
def test_expressions(text, start, end, precision):
    (found,) = find_dates(text, DAY)
    assert (found.date_start, found.date_end, found.precision) == (start, end, precision)


def test_a_week_earlier_counts_from_the_date_before():
    _, found = find_dates("They met on Oct. 3, 2022. A week earlier they had spoken.", DAY)
    assert found.date_start <= "2022-09-26" <= found.date_end


@pytest.mark.parametrize("text", ["31 February 2022", "the 2020 troops", "May said so", "", "99/99/9999"])
def test_what_is_no_date(text):
    assert not [s for s in find_dates(text, DAY) if s.date_start and s.precision == "day"]


def test_relative_dates_without_publication_have_no_interval():
    assert [s.date_start for s in find_dates("on Monday", None)] == [None]


def test_publication_date_from_a_line_of_its_own():
    assert stamped_date("Headline\n\nNovember 8, 2022\n\nText of 2020.") == "2022-11-08"
    assert stamped_date("Text.\nUpdated: October 04, 2022, 9:50 PM") == "2022-10-04"
    assert stamped_date("They met on November 8, 2022 in Paris and left.") is None


def test_publication_date_is_inferred_from_how_days_are_named():
    text = "A visit on Sept. 19, 2022. They met on Monday. Fighting began last week, on September 12-14."
    assert inferred_date(text) == "2022-09-19"
    assert inferred_date("They met on Monday.") is None
    assert inferred_date("They met on Monday.", ["2022-11-08"]) == "2022-11-07"
