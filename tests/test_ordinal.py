"""The cumulative ordinal classifier: its laws, and scikit-learn's own checks."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from pmo_ml.ordinal import OrdinalClassifier, level_proba

SCALE = (-1, 0, 1, 2)

log_odds = arrays(
    np.float64,
    st.tuples(st.integers(0, 6), st.integers(1, 4)),
    elements=st.floats(-40, 40, allow_nan=False),
)


def make_scale(rows=160, seed=0, noise=0.3):
    """Rows whose first column says the level, with two columns of chatter."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.uniform(-2, 3, rows), rng.normal(size=(rows, 2))])
    y = np.clip(np.round(X[:, 0] + noise * rng.normal(size=rows)), -1, 2).astype(int)
    return X, y


@pytest.fixture(scope="module")
def fitted():
    X, y = make_scale()
    return OrdinalClassifier(levels=SCALE).fit(X, y)


# --- the laws of its probabilities ---


@given(scores=log_odds)
@settings(deadline=None, max_examples=100)
def test_level_probabilities_are_never_negative_and_sum_to_one(scores):
    proba = level_proba(scores)

    assert proba.shape == (len(scores), scores.shape[1] + 1)
    assert (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-12)


@given(scores=log_odds)
@settings(deadline=None, max_examples=100)
def test_cumulative_probabilities_never_rise_along_the_scale(scores):
    at_least = np.cumsum(level_proba(scores)[:, ::-1], axis=1)[:, ::-1]

    assert (np.diff(at_least, axis=1) <= 1e-12).all()


@given(rows=arrays(np.float64, (7, 3), elements=st.floats(-1e3, 1e3)))
@settings(deadline=None, max_examples=50)
def test_a_fitted_classifier_gives_proper_probabilities_for_any_rows(fitted, rows):
    proba = fitted.predict_proba(rows)

    assert (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-12)


def test_steps_in_their_order_are_left_as_they_are():
    proba = level_proba(np.array([[2.0, 0.0, -2.0]]))

    at_least = np.cumsum(proba[:, ::-1], axis=1)[:, ::-1][0, 1:]
    np.testing.assert_allclose(at_least, 1 / (1 + np.exp([-2.0, 0.0, 2.0])))


def test_a_step_is_capped_by_the_one_below_it():
    proba = level_proba(np.array([[-1.0, 3.0]]))

    assert proba[0, 1] == 0
    assert proba[0, 2] == pytest.approx(1 / (1 + np.e))


# --- what it learns ---


def test_it_learns_an_obvious_scale():
    X, y = make_scale(rows=400, noise=0.1)
    unseen, truth = make_scale(rows=200, seed=1, noise=0.1)

    reader = OrdinalClassifier(levels=SCALE, C=100.0).fit(X, y)

    assert (reader.predict(unseen) == truth).mean() > 0.85
    assert np.abs(reader.predict(unseen) - truth).max() <= 1


def test_a_higher_row_never_expects_a_lower_level(fitted):
    climbing = np.column_stack([np.linspace(-3, 4, 50), np.zeros((50, 2))])

    expected = fitted.predict_proba(climbing) @ np.array(SCALE)

    assert (np.diff(expected) >= -1e-12).all()


def test_probabilities_mean_what_they_say_out_of_fold():
    X, y = make_scale(rows=1500, noise=0.8)
    reader = OrdinalClassifier(levels=SCALE).fit(X, y)

    proba = level_proba(reader.oof_scores_)

    for place, level in enumerate(SCALE):
        assert proba[:, place].mean() == pytest.approx((y == level).mean(), abs=0.02)


def test_a_declared_level_that_training_never_shows_keeps_a_column_near_zero():
    X, y = make_scale()
    seen = y < 2

    reader = OrdinalClassifier(levels=SCALE).fit(X[seen], y[seen])

    proba = reader.predict_proba(X)
    assert proba.shape == (len(X), 4)
    assert proba[:, 3].max() < 1e-4
    assert 2 not in reader.predict(X)


@pytest.mark.parametrize("missing", [-1, 0, 1, 2])
def test_whichever_level_is_unseen_the_columns_stay_in_their_places(missing):
    X, y = make_scale()
    seen = y != missing

    reader = OrdinalClassifier(levels=SCALE).fit(X[seen], y[seen])

    proba = reader.predict_proba(X)
    assert list(reader.classes_) == list(SCALE)
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-12)
    assert missing not in reader.predict(X[seen])


def test_a_level_seen_throughout_is_nearly_certain():
    X, _ = make_scale(rows=20)

    reader = OrdinalClassifier(levels=SCALE).fit(X, np.zeros(20, dtype=int))

    assert reader.predict_proba(X)[:, 1].min() > 0.999


