"""How often models agree, counted by hand."""

from models.text.agreement import Panel

STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
PANEL = Panel(
    {"film": ("NEGATIVE", "POSITIVE"), "stars": STARS, "mood": ("joy", "anger")},
    {
        "film": ["POSITIVE", "NEGATIVE", "POSITIVE", None],
        "stars": ["5 stars", "4 stars", "3 stars", "1 star"],
        "mood": ["joy", "joy", "anger", "anger"],
    },
)


def test_two_models_agree_where_their_labels_are_one_opinion() -> None:
    pair = PANEL.agreements[0]
    assert (pair.first, pair.second, pair.texts, pair.same) == ("film", "stars", 3, 1)
    assert pair.share == 1 / 3


def test_of_labels_that_say_different_things_nothing_is_claimed() -> None:
    assert [pair.share for pair in PANEL.agreements[1:]] == [None, None]


def test_a_text_counts_the_pairs_that_differ_and_three_stars_agree_with_no_opinion() -> None:
    assert PANEL.differences() == [0, 1, 1, 0]


def test_all_agree_only_where_all_said_something() -> None:
    assert PANEL.all_agree == (1, 3)


def test_one_model_alone_agrees_with_nobody() -> None:
    panel = Panel({"film": ("a", "b")}, {"film": ["a"]})
    assert (panel.agreements, panel.all_agree, panel.differences()) == ((), (0, 0), [0])


def test_agreement_as_plain_json() -> None:
    plain = PANEL.agreements[0].as_dict()
    assert set(plain) == {"first", "second", "texts", "share", "matching"}
    assert plain["matching"]["first"] == {"NEGATIVE": "negative", "POSITIVE": "positive"}
