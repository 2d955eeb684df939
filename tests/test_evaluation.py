"""Metrics: small cases by hand, agreement with scikit-learn, and what perfection is worth."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import cohen_kappa_score, f1_score

from pmo_ml.evaluation import (
    METRICS,
    Given,
    Truth,
    bootstrap,
    by_category,
    calibration_error,
    f1,
    figures,
    quadratic_kappa,
)

# Four statements and four categories: two in scope, one too vague, one out of scope.
TRUTH = Truth(
    gate=np.array([0, 0, 1, 2]),
    doses=np.array([[3, 1, 0, 0], [0, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
)
GIVEN = Given(
    gate=np.array([0, 2, 1, 0]),
    doses=np.array([[2, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]),
    needed=np.array(
        [[0.5, 0.6, 0.7, 0.1], [0.35, 0.1, 0.4, 0.3], [0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.8]]
    ),
)
BY_HAND = {
    "category_f1_micro": 1 / 3,  # 3 needed, 3 given, 1 both
    "category_f1_macro": (1 + 0) / 2,  # only two categories are ever needed
    "precision": 1 / 3,
    "recall": 1 / 3,
    "main_hit_at_3": 1 / 2,  # the first one's stands third, the second one's fourth
    "dose_exact_when_both": 0.0,  # 2 instead of 3
    "dose_off_by_two": 2 / 5,
    "gate_accuracy": 1 / 2,
    "off_topic_refused": 0.0,
    "vague_refused": 1.0,
    "in_scope_refused": 1 / 2,
    "brier": 2.8025 / 16,
}

LEVELS = st.integers(0, 3)


def perfect(truth: Truth) -> Given:
    return Given(truth.gate, truth.doses, (truth.doses > 0).astype(float))


def random_case(n: int = 150, seed: int = 1) -> tuple[Truth, Given]:
    """Statements with doses, and answers that are right more often than not."""
    rng = np.random.default_rng(seed)
    gate = rng.choice(3, n, p=[0.6, 0.2, 0.2])
    doses = rng.choice(4, (n, 5), p=[0.7, 0.1, 0.1, 0.1]) * (gate == 0)[:, None]
    wrong = rng.random(doses.shape) < 0.2
    answers = np.where(wrong, rng.choice(4, doses.shape), doses)
    heard = np.where(rng.random(n) < 0.1, rng.choice(3, n), gate)
    needed = np.clip((answers > 0) * 0.6 + rng.random(doses.shape) * 0.4, 0, 1)
    return Truth(gate, doses), Given(heard, answers, needed)


@pytest.mark.parametrize(("name", "figure"), BY_HAND.items())
def test_a_figure_of_the_small_case_is_the_one_worked_out_by_hand(name, figure):
    assert figures(TRUTH, GIVEN)[name] == pytest.approx(figure)


def test_there_is_a_figure_for_every_metric_and_a_word_for_every_figure():
    assert set(figures(TRUTH, GIVEN)) == set(METRICS)


def test_prescribing_for_a_statement_that_is_not_in_scope_costs_precision():
    silent = Given(GIVEN.gate, GIVEN.doses * (TRUTH.gate == 0)[:, None], GIVEN.needed)

    assert figures(TRUTH, silent)["precision"] > figures(TRUTH, GIVEN)["precision"]
    assert figures(TRUTH, silent)["recall"] == figures(TRUTH, GIVEN)["recall"]


def test_perfect_answers_get_the_best_of_every_figure():
    best_at_zero = {"dose_off_by_two", "in_scope_refused", "calibration_error", "brier"}

    told = figures(TRUTH, perfect(TRUTH))

    assert told == {name: 0.0 if name in best_at_zero else 1.0 for name in METRICS}


def test_a_figure_that_no_statement_speaks_to_is_no_number():
    in_scope = Truth(np.zeros(2, int), np.array([[1, 0], [0, 2]]))

    told = figures(in_scope, perfect(in_scope))

    assert {name for name, figure in told.items() if math.isnan(figure)} == {
        "off_topic_refused",
        "vague_refused",
    }


# Against scikit-learn


@settings(deadline=None, max_examples=100)
@given(pairs=st.lists(st.tuples(LEVELS, LEVELS), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs):
    a, b = np.array(pairs).T
    assume(len({*a, *b}) > 1)  # one level only: scikit-learn has no answer

    expected = cohen_kappa_score(a, b, weights="quadratic", labels=[0, 1, 2, 3])

    assert quadratic_kappa(a, b) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None, max_examples=100)
@given(pairs=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_f1_is_that_of_scikit_learn(pairs):
    need, gave = np.array(pairs).T

    assert f1(need, gave) == pytest.approx(f1_score(need, gave, zero_division=0))


def test_micro_and_macro_f1_are_those_of_scikit_learn():
    truth, given_doses = random_case()
    need, gave = truth.doses > 0, given_doses.doses > 0

    told = figures(truth, given_doses)

    assert told["category_f1_micro"] == pytest.approx(f1_score(need, gave, average="micro"))
    assert told["category_f1_macro"] == pytest.approx(f1_score(need, gave, average="macro"))


# Kappa


@pytest.mark.parametrize(
    ("a", "b", "kappa"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3], 1.0),
        ([0, 0, 3, 3], [0, 3, 0, 3], 0.0),  # as by chance
        ([0, 3], [3, 0], -1.0),
        ([2, 2], [2, 2], 1.0),  # nothing to disagree about
        ([0, 0], [3, 3], 0.0),
    ],
)
def test_kappa_by_hand(a, b, kappa):
    assert quadratic_kappa(np.array(a), np.array(b)) == pytest.approx(kappa)


def test_two_steps_wrong_cost_four_times_as_much_as_one():
    truth = np.array([0, 0, 3, 3] * 10)
    by_one, by_two = truth.copy(), truth.copy()
    by_one[0], by_two[0] = 1, 2

    cost = 1 - np.array([quadratic_kappa(truth, by_one), quadratic_kappa(truth, by_two)])

    assert cost[1] / cost[0] == pytest.approx(4, rel=0.1)


@settings(deadline=None, max_examples=50)
@given(doses=arrays.arrays(int, (6, 3), elements=LEVELS), other=st.randoms(use_true_random=False))
def test_kappa_does_not_ask_who_is_who(doses, other):
    shuffled = np.array(other.sample(list(doses.ravel()), doses.size)).reshape(doses.shape)

    assert quadratic_kappa(doses, shuffled) == pytest.approx(quadratic_kappa(shuffled, doses))


# Calibration


def test_calibration_error_by_hand():
    truth = np.array([True, False, True, True])
    p = np.array([0.95, 0.95, 0.05, 0.55])

    # |(1 - .95) + (0 - .95)| + |1 - .05| + |1 - .55|, over four
    assert calibration_error(truth, p) == pytest.approx((0.9 + 0.95 + 0.45) / 4)


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error():
    truth = np.array([True, False, False, False, True, True, True, False])
    p = np.array([0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75])

    assert calibration_error(truth, p) == pytest.approx(0)


def test_certainty_falls_into_the_last_bin_and_no_bin_beyond():
    truth, p = np.array([False, True]), np.array([1.0, 0.9])

    assert calibration_error(truth, p) == pytest.approx(abs((0 - 1.0) + (1 - 0.9)) / 2)


@pytest.mark.parametrize(("truth", "error"), [([True, False], 0), ([False, True], 1)])
def test_certainty_that_is_right_costs_nothing_and_wrong_all(truth, error):
    assert calibration_error(np.array(truth), np.array([1.0, 0.0])) == error


# By category


def test_each_category_is_told_by_itself():
    rows = by_category(TRUTH, GIVEN, ("money", "dates", "risks", "people"))

    assert [row["category"] for row in rows] == ["money", "dates", "risks", "people"]
    assert [(row["needed"], row["given"]) for row in rows] == [(1, 1), (2, 0), (0, 1), (0, 1)]
    assert [row["f1"] for row in rows] == [1, 0, 0, 0]
    assert (rows[0]["precision"], rows[0]["recall"]) == (1, 1)
    assert (rows[1]["precision"], rows[1]["recall"]) == (0, 0)


def test_the_categories_needed_and_given_add_up_to_all():
    truth, given_doses = random_case()

    rows = by_category(truth, given_doses, tuple("abcde"))

    assert sum(row["needed"] for row in rows) == (truth.doses > 0).sum()
    assert sum(row["given"] for row in rows) == (given_doses.doses > 0).sum()


# Intervals


def test_the_interval_of_every_figure_contains_it():
    truth, given_doses = random_case()

    told, intervals = figures(truth, given_doses), bootstrap(truth, given_doses, draws=100)

    assert set(intervals) == set(METRICS)
    for name, (low, high) in intervals.items():
        assert low <= told[name] <= high, name
        assert low < high, name


def test_more_statements_make_the_interval_narrower():
    few, many = (bootstrap(*random_case(n), draws=60)["category_f1_micro"] for n in (60, 1000))

    assert many[1] - many[0] < few[1] - few[0]


def test_the_same_seed_gives_the_same_intervals():
    truth, given_doses = random_case(60)

    assert bootstrap(truth, given_doses, draws=20) == bootstrap(truth, given_doses, draws=20)
    assert bootstrap(truth, given_doses, draws=20, seed=1) != bootstrap(
        truth, given_doses, draws=20
    )


def test_perfect_answers_have_an_interval_without_width():
    truth = random_case()[0]

    intervals = bootstrap(truth, perfect(truth), draws=20)

    assert intervals["category_f1_micro"] == (1.0, 1.0)
    assert intervals["dose_off_by_two"] == (0.0, 0.0)


def test_a_figure_that_no_statement_speaks_to_has_an_interval_of_no_numbers():
    in_scope = Truth(np.zeros(4, int), np.array([[1, 0], [0, 2], [3, 0], [0, 1]]))

    low, high = bootstrap(in_scope, perfect(in_scope), draws=5)["vague_refused"]

    assert math.isnan(low) and math.isnan(high)


def test_an_interval_leaves_out_the_draws_that_no_statement_speaks_to():
    rare = Truth(np.array([1, 0, 0, 0]), np.array([[0, 0], [0, 2], [3, 0], [0, 1]]))

    assert bootstrap(rare, perfect(rare), draws=50)["vague_refused"] == (1.0, 1.0)
