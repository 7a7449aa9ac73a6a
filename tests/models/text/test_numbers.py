"""Which numbers a translation has lost."""

import pytest

from models.text.numbers import lost_numbers


@pytest.mark.parametrize(
    ("source", "translation", "lost"),
    [
        ("Water boils at 100 degrees.", "L'eau bout à 100 degrés.", ()),
        ("Water boils at 100 degrees.", "L'eau porte à 10 degrés.", ("100",)),
        ("Water boils at 10 degrees.", "L'eau bout à 100 degrés.", ("10",)),
        ("It costs 1,000.50 dollars.", "Cela coûte 1 000,50 dollars.", ()),
        ("It costs 1,000 dollars.", "Cuesta 1.000 dólares.", ()),
        ("About 12,500 people.", "Etwa 12’500 Menschen.", ()),
        ("In 2020 300 people came.", "En 2020 300 personnes sont venues.", ()),
        ("In 2020 300 people came.", "En 2020, trente personnes sont venues.", ("300",)),
        ("At 10:30 on 24/12/1999.", "À 10 h 30 le 24 décembre 1999.", ("12",)),
        ("The 1990s.", "Les années 1990.", ()),
        ("I have 2 cats.", "J'ai deux chats.", ()),
        ("No numbers.", "Rien.", ()),
        ("25 and 25 and 26.", "25.", ("26",)),
        ("في عام ٢٠٢٤", "In 2024.", ()),
        ("In 2024.", "في عام ٢٠٢٤", ()),
        ("في عام ٢٠٢٤", "In 2023.", ("٢٠٢٤",)),
        ("١٬٠٠٠٫٥ دولار", "1,000.5 dollars", ()),
        ("２０２４年", "The year 2024", ()),
        ("", "", ()),
    ],
)
def test_a_number_is_lost_where_its_digits_are_not_written(
    source: str, translation: str, lost: tuple[str, ...]
) -> None:
    assert lost_numbers(source, translation) == lost
