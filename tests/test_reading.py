"""Tokens are folded; their places point into the text as it was typed."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmo_ml.reading import read


def words_as_typed(text: str) -> list[str]:
    """The stretches of the text that the tokens' places point to."""
    return [text[start:end] for start, end in read(text).spans]


NASTY = [
    "",
    " \t\r\n",
    "cafe\u0301s are late",  # an accent as a character of its own
    "\u0301late",  # ... that belongs to nothing
    "q\u0323\u0307\u0301uarter" + "\u0301" * 500,  # a pile of accents
    "İSTANBUL ve ısı",  # Turkish dotted capital I and dotless i
    "ΟΔΟΣ ὁδός ΑΣ",  # sigma, final and not
    "GROẞ groß",
    "我们的项目总是延期，而且超出预算。",
    "プロジェクトが遅れている ﾊﾝｶｸ",
    "우리 프로젝트는 늘 늦는다",
    "हमारी परियोजनाएँ हमेशा देर से होती हैं",
    "எங்கள் திட்டங்கள் எப்போதும் தாமதம்",
    "โครงการล่าช้าเสมอ",
    "👩🏽‍💻 late 👨‍👩‍👧‍👦 again 🏴󠁧󠁢󠁳󠁣󠁴󠁿",  # joined emoji, a flag of tags
    "late\u0085again",  # the line break of mainframes
    "late\u2028again\u2029now",
    "\ud800 late \udfff",  # halves of characters
    "\ud83d\ude00",  # two halves that would make one
    "הפרויקטים שלנו late always",
    "our projects \u202ealways late\u202c",  # read from the right
    "a" * 5000,
    "é" * 5000,
    "9" * 5000 + " per cent",
    "over\x00budget",
    "\ufefflate",  # a byte-order mark
    "over\u00adspent co\u200bst no\u200cw",  # soft hyphen, spaces of no width
    "ﬁnance oﬃce ＣＲＭ １２％",  # ligatures, full width
    "2½ months, ¾ of it, 9㎡, ℅ Ⅻ ⑩⑪ 10² x₂",
    "ﷺ ㎧ ㏂ ⒈⒉ ⑴ ㍘",  # one character that stands for several words
    "don`t don’t donʼt don＇t 'don't' rock'n'roll o''clock '",
    "_late_ snake_case __",
    "1,234.5m 1.2.3 .5 5. ,5, 3m2 2,300",
    "£3m €2bn $5 50% 50 % £ %",
    "<b>late</b> &amp; =SUM(A1) '; DROP TABLE",
    "ŉ ŀ ſ K Å µ ª º ¨ ´ ͺ",
    "𝐁𝐨𝐥𝐝 𝒮𝒸𝓇𝒾𝓅𝓉 𝟙𝟚𝟛 🄰🅱",
]

PIECES = [
    *"aZm9.,'`_ -%£½²",
    "’",
    "é",
    "e\u0301",
    "İ",
    "ς",
    "Σ",
    "ﬁ",
    "⑩",
    "㎡",
    "ﷺ",
    "क्षि",
    "\ud800",
]
ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=())),  # halves of characters included
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.text(max_size=60),
)


# The laws


@settings(deadline=None, max_examples=300)
@given(text=ANY_TEXT)
def test_places_lie_within_the_text_in_order_and_apart(text):
    reading = read(text)

    assert len(reading.spans) == len(reading.tokens)
    assert all(0 <= start < end <= len(text) for start, end in reading.spans)
    assert all(before[1] <= after[0] for before, after in pairwise(reading.spans))


@settings(deadline=None, max_examples=300)
@given(text=ANY_TEXT)
@example("don`t é")  # read alone, the word is plain ASCII
@example("2½")
@example("9㎡")
def test_what_a_place_points_to_reads_as_the_same_token(text):
    reading = read(text)

    for token, (start, end) in zip(reading.tokens, reading.spans, strict=True):
        assert read(text[start:end]).tokens == (token,)


