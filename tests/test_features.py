"""Texts to rows: each block is TfidfVectorizer's arithmetic, and every feature knows its tokens."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from pmo_ml.features import TextFeatures
from pmo_ml.reading import read

THESAURUS = {
    "outside_firm": ("integrator*", "the builder", "contract manag*"),
    "late": ("late", "behind schedule", "slip*"),
}
TEXTS = [
    "The integrators are late, and the builder is late too.",
    "Every project slips by six months; the integrator says 40% more.",
    "Our contract managers say the builder is behind schedule again.",
    "The budget holds. Every project is late, for years, and nobody says why.",
    "Is the builder late? The integrators say six months, and 40% over.",
    "Nobody says late, but every project slips, and the integrator shrugs.",
]

BLOCKS = ["words", "characters", "concepts", "pairs", "bands", "turns"]


def only(**weights):
    """The weights of the blocks named; the others are left out."""
    return tuple(weights.get(name, 0) for name in BLOCKS)


words = st.sampled_from(
    "the integrators are late builder slips projects 40% six months behind schedule zebra ünïcode "
    "but contract managers . , £3m don’t".split()
)
sentences = st.lists(words, max_size=25).map(" ".join)


def small_features(**parameters):
    rarest = dict.fromkeys(("rarest_word", "rarest_characters", "rarest_other", "rarest_pair"), 1)
    return TextFeatures(THESAURUS, **(rarest | parameters))


@pytest.fixture(scope="module")
def fitted():
    return small_features().fit(TEXTS)


def names_in(row, features):
    return set(features.get_feature_names_out()[row.indices])


# --- the arithmetic ---


@pytest.mark.parametrize("block", BLOCKS)
def test_each_block_is_the_vectorizer_with_the_same_analyzer_times_its_weight(trained, block):
    features = trained.classifier.features_
    texts = [*TEXTS, "late late late late, slips, and slips again", "", "zzzz"]
    place = features.columns(block)
    kept = next(each for each in features.blocks_ if each.name == block)
    find = features._finder(block)
    vectorizer = TfidfVectorizer(
        analyzer=lambda text: [found[0] for found in find(read(text))],
        vocabulary=kept.vocabulary,
        sublinear_tf=True,
    )
    vectorizer.idf_ = kept.idf

    ours = features.transform(texts)[:, place]

    theirs = kept.weight * vectorizer.transform(texts)
    assert ours.nnz > 0
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), rtol=1e-6)


def test_on_plain_words_the_word_block_is_scikit_learns_own_default(sample):
    texts = [" ".join(read(text).tokens) for text in sample["text"][:100]]
    features = TextFeatures(character_range=None, weights=only(words=1.5)).fit(texts)
    vectorizer = TfidfVectorizer(
        token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True, min_df=2
    )

    theirs = vectorizer.fit_transform(texts)

    assert features.blocks_[0].terms == list(vectorizer.get_feature_names_out())
    ours = features.transform(texts)
    np.testing.assert_allclose(ours.toarray(), 1.5 * theirs.toarray(), rtol=1e-6)


def test_on_plain_words_the_character_block_is_scikit_learns_char_wb(sample):
    texts = [" ".join(read(text).tokens) for text in sample["text"][:60]]
    features = TextFeatures(weights=only(characters=1)).fit(texts)
    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=3
    )

    theirs = vectorizer.fit_transform(texts)

    ours = features.transform(texts)
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), rtol=1e-6)


@given(texts=st.lists(sentences, min_size=1, max_size=4))
@settings(deadline=None, max_examples=40)
def test_every_block_of_a_row_has_the_length_of_its_weight_or_is_empty(fitted, texts):
    rows = fitted.transform(texts)

    for block in fitted.blocks_:
        lengths = sp.linalg.norm(rows[:, fitted.columns(block.name)], axis=1)
        assert all(length == 0 or abs(length - block.weight) < 1e-6 for length in lengths)


@given(texts=st.lists(sentences, min_size=2, max_size=5), data=st.data())
@settings(deadline=None, max_examples=40)
def test_permuting_texts_permutes_rows(fitted, texts, data):
    order = data.draw(st.permutations(range(len(texts))))

    rows = fitted.transform(texts).toarray()

    again = fitted.transform([texts[place] for place in order]).toarray()
    assert np.array_equal(again, rows[list(order)])


def test_a_text_without_a_known_word_gets_an_empty_row(fitted):
    rows = fitted.transform(["zzyzx qqqqq", "", "the builder"])

    assert np.diff(rows.indptr).tolist()[:2] == [0, 0]
    assert np.diff(rows.indptr)[2] > 0


def test_no_texts_give_no_rows(fitted):
    assert fitted.transform([]).shape == (0, fitted.n_features_out_)


def test_a_reading_is_taken_as_well_as_its_text(fitted):
    from_text = fitted.transform(TEXTS[:2])

    from_readings = fitted.transform([read(text) for text in TEXTS[:2]])

    assert (from_text != from_readings).nnz == 0


def test_a_single_string_is_refused():
    with pytest.raises(ValueError, match="wrap it in a list"):
        TextFeatures().fit("the builder is late")


def test_texts_without_a_frequent_word_are_refused():
    with pytest.raises(ValueError, match="no word often enough"):
        TextFeatures(weights=only(words=1)).fit(["one", "another"])


def test_transform_before_fit_says_so():
    with pytest.raises(NotFittedError):
        TextFeatures().transform(["late"])


def test_a_weight_of_zero_leaves_its_block_out():
    features = small_features(weights=only(words=1, concepts=0.7, bands=0.5)).fit(TEXTS)

    assert [block.name for block in features.blocks_] == ["words", "concepts", "bands"]
    assert features.transform(TEXTS)[:, features.columns("characters")].shape[1] == 0


def test_a_word_in_fewer_texts_than_asked_for_is_not_kept():
    features = small_features(rarest_word=2).fit(TEXTS)

    assert "words:late" in features.get_feature_names_out()
    assert "words:shrugs" not in features.get_feature_names_out()


def test_the_columns_of_the_blocks_stand_side_by_side(fitted):
    names = fitted.get_feature_names_out()

    for block in fitted.blocks_:
        own = names[fitted.columns(block.name)]
        assert len(own) == len(block.vocabulary)
        assert all(name.startswith(f"{block.name}:") for name in own)
    assert sum(len(block.vocabulary) for block in fitted.blocks_) == len(names)


# --- kept and brought back ---


def test_state_brings_back_the_estimator_bit_by_bit(trained, sample):
    features = trained.classifier.features_

    again = TextFeatures.from_state(features.state(), **features.get_params())

    texts = sample["text"].tolist()[:80]
    before, after = features.transform(texts), again.transform(texts)
    assert np.array_equal(before.indptr, after.indptr)
    assert np.array_equal(before.indices, after.indices)
    assert before.data.tobytes() == after.data.tobytes()
    assert list(again.get_feature_names_out()) == list(features.get_feature_names_out())


def test_state_holds_plain_arrays_only(fitted):
    for array in fitted.state().values():
        assert array.dtype in (np.uint8, np.float64)


def test_fitting_again_forgets_the_first_texts(fitted):
    features = clone(fitted).fit(TEXTS)

    features.fit(["apples and pears", "pears and apples"])

    assert "words:late" not in features.get_feature_names_out()
    assert features.transform(["late"]).nnz == 0


def test_pickling_keeps_the_rows(fitted):
    again = pickle.loads(pickle.dumps(fitted))

    assert (again.transform(TEXTS) != fitted.transform(TEXTS)).nnz == 0


def test_fitting_and_transforming_leave_the_parameters_alone():
    features = small_features()
    before = features.get_params()

    features.fit(TEXTS).transform(TEXTS)

    assert features.get_params() == before


def test_two_fits_on_the_same_texts_are_equal(fitted):
    again = small_features().fit(TEXTS)

    assert {name: array.tobytes() for name, array in again.state().items()} == {
        name: array.tobytes() for name, array in fitted.state().items()
    }


# --- concepts, pairs and figures ---


@pytest.mark.parametrize(
    "text, found",
    [
        ("integrators", {"concepts:outside_firm"}),
        ("INTEGRATOR’s", {"concepts:outside_firm"}),
        ("disintegrators", set()),
        ("the builder", {"concepts:outside_firm"}),
        ("the builders", set()),
        ("a builder", set()),
        ("contract manager", {"concepts:outside_firm"}),
        ("contract management", {"concepts:outside_firm"}),
        ("contracts manager", set()),
        ("contract mismanagement", set()),
        ("behind schedule", {"concepts:late"}),
        ("behind the schedule", set()),
        ("slipped", {"concepts:late"}),
    ],
)
def test_prefixes_match_longer_words_and_phrases_match_whole(fitted, text, found):
    row = fitted.transform([text])

    assert {name for name in names_in(row, fitted) if name.startswith("concepts:")} == found


def test_two_concepts_in_one_breath_make_a_pair_and_across_a_stop_do_not(fitted):
    together = names_in(fitted.transform(["the builder is late"]), fitted)
    apart = names_in(fitted.transform(["I like the builder. It is late"]), fitted)

    assert "pairs:late + outside_firm" in together
    assert "pairs:late + outside_firm" not in apart


def test_figures_are_read_as_bands(fitted):
    row = fitted.transform(["seven months and 30 per cent"])

    names = names_in(row, fitted)
    assert {"bands:six months or more", "bands:10 to 49 per cent"} <= names


def test_pairs_are_found_without_a_block_of_concepts():
    features = small_features(weights=only(words=1, pairs=0.7)).fit(TEXTS)

    row = features.transform(["the builder is late"])

    assert "pairs:late + outside_firm" in names_in(row, features)


def test_what_is_found_names_concepts_and_bands_with_their_tokens(fitted):
    found = fitted.find(read("The integrators slip by six months"))

    names = fitted.get_feature_names_out()
    assert [(names[column], start, end) for _, start, end, column in found.named] == [
        ("concepts:outside_firm", 1, 2),
        ("concepts:late", 2, 3),
        ("bands:six months or more", 4, 6),
    ]
    assert [name for name, *_ in found.named] == ["outside_firm", "late", "six months or more"]


@pytest.mark.parametrize(
    "text, share",
    [
        ("the builder is late", 1.0),
        ("the zebra is zany", 0.5),
        ("zebra zany", 0.0),
        ("", 0.0),
        ("!!! …", 0.0),
    ],
)
def test_known_share_is_the_share_of_tokens_seen_in_training(fitted, text, share):
    assert fitted.known_share(read(text)) == share


@given(text=sentences)
@settings(deadline=None, max_examples=60)
def test_what_is_found_names_exactly_the_columns_of_the_row(fitted, text):
    reading = read(text)

    found = fitted.find(reading)

    row = fitted.transform([text])
    assert set(found.columns.tolist()) == set(row.indices.tolist())
    assert (found.first >= 0).all() and (found.last <= len(reading.tokens)).all()
    assert (found.first < found.last).all()


def test_what_is_found_covers_the_words_it_stands_for(fitted):
    names = fitted.get_feature_names_out()

    found = fitted.find(read("The builder is late"))

    places = set(zip(names[found.columns], found.first, found.last, strict=True))
    assert ("words:builder is", 1, 3) in places
    assert ("concepts:outside_firm", 0, 2) in places
    assert ("characters:late", 3, 4) in places
    assert ("pairs:late + outside_firm", 0, 4) in places


@given(batch=st.lists(sentences, max_size=4))
@settings(deadline=None, max_examples=30)
def test_rows_of_what_is_found_are_the_rows_of_the_texts(fitted, batch):
    rows = fitted.rows([fitted.find(read(text)) for text in batch])

    assert np.array_equal(rows.toarray(), fitted.transform(batch).toarray())


# --- scikit-learn's own checks ---


class AskedLikeATable(TextFeatures):
    """Says that it takes tables, since for texts scikit-learn lists no check but one."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


