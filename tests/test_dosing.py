"""The dosing rule against the codebook's own examples, and the laws that its expectation obeys."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pmo_ml.dosing import (
    base_dose,
    base_doses,
    base_proba,
    dose_proba,
    label_doses,
    secondary_dose,
    within_limits,
)
from pmo_ml.schema import FACTOR_LEVELS, Probabilities

SYMBOLS = dict(zip("WPSKR", FACTOR_LEVELS, strict=True))
CATEGORIES = 5
"""In the laws; the rule does not ask how many there are."""

WORKED_EXAMPLES = [
    # number, scores, base dose, and the doses that its roles come to
    (1, "W1 P1", 2, {"core": 2, "secondary": 1}),
    (2, "S-1", 1, {"core": 1}),
    (3, "W2 P1 K1", 3, {"core": 3}),
    (4, "W1 P1", 2, {"core": 2, "secondary": 1}),
    (5, "W1 P1", 2, {"core": 2}),
    (6, "W2 S2", 3, {"core": 3, "secondary": 2}),
    (7, "W1 S2 K1 R1", 3, {"core": 3, "secondary": 2}),
    (8, "W2", 2, {"core": 2, "secondary": 1}),
    (9, "R-1", 1, {"core": 1}),
    (10, "W1 P1 S1", 2, {"reduce": 1}),
    (11, "W1 P1", 2, {"core": 2, "none": 0}),
    (14, "W1 P1", 2, {"core": 2, "secondary": 1}),
    (15, "W1 K1", 2, {"core": 2, "secondary": 1}),
    (16, "W1 P1", 2, {"core": 2}),
    (17, "W1 P1 S2 K1", 3, {"core": 3, "secondary": 2}),
    (18, "W2 P1", 2, {"core": 2}),
    (19, "W2", 2, {"core": 2}),
    (20, "W1 S-1", 1, {"core": 1}),
    (21, "W1 S2 K1", 3, {"core": 3}),
    (22, "W0", 1, {"core": 1}),
    (23, "S1", 2, {"secondary": 1}),
    (24, "P1 S1", 2, {"core": 2}),
    (25, "W1 K1", 2, {"core": 2}),
    (26, "W1 S1", 2, {"core": 2}),
    (28, "W1", 2, {"reduce": 1}),
    (29, "W2 P1 K1", 3, {"core": 3}),
    (30, "W2", 2, {"core": 2}),
]
"""Codebook 2.6; examples 12, 13 and 27 are not in scope and have no scores."""

LADDERS = [
    # a plain complaint, at the doses 1, 2 and 3
    ("cost_control", ["S-1", "W1", "W1 P1 S2 K1"]),
    ("reporting_visibility", ["S-1", "W1", "W2 P1 K1"]),
    ("stakeholder_adoption", ["S-1", "W1", "W2 P1 K1"]),
    ("delivery_recovery", ["R-1", "W1", "W1 S2 K1 R1"]),
]
"""Codebook 2.7."""


def levels_of(scores: str) -> dict[str, int]:
    """`W1 S-1` as factor -> level; what is not said is 0."""
    said = {SYMBOLS[score[0]]: int(score[1:]) for score in scores.split()}
    return {factor: said.get(factor, 0) for factor in FACTOR_LEVELS}


def certain(level: int, levels: tuple[int, ...]) -> np.ndarray:
    return np.eye(len(levels))[levels.index(level)]


# The rule


of_the_worked_examples = pytest.mark.parametrize(
    ("number", "scores", "base", "doses"),
    WORKED_EXAMPLES,
    ids=[f"example {number}: {scores}" for number, scores, _, _ in WORKED_EXAMPLES],
)


@of_the_worked_examples
def test_a_worked_example_comes_to_the_codebooks_base_dose(catalogue, number, scores, base, doses):
    assert base_dose(catalogue.rule, levels_of(scores)) == base


@of_the_worked_examples
def test_a_worked_examples_roles_come_to_the_codebooks_doses(
    catalogue, number, scores, base, doses
):
    role_of = {"none": 0, "secondary": 1, "core": 2, "reduce": 2}
    roles = np.array([[role_of[role] for role in doses]])
    reduce = np.array([[role == "reduce" for role in doses]])
    levels = {factor: np.array([level]) for factor, level in levels_of(scores).items()}

    given_doses = label_doses(catalogue.rule, roles, levels, reduce)

    assert given_doses.tolist() == [list(doses.values())]


@pytest.mark.parametrize(("category", "strengths"), LADDERS)
def test_the_same_complaint_grows_from_light_touch_to_double(catalogue, category, strengths):
    doses = [base_dose(catalogue.rule, levels_of(scores)) for scores in strengths]

    assert doses == [1, 2, 3]


@pytest.mark.parametrize(
    ("scores", "base"),
    [
        ("S-1 R-1", 1),
        ("", 1),
        ("W1 S-1", 1),
        ("W1", 2),
        ("W2", 2),
        ("W2 P1", 2),  # three points, and neither stakes nor critical
        ("W1 P1 R1", 2),
        ("W1 P1 K1", 3),  # three points with stakes
        ("W1 S2", 3),  # three points and critical
        ("W2 S1", 2),
        ("W2 S2 R-1", 3),
        ("W2 K1 R-1", 2),
        ("W2 P1 R1", 3),  # four points suffice by themselves
        ("W2 P1 S2 K1 R1", 3),
    ],
)
def test_the_lines_between_the_doses_are_where_the_codebook_draws_them(catalogue, scores, base):
    assert base_dose(catalogue.rule, levels_of(scores)) == base


def test_every_combination_of_levels_obeys_the_codebooks_sentence(catalogue):
    for w, p, s, k, r in itertools.product(*FACTOR_LEVELS.values()):
        total = w + p + s + k + r
        if total <= 0:
            base = 1
        elif total <= 2 or (total == 3 and k == 0 and s < 2):
            base = 2
        else:
            base = 3

        assert base_dose(catalogue.rule, levels_of(f"W{w} P{p} S{s} K{k} R{r}")) == base


def test_the_rules_numbers_are_read_from_the_catalogue(catalogue):
    strict = catalogue.rule.model_copy(update={"standard_from": 2, "double_if": ()})

    assert base_dose(strict, levels_of("W1")) == 1
    assert base_dose(strict, levels_of("W1 P1 K1")) == 2
    assert secondary_dose(catalogue.rule.model_copy(update={"secondary_step": 2}), 3) == 1


def test_the_table_of_base_doses_cannot_be_written_to(catalogue):
    with pytest.raises(ValueError, match="read-only"):
        base_doses(catalogue.rule)[0, 0, 0, 0, 0] = 3


@pytest.mark.parametrize(("base", "secondary"), [(1, 1), (2, 1), (3, 2)])
def test_a_secondary_complaint_gets_one_step_less_and_never_nothing(catalogue, base, secondary):
    assert secondary_dose(catalogue.rule, base) == secondary


def test_too_much_of_a_service_gets_dose_one_only_where_it_is_labelled(catalogue):
    levels = {factor: np.array([level]) for factor, level in levels_of("W2 P1 K1").items()}

    doses = label_doses(
        catalogue.rule, np.array([[2, 2, 1, 0]]), levels, np.array([[True, False, True, True]])
    )

    assert doses.tolist() == [[1, 3, 1, 0]]


# The expectation


def rows_over(levels: int, *shape: int) -> st.SearchStrategy[np.ndarray]:
    """Probability rows of that shape over so many levels; certainty and evenness among them."""
    weights = arrays.arrays(
        float, (*shape, levels), elements=st.floats(0, 1, width=32), fill=st.nothing()
    )
    return weights.map(lambda w: (w + 1e-6) / (w + 1e-6).sum(axis=-1, keepdims=True))


@st.composite
def probabilities(draw, most: int = 3) -> Probabilities:
    n = draw(st.integers(1, most))
    return Probabilities(
        gate=np.tile([1.0, 0.0, 0.0], (n, 1)),
        roles=draw(rows_over(3, n, CATEGORIES)),
        overdose=draw(rows_over(2, n)),
        factors={name: draw(rows_over(len(scale), n)) for name, scale in FACTOR_LEVELS.items()},
    )


def with_rows(proba: Probabilities, rows: np.ndarray) -> Probabilities:
    return Probabilities(
        proba.gate[rows],
        proba.roles[rows],
        proba.overdose[rows],
        {name: p[rows] for name, p in proba.factors.items()},
    )


def expected_dose(rule, proba: Probabilities) -> np.ndarray:
    return dose_proba(rule, proba) @ np.arange(4)


def moved_up(proba: np.ndarray, low: int, high: int, share: float) -> np.ndarray:
    """The same rows with a share of one level's probability moved to a higher level."""
    moved = proba.copy()
    moved[..., high] += share * proba[..., low]
    moved[..., low] -= share * proba[..., low]
    return moved


