"""Concepts and their phrases, as a PMO edits them."""

import pytest

from pmo_ml.concepts import ConceptFinder
from pmo_ml.errors import ThesaurusError
from pmo_ml.reading import read
from pmo_ml.thesaurus import check_thesaurus, load_thesaurus, thesaurus_hash

TWO_CONCEPTS = {"outside firm": ["vendor*", "the builder"], "money over": ["over budget"]}


def problems_of(concepts: dict) -> tuple[str, ...]:
    with pytest.raises(ThesaurusError) as caught:
        check_thesaurus(concepts)
    return caught.value.problems


# The shipped thesaurus


def test_the_shipped_thesaurus_holds_no_phrase_twice_in_a_concept(thesaurus):
    twice = {
        concept: sorted({phrase for phrase in phrases if phrases.count(phrase) > 1})
        for concept, phrases in thesaurus.items()
        if len(set(phrases)) < len(phrases)
    }

    assert twice == {}


def test_every_shipped_phrase_is_found_in_a_text_that_holds_it(thesaurus):
    find = ConceptFinder(thesaurus)

    missed = [
        (concept, phrase)
        for concept, phrases in thesaurus.items()
        for phrase in phrases
        if concept not in {found for found, _, _ in find(read(phrase.rstrip("*")))}
    ]

    assert missed == []


# Reading one


def test_concepts_keep_their_phrases_in_order():
    assert check_thesaurus(TWO_CONCEPTS) == {
        "outside firm": ("vendor*", "the builder"),
        "money over": ("over budget",),
    }


def test_a_file_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "thesaurus.toml"
    path.write_text('[concepts]\nlate = ["überfällig", "overdue"]\n', encoding="utf-8")

    assert load_thesaurus(path) == {"late": ("überfällig", "overdue")}


@pytest.mark.parametrize(
    ("concepts", "problem"),
    [
        ({"late": "overdue"}, "concepts.late: should be a list of phrases"),
        ({"late": []}, "concepts.late: should be a list of phrases"),
        ({"late": {"phrases": ["overdue"]}}, "concepts.late: should be a list of phrases"),
        ({"late": ["..."]}, "concepts.late: '...' holds no word"),
        ({"late": [""]}, "concepts.late: '' holds no word"),
        ({"late": ["*"]}, "concepts.late: '*' holds no word"),
        ({"late": [7]}, "concepts.late: 7 holds no word"),
        ({"late": ["over*due"]}, "concepts.late: '*' may only end a phrase, not 'over*due'"),
        ({"late": ["*due"]}, "concepts.late: '*' may only end a phrase, not '*due'"),
        ({}, "concepts: is missing or empty"),
    ],
)
def test_a_concept_that_cannot_be_used_is_told_with_its_name(concepts, problem):
    assert problems_of(concepts) == (problem,)


def test_all_problems_are_told_at_once():
    told = problems_of({"late": "overdue", "firm": ["?", "ven*dor"], "money": ["budget"]})

    assert told == (
        "concepts.late: should be a list of phrases",
        "concepts.firm: '?' holds no word",
        "concepts.firm: '*' may only end a phrase, not 'ven*dor'",
    )


# Files


@pytest.mark.parametrize("content", ["", "title = 'words'", "[concept]\nlate = ['overdue']"])
def test_a_file_without_concepts_is_told_so(tmp_path, content):
    path = tmp_path / "thesaurus.toml"
    path.write_text(content)

    with pytest.raises(ThesaurusError, match="missing or empty"):
        load_thesaurus(path)


@pytest.mark.parametrize("content", ["concepts = 3", "concepts = ['late']", "concepts = 'late'"])
def test_a_file_whose_concepts_are_no_table_is_told_so(tmp_path, content):
    path = tmp_path / "thesaurus.toml"
    path.write_text(content)

    with pytest.raises(ThesaurusError, match="concepts should be a table"):
        load_thesaurus(path)


def test_a_missing_file_is_named_with_what_to_set(tmp_path):
    with pytest.raises(ThesaurusError, match=r"nowhere\.toml cannot be read") as caught:
        load_thesaurus(tmp_path / "nowhere.toml")

    assert "PMO_ML_DATA" in caught.value.hint


@pytest.mark.parametrize("content", [b"[concepts", b'[concepts]\nlate = ["\xfcberf\xe4llig"]\n'])
def test_a_file_that_is_not_toml_in_utf_8_is_named(tmp_path, content):
    path = tmp_path / "thesaurus.toml"
    path.write_bytes(content)

    with pytest.raises(ThesaurusError, match=r"thesaurus\.toml is not valid TOML"):
        load_thesaurus(path)


# Its hash


def test_the_hash_is_the_same_for_the_same_words():
    again = check_thesaurus({concept: [*phrases] for concept, phrases in TWO_CONCEPTS.items()})

    assert thesaurus_hash(check_thesaurus(TWO_CONCEPTS)) == thesaurus_hash(again)


@pytest.mark.parametrize(
    "changed",
    [
        {**TWO_CONCEPTS, "money over": ["over budgets"]},
        {**TWO_CONCEPTS, "money over": ["over budget", "too dear"]},
        {**TWO_CONCEPTS, "outside firm": ["vendor*"]},
        {"outside firm": ["vendor*", "the builder"], "money": ["over budget"]},
        {"outside firm": ["vendor*", "the builder"]},
    ],
)
def test_the_hash_changes_with_any_concept_or_phrase(changed):
    before, after = check_thesaurus(TWO_CONCEPTS), check_thesaurus(changed)

    assert thesaurus_hash(before) != thesaurus_hash(after)


def test_two_phrases_are_not_hashed_as_one_long_phrase():
    assert thesaurus_hash({"a": ("b", "c")}) != thesaurus_hash({"a": ("b, c",)})
