"""ProblemClassifier: texts to probabilities, the same in a batch, alone, and after saving."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from pmo_ml import registry
from pmo_ml.classifier import ProblemClassifier
from pmo_ml.features import TextFeatures
from pmo_ml.ordinal import OrdinalClassifier
from pmo_ml.schema import FACTOR_LEVELS, GATES, targets_for
from pmo_ml.statements import encode

TWO = ("planning_scheduling", "cost_control")
TEXTS = [
    "Why are the projects from department X always incurring additional costs than were "
    "planned for?",
    "The payroll run failed again last night and the staff are furious.",
    "Projects just aren't working for us.",
    "",
    "😀 🚀",
    "Unsere Projekte sind immer zu spät.",
    "late " * 400,
]

texts = st.lists(st.one_of(st.text(max_size=60), st.sampled_from(TEXTS)), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def classifier(trained):
    return trained.classifier


@pytest.fixture(scope="module")
def few(sample, catalogue):
    """160 statements and their levels for two categories, the gate, overdose and factors."""
    frame = sample.iloc[:160]
    targets = targets_for(catalogue.ids)
    kept = [place for place, t in enumerate(targets) if t.table != "roles" or t.column in TWO]
    levels = encode(frame, catalogue, targets)[:, kept]
    return frame["text"].tolist(), levels, frame["author"].to_numpy(dtype=object)


def small_classifier(**parameters):
    features = TextFeatures(character_range=None)
    head = OrdinalClassifier(folds=2)
    return ProblemClassifier(targets_for(TWO), features, head, **({"n_jobs": 1} | parameters))


def tables(proba):
    return [proba.gate, proba.overdose, *np.moveaxis(proba.roles, 1, 0), *proba.factors.values()]


# --- the laws of its probabilities ---


@given(batch=texts)
@settings(deadline=None, max_examples=40)
def test_every_row_over_levels_sums_to_one_and_is_never_negative(classifier, batch):
    proba = classifier.predict_proba(batch)

    for table in tables(proba):
        assert (table >= 0).all()
        np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-9)


def test_the_arrays_have_the_promised_shapes(classifier, catalogue):
    proba = classifier.predict_proba(TEXTS)

    n = len(TEXTS)
    assert len(proba) == n
    assert proba.gate.shape == (n, 3)
    assert proba.roles.shape == (n, len(catalogue.ids), 3)
    assert proba.overdose.shape == (n, 2)
    assert {name: table.shape for name, table in proba.factors.items()} == {
        name: (n, len(levels)) for name, levels in FACTOR_LEVELS.items()
    }


def test_no_texts_give_empty_arrays(classifier, catalogue):
    proba = classifier.predict_proba([])

    assert len(proba) == 0
    assert proba.roles.shape == (0, len(catalogue.ids), 3)


@given(batch=texts, data=st.data())
@settings(deadline=None, max_examples=25)
def test_permuting_texts_permutes_probabilities(classifier, batch, data):
    order = list(data.draw(st.permutations(range(len(batch)))))

    scores = classifier.scores(batch)

    again = classifier.scores([batch[place] for place in order])
    np.testing.assert_allclose(again, scores[order], atol=1e-6)


def test_a_batch_gives_what_one_by_one_gives(classifier, sample):
    batch = [*TEXTS, *sample["text"][:60]]

    together = classifier.predict_proba(batch)

    alone = [classifier.predict_proba([text]) for text in batch]
    for row, single in enumerate(alone):
        for whole, part in zip(tables(together), tables(single), strict=True):
            np.testing.assert_allclose(part[0], whole[row], atol=1e-6)


def test_a_text_without_a_known_word_scores_the_intercepts(classifier):
    scores = classifier.scores(["", "zzyzx"])

    np.testing.assert_allclose(scores, np.tile(classifier.intercept_, (2, 1)))


def test_predict_names_the_likelier_gate(classifier):
    proba = classifier.predict_proba(TEXTS)

    assert list(classifier.predict(TEXTS)) == [GATES[g] for g in proba.gate.argmax(axis=1)]


def test_the_steps_of_all_targets_stand_side_by_side(classifier):
    steps = [classifier.steps(target.name) for target in classifier.targets]

    covered = [column for each in steps for column in range(each.start, each.stop)]
    assert covered == list(range(classifier.coef_.shape[1]))
    with pytest.raises(KeyError):
        classifier.steps("roles.astrology")


def test_a_table_is_not_moved_by_a_block_it_does_not_read(classifier):
    assert classifier.unread
    for target in classifier.targets:
        for block in classifier.unread.get(target.table, ()):
            columns = classifier.features_.columns(block)
            assert not classifier.coef_[columns, classifier.steps(target.name)].any()


# --- fitting ---


@pytest.mark.parametrize("shape", [(160,), (160, 3), (159, 9), (0, 9)])
def test_levels_of_the_wrong_shape_are_refused(few, shape):
    batch, _, _ = few

    with pytest.raises(ValueError, match="should be"):
        small_classifier().fit(batch, np.zeros(shape, dtype=int))


def test_a_level_off_its_scale_is_refused(few):
    batch, levels, _ = few
    levels = levels.copy()
    levels[3, 1] = 7

    with pytest.raises(ValueError, match="not on the scale"):
        small_classifier().fit(batch, levels)


def test_two_fits_give_equal_arrays(few):
    batch, levels, authors = few

    first = small_classifier().fit(batch, levels, authors).state()
    second = small_classifier().fit(batch, levels, authors).state()

    assert {name: array.tobytes() for name, array in first.items()} == {
        name: array.tobytes() for name, array in second.items()
    }


def test_heads_fitted_side_by_side_equal_heads_fitted_in_turn(few):
    batch, levels, authors = few

    in_turn = small_classifier(n_jobs=1).fit(batch, levels, authors)
    side_by_side = small_classifier(n_jobs=2).fit(batch, levels, authors)

    assert in_turn.coef_.tobytes() == side_by_side.coef_.tobytes()
    assert in_turn.oof_scores_.tobytes() == side_by_side.oof_scores_.tobytes()


def test_factors_are_learnt_from_statements_in_scope_only(few):
    batch, levels, authors = few
    spoilt = levels.copy()
    spoilt[spoilt[:, 0] != 0, 4:] = 1
    assert (spoilt != levels).any()

    clean = small_classifier().fit(batch, levels, authors)
    again = small_classifier().fit(batch, spoilt, authors)

    assert clean.coef_.tobytes() == again.coef_.tobytes()


def test_out_of_fold_scores_are_not_the_scores_of_heads_that_have_seen_the_row(few):
    batch, levels, authors = few
    core = levels[:, 1] == 2

    fitted = small_classifier().fit(batch, levels, authors)

    step = fitted.steps(f"roles.{TWO[0]}").start
    seen, unseen = fitted.scores(batch)[:, step], fitted.oof_scores_[:, step]
    assert seen[core].mean() > unseen[core].mean() + 0.5


def test_fitting_in_steps_tells_how_far_it_is(few):
    batch, levels, _ = few

    told = list(small_classifier().fit_steps(batch, levels))

    assert told == [(done, 9) for done in range(1, 10)]


def test_asking_before_fitting_says_so():
    with pytest.raises(NotFittedError):
        small_classifier().predict_proba(["late"])


# --- kept and brought back ---


def test_saving_and_loading_keep_every_bit_of_the_scores(model, sample_shelf, catalogue, sample):
    batch = [*TEXTS, *sample["text"]]

    loaded = registry.load(model.card.version, catalogue, sample_shelf)

    before, after = model.classifier.scores(batch), loaded.classifier.scores(batch)
    assert before.tobytes() == after.tobytes()


def test_arrays_that_do_not_fit_each_other_are_refused(classifier):
    state = classifier.state() | {"coef": classifier.coef_[:-1]}

    with pytest.raises(ValueError, match="do not fit each other"):
        ProblemClassifier.from_state(state, classifier.targets, **classifier.features_.get_params())


# --- scikit-learn's own checks ---


class AskedLikeATable(ProblemClassifier):
    """Says that it takes tables, since for texts scikit-learn lists no check but one."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