@settings(deadline=None, max_examples=40)
@given(proba=probabilities())
def test_the_chances_of_the_four_doses_sum_to_one(catalogue, proba):
    chances = dose_proba(catalogue.rule, proba)

    assert chances.shape == (len(proba), CATEGORIES, 4)
    assert np.allclose(chances.sum(axis=2), 1.0, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(proba=probabilities())
def test_a_higher_dose_is_never_likelier_to_be_reached(catalogue, proba):
    chances = dose_proba(catalogue.rule, proba)

    at_least = np.cumsum(chances[:, :, ::-1], axis=2)[:, :, ::-1]

    assert (np.diff(at_least, axis=2) <= 1e-12).all()


@settings(deadline=None, max_examples=40)
@given(proba=probabilities())
def test_a_dose_is_needed_exactly_as_likely_as_the_category_has_a_role(catalogue, proba):
    needed = 1 - dose_proba(catalogue.rule, proba)[:, :, 0]

    assert np.allclose(needed, 1 - proba.roles[:, :, 0], atol=1e-12)


@settings(deadline=None, max_examples=80)
@given(
    proba=probabilities(),
    factor=st.sampled_from(list(FACTOR_LEVELS)),
    share=st.floats(0, 1),
    data=st.data(),
)
def test_a_stronger_factor_never_lowers_the_expected_dose(catalogue, proba, factor, share, data):
    high = data.draw(st.integers(1, len(FACTOR_LEVELS[factor]) - 1), label="to level")
    low = data.draw(st.integers(0, high - 1), label="from level")
    stronger = {**proba.factors, factor: moved_up(proba.factors[factor], low, high, share)}

    before = expected_dose(catalogue.rule, proba)
    after = expected_dose(
        catalogue.rule, Probabilities(proba.gate, proba.roles, proba.overdose, stronger)
    )

    assert (after >= before - 1e-12).all()


@settings(deadline=None, max_examples=40)
@given(
    proba=probabilities(), share=st.floats(0, 1), steps=st.sampled_from([(0, 1), (0, 2), (1, 2)])
)
def test_a_stronger_role_never_lowers_the_expected_dose_unless_it_is_too_much(
    catalogue, proba, share, steps
):
    enough = np.tile([1.0, 0.0], (len(proba), 1))
    weaker = Probabilities(proba.gate, proba.roles, enough, proba.factors)
    stronger = Probabilities(
        proba.gate, moved_up(proba.roles, *steps, share), enough, proba.factors
    )

    before, after = (expected_dose(catalogue.rule, each) for each in (weaker, stronger))

    assert (after >= before - 1e-12).all()


@settings(deadline=None, max_examples=40)
@given(proba=probabilities(), share=st.floats(0, 1))
def test_having_too_much_of_it_never_raises_the_expected_dose(catalogue, proba, share):
    more = Probabilities(
        proba.gate, proba.roles, moved_up(proba.overdose, 0, 1, share), proba.factors
    )

    assert (
        expected_dose(catalogue.rule, more) <= expected_dose(catalogue.rule, proba) + 1e-12
    ).all()


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_certain_levels_come_to_exactly_the_doses_of_the_labels(catalogue, data):
    n = data.draw(st.integers(1, 4), label="statements")
    levels = {
        name: np.array(data.draw(st.lists(st.sampled_from(scale), min_size=n, max_size=n)))
        for name, scale in FACTOR_LEVELS.items()
    }
    roles = data.draw(arrays.arrays(int, (n, CATEGORIES), elements=st.integers(0, 2)))
    overdose = data.draw(arrays.arrays(int, n, elements=st.integers(0, 1)))
    proba = Probabilities(
        gate=np.tile([1.0, 0.0, 0.0], (n, 1)),
        roles=np.eye(3)[roles],
        overdose=np.eye(2)[overdose],
        factors={
            name: np.array([certain(level, FACTOR_LEVELS[name]) for level in column])
            for name, column in levels.items()
        },
    )

    chances = dose_proba(catalogue.rule, proba)

    too_much = (overdose[:, None] == 1) & (roles == 2)
    doses = label_doses(catalogue.rule, roles, levels, too_much)
    assert (chances == np.eye(4)[doses]).all()


@settings(deadline=None, max_examples=25)
@given(proba=probabilities(most=5), data=st.data())
def test_statements_do_not_disturb_each_other(catalogue, proba, data):
    order = np.array(data.draw(st.permutations(range(len(proba)))))

    together = dose_proba(catalogue.rule, proba)
    shuffled = dose_proba(catalogue.rule, with_rows(proba, order))
    alone = dose_proba(catalogue.rule, with_rows(proba, np.array([0])))

    assert np.allclose(shuffled, together[order], atol=1e-12)
    assert np.allclose(alone[0], together[0], atol=1e-12)


def test_an_even_doubt_between_two_levels_splits_the_dose_evenly(catalogue):
    factors = {name: certain(0, scale)[None] for name, scale in FACTOR_LEVELS.items()}
    factors["spread"] = np.array([[0.5, 0.5, 0.0]])
    roles = np.array([[[0.2, 0.0, 0.8], [0.5, 0.5, 0.0]]])

    base = base_proba(catalogue.rule, factors)
    chances = dose_proba(
        catalogue.rule, Probabilities(np.eye(3)[:1], roles, np.array([[1.0, 0.0]]), factors)
    )

    assert np.allclose(base, [[0, 0.5, 0.5, 0]])
    assert np.allclose(chances, [[[0.2, 0.4, 0.4, 0], [0.5, 0.5, 0, 0]]])


def test_no_statements_get_no_doses(catalogue):
    none = Probabilities(
        gate=np.zeros((0, 3)),
        roles=np.zeros((0, CATEGORIES, 3)),
        overdose=np.zeros((0, 2)),
        factors={name: np.zeros((0, len(scale))) for name, scale in FACTOR_LEVELS.items()},
    )

    chances = dose_proba(catalogue.rule, none)

    assert chances.shape == (0, CATEGORIES, 4)
    assert within_limits(catalogue.rule, chances.argmax(axis=2), none.roles[:, :, 0]).size == 0


# The limits

SOME_DOSES = arrays.arrays(int, (2, 11), elements=st.integers(0, 3))
SOME_RANKS = arrays.arrays(float, (2, 11), elements=st.floats(-5, 5, width=16))


@settings(deadline=None, max_examples=60)
@given(doses=SOME_DOSES, rank=SOME_RANKS)
def test_never_more_than_six_categories_nor_three_doubles(catalogue, doses, rank):
    limited = within_limits(catalogue.rule, doses, rank)

    assert ((limited > 0).sum(axis=1) <= 6).all()
    assert ((limited == 3).sum(axis=1) <= 3).all()


@settings(deadline=None, max_examples=60)
@given(doses=SOME_DOSES, rank=SOME_RANKS)
def test_the_limits_never_raise_a_dose_and_only_drop_it_or_take_a_double_down(
    catalogue, doses, rank
):
    limited = within_limits(catalogue.rule, doses, rank)

    changed = limited != doses
    assert (limited <= doses).all()
    assert (limited[changed & (limited > 0)] == 2).all()
    assert (doses[changed & (limited > 0)] == 3).all()


@settings(deadline=None, max_examples=60)
@given(doses=SOME_DOSES, rank=SOME_RANKS)
def test_the_limits_take_no_more_than_they_must(catalogue, doses, rank):
    limited = within_limits(catalogue.rule, doses, rank)

    given_before, given_after = (doses > 0).sum(axis=1), (limited > 0).sum(axis=1)
    assert (given_after == np.minimum(given_before, 6)).all()
    doubles_kept = ((doses == 3) & (limited > 0)).sum(axis=1)
    assert ((limited == 3).sum(axis=1) == np.minimum(doubles_kept, 3)).all()


@settings(deadline=None, max_examples=60)
@given(doses=SOME_DOSES, rank=SOME_RANKS)
def test_the_limits_keep_the_highest_ranked(catalogue, doses, rank):
    limited = within_limits(catalogue.rule, doses, rank)

    for before, after, ranks in zip(doses, limited, rank, strict=True):
        kept, dropped = ranks[after > 0], ranks[(before > 0) & (after == 0)]
        assert not dropped.size or dropped.max() <= kept.min()
        double, stepped_down = ranks[after == 3], ranks[(before == 3) & (after == 2)]
        assert not stepped_down.size or stepped_down.max() <= double.min()


@settings(deadline=None, max_examples=40)
@given(doses=SOME_DOSES, rank=SOME_RANKS)
def test_what_is_within_the_limits_stays_as_it_is(catalogue, doses, rank):
    once = within_limits(catalogue.rule, doses, rank)

    assert (within_limits(catalogue.rule, once, rank) == once).all()


def test_core_stands_before_secondary_and_the_earlier_before_the_later(catalogue):
    doses = np.array([[2, 3, 3, 3, 3, 1, 1, 1]])
    roles = np.array([[1, 2, 2, 2, 2, 1, 1, 1]])

    limited = within_limits(catalogue.rule, doses, roles.astype(float))

    assert limited.tolist() == [[2, 3, 3, 3, 2, 1, 0, 0]]