@settings(deadline=None, max_examples=200)
@given(text=ANY_TEXT)
def test_no_letter_or_digit_stands_outside_the_places(text):
    outside = list(text)
    for start, end in read(text).spans:
        outside[start:end] = " " * (end - start)

    assert not any(character.isascii() and character.isalnum() for character in outside)


@settings(deadline=None, max_examples=200)
@given(text=st.text(st.characters(max_codepoint=127)))
def test_a_word_reads_the_same_whatever_stands_elsewhere(text):
    alone, beside = read(text), read(f"{text} é")

    assert beside.tokens == (*alone.tokens, "e")
    assert beside.spans[:-1] == alone.spans


@settings(deadline=None, max_examples=200)
@given(text=st.text(st.characters(max_codepoint=127)))
def test_case_does_not_matter(text):
    assert read(text.upper()).tokens == read(text.lower()).tokens


@settings(deadline=None, max_examples=200)
@given(text=ANY_TEXT)
def test_reading_keeps_the_text_as_it_was_typed(text):
    assert read(text).text == text


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_nasty_text_obeys_the_laws_too(text):
    reading = read(text)

    places = [place for span in reading.spans for place in span]
    assert places == sorted(places) and all(start < end for start, end in reading.spans)
    assert [read(words).tokens for words in words_as_typed(text)] == [(t,) for t in reading.tokens]


# Tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The CRM's late", ["the", "crm's", "late"]),
        ("don’t don`t donʼt don＇t", ["don't"] * 4),
        ("don`t", ["don't"]),
        ("'late'", ["late"]),
        ("green-then-red", ["green", "then", "red"]),
        ("£9.4m, 2,300 staff", ["£", "9.4m", "2,300", "staff"]),
        ("50% or 50 %", ["50", "%", "or", "50", "%"]),
        ("snake_case", ["snake", "case"]),
        ("3rd 12th", ["3rd", "12th"]),
        ("Café ÜBER naïve", ["cafe", "uber", "naive"]),
        ("cafe\u0301s", ["cafes"]),
        ("İSTANBUL", ["istanbul"]),
        ("ﬁnance ＣＲＭ １２％", ["finance", "crm", "12", "%"]),
        ("2½ years", ["2½", "years"]),
        ("late\u0085again", ["late", "again"]),
        ("over\x00budget", ["over", "budget"]),
        ("\ud800late", ["late"]),
        ("👩🏽‍💻 late 🚀", ["late"]),
        ("我们的项目", ["我们的项目"]),
        ("הפרויקטים שלנו", ["הפרויקטים", "שלנו"]),
        ("🚀 … — !", []),
        ("", []),
    ],
)
def test_a_text_is_split_into_folded_tokens(text, tokens):
    assert list(read(text).tokens) == tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café ‘9.4M’ over", ["Café", "9.4M", "over"]),
        ("The cafe\u0301s, İSTANBUL & ﬁnance", ["The", "cafe\u0301s", "İSTANBUL", "ﬁnance"]),
        ("👩🏽‍💻 Late\u0085AGAIN", ["Late", "AGAIN"]),
        ("\ud800 Don’t", ["Don’t"]),
        ("x 2½ years", ["x", "2½", "years"]),
    ],
)
def test_places_point_to_the_words_as_typed(text, words):
    assert words_as_typed(text) == words


@pytest.mark.parametrize("letter", ["a", "é", "我", "9"])
def test_a_token_of_five_thousand_characters_is_cut_short_but_its_place_is_whole(letter):
    reading = read(f"so {letter * 5000} late")

    assert [len(token) for token in reading.tokens] == [2, 40, 4]
    assert reading.spans[1] == (3, 5003)


def test_a_long_text_is_read_to_its_end():
    reading = read("Our projects – all of them – are late. " * 5000)

    assert len(reading.tokens) == 7 * 5000
    assert reading.text[slice(*reading.spans[-1])] == "late"