def test_without_declared_levels_the_scale_is_what_training_shows():
    X, y = make_scale()
    seen = y != 1

    reader = OrdinalClassifier().fit(X[seen], y[seen])

    assert list(reader.classes_) == [-1, 0, 2]


def test_a_level_off_the_scale_is_refused():
    X, y = make_scale()

    with pytest.raises(ValueError, match="not on the scale"):
        OrdinalClassifier(levels=(-1, 0, 1)).fit(X, y)


def test_predicting_before_fitting_says_so():
    with pytest.raises(NotFittedError):
        OrdinalClassifier(levels=SCALE).predict([[0.0, 0.0, 0.0]])


# --- sparse, scores, calibration ---


def test_sparse_rows_give_what_dense_rows_give():
    X, y = make_scale()
    X[np.abs(X) < 0.5] = 0

    dense = OrdinalClassifier(levels=SCALE).fit(X, y)
    sparse = OrdinalClassifier(levels=SCALE).fit(sp.csr_matrix(X), y)

    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-6)
    np.testing.assert_allclose(
        sparse.predict_proba(sp.csr_matrix(X)), dense.predict_proba(X), atol=1e-6
    )


def test_a_score_is_an_exact_sum_over_the_features(fitted):
    X, _ = make_scale(rows=30, seed=3)

    scores = fitted.decision_function(X)

    assert scores.shape == (30, 3)
    np.testing.assert_allclose(scores, X @ fitted.coef_.T + fitted.intercept_)


def test_a_scale_of_two_levels_has_one_score_a_row():
    X, y = make_scale()

    reader = OrdinalClassifier(levels=(0, 1)).fit(X, (y > 0).astype(int))

    assert reader.decision_function(X).shape == (len(X),)
    assert reader.predict_proba(X).shape == (len(X), 2)


def test_rows_of_a_group_share_a_calibration_fold():
    # A row says which group it is of and nothing else. Who has seen the group knows its level;
    # who has not is no better than chance.
    rng = np.random.default_rng(5)
    groups = np.arange(120) % 12
    X = np.eye(12)[groups] * 5
    y = (rng.permutation(12) < 6).astype(int)[groups]

    apart = OrdinalClassifier(levels=(0, 1)).fit(X, y, groups=groups)
    mixed = OrdinalClassifier(levels=(0, 1)).fit(X, y)

    assert ((mixed.oof_scores_[:, 0] > 0) == y).mean() == 1
    assert ((apart.oof_scores_[:, 0] > 0) == y).mean() < 0.7


def test_no_fold_splits_a_group():
    X, y = make_scale(rows=60)
    groups = np.arange(60) % 7
    reader = OrdinalClassifier(levels=SCALE, folds=3)

    folds = list(reader._splits(X, y > 0, groups))

    assert len(folds) == 3
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize("groups", [np.zeros(60), np.repeat([0, 1], 30)])
def test_few_groups_are_no_obstacle(groups):
    X, y = make_scale(rows=60)

    reader = OrdinalClassifier(levels=SCALE).fit(X, y, groups=groups)

    assert np.isfinite(reader.oof_scores_).all()
    np.testing.assert_allclose(reader.predict_proba(X).sum(axis=1), 1, atol=1e-12)


def test_where_nothing_can_be_learnt_it_says_the_base_rate():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 30))
    y = (np.arange(400) % 4 == 0).astype(int)

    reader = OrdinalClassifier(levels=(0, 1)).fit(X, y)

    assert reader.predict_proba(X)[:, 1].mean() == pytest.approx(0.25, abs=0.03)


def test_two_fits_are_equal_to_the_bit():
    X, y = make_scale()

    first = OrdinalClassifier(levels=SCALE).fit(X, y)
    second = OrdinalClassifier(levels=SCALE).fit(X, y)

    assert first.coef_.tobytes() == second.coef_.tobytes()
    assert first.oof_scores_.tobytes() == second.oof_scores_.tobytes()


# --- scikit-learn's own checks ---

EXPECTED = {
    "check_classifiers_train": "wants a decision column a class; here it is one a step of the "
    "scale, so that each is an exact sum over features",
    "check_classifiers_classes": "takes the argmax of the decision columns for the class; here "
    "they are cumulative steps",
    "check_class_weight_classifiers": "weighs classes by a dictionary; here weights are for the "
    "two sides of a step, balanced or none",
}


# check_array_api_input skips itself: it needs SCIPY_ARRAY_API in the environment.
@parametrize_with_checks(
    [OrdinalClassifier()], expected_failed_checks=lambda _: EXPECTED, xfail_strict=True
)
def test_scikit_learns_checks_hold(estimator, check):
    check(estimator)


def test_every_check_expected_to_fail_exists():
    names = {check.func.__name__ for _, check in estimator_checks_generator(OrdinalClassifier())}

    assert set(EXPECTED) <= names