NUMBERS = "fits a table of numbers; texts are all that can be read here"
MESSAGES = "wants the refusal of a table to be worded as scikit-learn words it"
NOT_FOR_TEXTS = {
    **dict.fromkeys(
        [
            "check_fit_score_takes_y",
            "check_estimators_overwrite_params",
            "check_dont_overwrite_parameters",
            "check_estimators_fit_returns_self",
            "check_readonly_memmap_input",
            "check_n_features_in_after_fitting",
            "check_positive_only_tag_during_fit",
            "check_estimators_dtypes",
            "check_dtype_object",
            "check_pipeline_consistency",
            "check_estimators_pickle",
            "check_f_contiguous_array_estimator",
            "check_transformer_data_not_an_array",
            "check_transformer_general",
            "check_transformer_preserve_dtypes",
            "check_methods_sample_order_invariance",
            "check_methods_subset_invariance",
            "check_dict_unchanged",
            "check_fit_idempotent",
            "check_fit_check_is_fitted",
            "check_n_features_in",
            "check_fit2d_predict1d",
        ],
        NUMBERS,
    ),
    **dict.fromkeys(
        [
            "check_complex_data",
            "check_estimators_empty_data_messages",
            "check_estimators_nan_inf",
            "check_estimator_sparse_tag",
            "check_estimator_sparse_array",
            "check_estimator_sparse_matrix",
            "check_fit2d_1sample",
            "check_fit2d_1feature",
            "check_fit1d",
        ],
        MESSAGES,
    ),
}


# check_array_api_input skips itself: it needs SCIPY_ARRAY_API in the environment.
@parametrize_with_checks(
    [AskedLikeATable()], expected_failed_checks=lambda _: NOT_FOR_TEXTS, xfail_strict=True
)
def test_scikit_learns_checks_hold_where_they_need_no_table(estimator, check):
    check(estimator)


def test_every_check_named_as_not_for_texts_exists():
    names = {check.func.__name__ for _, check in estimator_checks_generator(AskedLikeATable())}

    assert set(NOT_FOR_TEXTS) <= names
