"""Figures in a text fall into the codebook's bands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_ml.bands import bands_in
from pmo_ml.reading import read


def bands_of(text: str) -> list[str]:
    return [band for band, _, _ in bands_in(read(text))]


@pytest.mark.parametrize(
    ("phrase", "band"),
    [
        ("9 per cent", "under 10 per cent"),
        ("9.9%", "under 10 per cent"),
        ("five percent", "under 10 per cent"),
        ("10 per cent", "10 to 49 per cent"),
        ("ten per cent", "10 to 49 per cent"),
        ("49 %", "10 to 49 per cent"),
        ("twenty-five per cent", "10 to 49 per cent"),
        ("forty five percent", "10 to 49 per cent"),
        ("a third of the budget", "10 to 49 per cent"),
        ("a quarter of it", "10 to 49 per cent"),
        ("a fifth over", "10 to 49 per cent"),
        ("49.9%", "10 to 49 per cent"),
        ("50%", "50 per cent or more"),
        ("fifty per cent", "50 per cent or more"),
        ("sixty-two per cent", "50 per cent or more"),
        ("130%", "50 per cent or more"),
        ("half of the projects", "50 per cent or more"),
        ("half our projects", "50 per cent or more"),
        ("the cost has doubled", "doubled"),
        ("twice the price", "doubled"),
        ("it tripled", "doubled"),
    ],
)
def test_a_share_falls_into_its_band(phrase, band):
    assert bands_of(phrase) == [band]


@pytest.mark.parametrize(
    ("phrase", "band"),
    [
        ("three days", "under a month"),
        ("a fortnight and two weeks", "under a month"),
        ("29 days", "under a month"),
        ("half a day", "under a month"),
        ("half a month", "under a month"),
        ("twenty-five days", "under a month"),
        ("30 days", "one to five months"),
        ("one month", "one to five months"),
        ("four weeks", "one to five months"),
        ("three full months", "one to five months"),
        ("a couple of months", "one to five months"),
        ("a couple of years", "six months or more"),
        ("two quarters", "six months or more"),
        ("five months", "one to five months"),
        ("five and a half months", "one to five months"),
        ("2½ months", "one to five months"),
        ("six months", "six months or more"),
        ("a six-month delay", "six months or more"),
        ("half a year", "six months or more"),
        ("eleven months", "six months or more"),
        ("twenty-four months", "six months or more"),
        ("twenty four months", "six months or more"),
        ("one year", "six months or more"),
        ("1½ years", "six months or more"),
        ("two and a half years", "six months or more"),
        ("twenty-two and a half years", "six months or more"),
        ("3 yrs", "six months or more"),
        ("two decades", "six months or more"),
    ],
)
def test_a_duration_falls_into_its_band(phrase, band):
    assert bands_of(phrase) == [band]


@pytest.mark.parametrize(
    ("phrase", "band"),
    [
        ("£900", "less than a million"),
        ("$5k", "less than a million"),
        ("750k", "less than a million"),
        ("€ 999,999", "less than a million"),
        ("five thousand pounds", "less than a million"),
        ("0.9m", "less than a million"),
        ("ten grand", "less than a million"),
        ("£1m", "a million or more"),
        ("£1,000,000", "a million or more"),
        ("£ 1.2 million", "a million or more"),
        ("two million euros", "a million or more"),
        ("3 bn", "a million or more"),
        ("£30m", "a million or more"),
        ("twenty-five million", "a million or more"),
        ("2 crore", "a million or more"),
        ("1½m", "a million or more"),
    ],
)
def test_money_falls_into_its_band(phrase, band):
    assert bands_of(phrase) == [band]


@pytest.mark.parametrize(
    ("phrase", "band"),
    [
        ("one project", "one"),
        ("two projects", "two to five"),
        ("a few projects", "two to five"),
        ("5 signatures", "two to five"),
        ("six departments", "six to twenty"),
        ("a dozen workstreams", "six to twenty"),
        ("20 projects", "six to twenty"),
        ("21 projects", "over twenty"),
        ("thirty-one objectives", "over twenty"),
        ("2,300 cameras", "over twenty"),
        ("the 3rd system", "an ordinal"),
        ("in 2024", "a year"),
    ],
)
def test_a_count_falls_into_its_band(phrase, band):
    assert bands_of(phrase) == [band]


@pytest.mark.parametrize(
    "phrase",
    [
        "no figure at all",
        "version 1.2.3",
        "the third time",  # an order, not a share
        "quarter by quarter",
        "the decade",
        "½",
        "",
    ],
)
def test_what_is_no_figure_has_no_band(phrase):
    assert bands_of(phrase) == []


def test_every_figure_of_a_sentence_is_told_in_order():
    text = "Eleven months late and 40% over, £3m gone, six departments, and costs have doubled."

    assert bands_of(text) == [
        "six months or more",
        "10 to 49 per cent",
        "a million or more",
        "six to twenty",
        "doubled",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("late by eleven months now", ["eleven months"]),
        ("some 40 % over", ["40 %"]),
        ("we spent £3m there", ["3m"]),
        ("half a year on", ["half a year"]),
        ("it is two million short", ["two million"]),
    ],
)
def test_a_band_covers_the_words_that_speak_of_it(text, words):
    reading = read(text)

    covered = [
        text[reading.spans[start][0] : reading.spans[end - 1][1]]
        for _, start, end in bands_in(reading)
    ]

    assert covered == words


# The lines, wherever the figure falls


@given(percent=st.integers(0, 400))
def test_shares_are_told_apart_at_ten_and_fifty_per_cent(percent):
    if percent < 10:
        band = "under 10 per cent"
    else:
        band = "10 to 49 per cent" if percent < 50 else "50 per cent or more"

    assert bands_of(f"it is {percent}% over") == [band]
    assert bands_of(f"it is {percent} per cent over") == [band]


@given(months=st.integers(1, 120))
def test_durations_are_told_apart_at_six_months(months):
    band = "one to five months" if months < 6 else "six months or more"

    assert bands_of(f"{months} months late") == [band]


@given(pounds=st.integers(1, 10**10))
def test_money_is_told_apart_at_a_million(pounds):
    band = "less than a million" if pounds < 10**6 else "a million or more"

    assert bands_of(f"£{pounds} over") == bands_of(f"£{pounds:,} over") == [band]


# Any text


FIGURES = st.sampled_from(
    "half a and year years month months quarter 3 3.5 1,2 1.2.3 12th 2½ ½ two twenty four third "
    "one million k bn £ % per cent percent or of full doubled 1999 999999999999 ٣ ९ Ⅻ ²".split()
)


@settings(deadline=None, max_examples=400)
@given(
    text=st.one_of(
        st.lists(FIGURES, max_size=14).map(" ".join),
        st.lists(FIGURES, max_size=6).map("".join),
        st.text(st.characters(exclude_categories=())),
    )
)
def test_any_text_has_bands_that_cover_tokens_it_holds(text):
    reading = read(text)

    found = list(bands_in(reading))

    assert all(0 <= start < end <= len(reading.tokens) for _, start, end in found)
    assert [start for _, start, _ in found] == sorted({start for _, start, _ in found})
