import pytest


@pytest.mark.parametrize(("text", "name", "role", "country"), [
    ("Armenian soldiers opened fire on positions near Kalbajar on Monday.", "Armenian soldiers", "military", "AM"),
    ("Azerbaijani President Ilham Aliyev met Armenian Prime Minister Nikol Pashinyan in Brussels on Monday.", "Ilham Aliyev", "head of state", "AZ"),
    ("Azerbaijani President Ilham Aliyev met Armenian Prime Minister Nikol Pashinyan in Brussels on Monday.", "Nikol Pashinyan", "head of government", "AM"),
    ("Boko Haram militants attacked a market in Maiduguri on Sunday, killing ten people.", "Boko Haram", "rebels", ""),
    ("Baku accused Yerevan of shelling its troops near the border on Tuesday.", "Azerbaijan", "state", "AZ"),
])
def test_actors_have_a_role_and_a_country(tell, text, name, role, country):
    assert (name, role, country) in {(a.name, a.role, a.country_code) for e in tell(text) for a in e.actors}


def test_a_word_inside_a_word_is_no_organisation(tell):
    assert not {a.name for e in tell("Miranda and Moira were killed in a clash near Goma on Monday.") for a in e.actors}