ONE_COLUMN = "gives a table of numbers and one column of y; here are texts and a column a target"
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
            "check_methods_sample_order_invariance",
            "check_methods_subset_invariance",
            "check_dict_unchanged",
            "check_fit_idempotent",
            "check_fit_check_is_fitted",
            "check_n_features_in",
            "check_fit2d_predict1d",
        ],
        ONE_COLUMN,
    ),
    **dict.fromkeys(
        [
            "check_complex_data",
            "check_estimators_empty_data_messages",
            "check_estimators_nan_inf",
            "check_estimator_sparse_array",
            "check_estimator_sparse_matrix",
            "check_fit2d_1sample",
            "check_fit2d_1feature",
            "check_requires_y_none",
        ],
        MESSAGES,
    ),
    "check_parameters_default_constructible": "allows only plain values as defaults; `unread` is "
    "a mapping, so that what a table does not look at stands where it is declared",
}


# check_array_api_input skips itself: it needs SCIPY_ARRAY_API in the environment.
@parametrize_with_checks(
    [AskedLikeATable(targets_for(TWO))],
    expected_failed_checks=lambda _: NOT_FOR_TEXTS,
    xfail_strict=True,
)
def test_scikit_learns_checks_hold_where_they_need_no_table(estimator, check):
    check(estimator)


def test_every_check_named_as_not_for_texts_exists():
    asked = estimator_checks_generator(AskedLikeATable(targets_for(TWO)))

    assert set(NOT_FOR_TEXTS) <= {check.func.__name__ for _, check in asked}
