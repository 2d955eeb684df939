"""Decisions on whole arrays: the codebook's worked examples, and the laws that always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_ml.decisions import PLACEABLE, decide, refusal, with_answers
from pmo_ml.dosing import dose_proba
from pmo_ml.schema import FACTOR_LEVELS, GATES, Probabilities, Thresholds

thresholds_drawn = st.builds(
    lambda refuse, need, second, third, overdose: Thresholds(
        refuse, (need,) * 16, (second, third), overdose
    ),
    *[st.floats(0.05, 0.95)] * 5,
)


def dirichlet(rng, n, *levels):
    return rng.dirichlet(np.full(levels[-1], 0.5), size=(n, *levels[:-1]))


@st.composite
def probabilities(draw, n=4, categories=16):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return Probabilities(
        gate=dirichlet(rng, n, 3),
        roles=dirichlet(rng, n, categories, 3),
        overdose=dirichlet(rng, n, 2),
        factors={name: dirichlet(rng, n, len(levels)) for name, levels in FACTOR_LEVELS.items()},
    )


def certain(catalogue, core=(), secondary=(), gate="in_scope", overdose=False, **factors):
    """Probabilities without any doubt, for one statement."""
    roles = np.zeros((1, len(catalogue.ids), 3))
    roles[0, :, 0] = 1
    for level, names in ((1, secondary), (2, core)):
        for name in names:
            roles[0, catalogue.ids.index(name)] = np.eye(3)[level]
    return Probabilities(
        gate=np.eye(3)[[GATES.index(gate)]],
        roles=roles,
        overdose=np.eye(2)[[int(overdose)]],
        factors={
            name: np.eye(len(levels))[[levels.index(factors.get(name, 0))]]
            for name, levels in FACTOR_LEVELS.items()
        },
    )


HALF = Thresholds(0.5, (0.5,) * 16, (0.5, 0.5), 0.5)


# --- decisions on literal probabilities: the codebook's worked examples ---


@pytest.mark.parametrize(
    "core, secondary, factors, doses",
    [
        (
            ["cost_control"],
            ["assurance_quality"],
            {"spread": 1, "persistence": 1},
            {"cost_control": 2, "assurance_quality": 1},
        ),
        (["planning_scheduling"], [], {"severity": -1}, {"planning_scheduling": 1}),
        (
            ["planning_scheduling"],
            [],
            {"spread": 2, "persistence": 1, "stakes": 1},
            {"planning_scheduling": 3},
        ),
        (
            ["assurance_quality"],
            ["planning_scheduling"],
            {"spread": 2, "severity": 2},
            {"assurance_quality": 3, "planning_scheduling": 2},
        ),
        (
            ["delivery_recovery"],
            ["cost_control"],
            {"spread": 1, "severity": 2, "stakes": 1, "request": 1},
            {"delivery_recovery": 3, "cost_control": 2},
        ),
        (
            ["assurance_quality", "planning_scheduling"],
            [],
            {"request": -1},
            {"assurance_quality": 1, "planning_scheduling": 1},
        ),
        (["capability_learning"], [], {"spread": 2, "persistence": 1}, {"capability_learning": 2}),
        (
            ["benefits_realisation"],
            [],
            {"spread": 1, "severity": 2, "stakes": 1},
            {"benefits_realisation": 3},
        ),
    ],
)
def test_without_doubt_the_codebooks_doses_are_given(catalogue, core, secondary, factors, doses):
    decisions = decide(certain(catalogue, core, secondary, **factors), catalogue, HALF)

    given_doses = dict(zip(catalogue.ids, decisions.doses[0].tolist(), strict=True))
    assert {name: dose for name, dose in given_doses.items() if dose} == doses
    assert not decisions.prune.any()


def test_an_overdose_is_pruned_not_added_to(catalogue):
    proba = certain(
        catalogue,
        ["reporting_visibility"],
        ["planning_scheduling"],
        overdose=True,
        spread=2,
        severity=2,
        persistence=1,
    )

    decisions = decide(proba, catalogue, HALF)

    place = catalogue.ids.index("reporting_visibility")
    assert decisions.doses[0, place] == catalogue.rule.overdose_dose == 1
    assert np.flatnonzero(decisions.prune[0]).tolist() == [place]
    assert decisions.doses[0, catalogue.ids.index("planning_scheduling")] == 2


def test_at_most_six_categories_and_three_doubles_are_given(catalogue):
    core = catalogue.ids[:9]

    decisions = decide(
        certain(catalogue, core, spread=2, persistence=1, severity=2), catalogue, HALF
    )

    assert (decisions.doses > 0).sum() == 6
    assert (decisions.doses == 3).sum() == 3
    assert (decisions.doses == 2).sum() == 3


# --- laws of decisions ---


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=100)
def test_a_refused_statement_gets_no_dose(catalogue, proba, thresholds):
    decisions = decide(proba, catalogue, thresholds)

    refused = decisions.gate != 0
    assert not decisions.doses[refused].any()
    assert not decisions.prune[refused].any()
    assert np.array_equal(refused, refusal(proba, decisions.needed) > thresholds.refuse)


@given(proba=probabilities())
@settings(deadline=None, max_examples=100)
def test_a_plain_need_lifts_a_verdict_of_too_vague(catalogue, proba):
    needed = np.full((len(proba), len(catalogue.ids)), 0.05)
    needed[:, 3] = PLACEABLE

    speaks = refusal(proba, needed)

    vague = proba.gate[:, 1] >= proba.gate[:, 2]
    assert np.all(np.isneginf(speaks[vague]))
    assert np.all(np.isfinite(speaks[~vague]))


@given(proba=probabilities(), low=st.floats(0, 1), high=st.floats(0, 1))
@settings(deadline=None, max_examples=100)
def test_the_surer_a_need_the_less_speaks_for_refusing(catalogue, proba, low, high):
    low, high = sorted((low, high))
    shape = (len(proba), len(catalogue.ids))

    less, more = refusal(proba, np.full(shape, high)), refusal(proba, np.full(shape, low))

    assert np.all(less <= more)


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=100)
def test_a_statement_in_scope_always_gets_its_likeliest_service(catalogue, proba, thresholds):
    decisions = decide(proba, catalogue, thresholds)

    in_scope = decisions.gate == 0
    likeliest = decisions.needed.argmax(axis=1)
    assert (decisions.doses[np.arange(4), likeliest][in_scope] > 0).all()


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=100)
def test_the_limits_hold_whatever_the_probabilities(catalogue, proba, thresholds):
    decisions = decide(proba, catalogue, thresholds)

    assert ((decisions.doses > 0).sum(axis=1) <= catalogue.rule.most_categories).all()
    assert ((decisions.doses == 3).sum(axis=1) <= catalogue.rule.most_double).all()
    assert ((decisions.certainty >= 0) & (decisions.certainty <= 1 + 1e-9)).all()


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=100)
def test_what_is_given_reaches_its_threshold_and_what_reaches_it_is_given(
    catalogue, proba, thresholds
):
    decisions = decide(proba, catalogue, thresholds)

    most = catalogue.rule.most_categories
    for row in np.flatnonzero(decisions.gate == 0):
        needed, gave = decisions.needed[row], decisions.doses[row] > 0
        reached = needed >= thresholds.need[0]
        reached[needed.argmax()] = True
        expected = sorted(np.flatnonzero(reached), key=lambda c: -needed[c])[:most]
        assert sorted(np.flatnonzero(gave)) == sorted(expected)


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=100)
def test_a_higher_dose_is_reached_only_past_its_threshold(catalogue, proba, thresholds):
    decisions = decide(proba, catalogue, thresholds)

    share = decisions.dose_proba[:, :, 2:].sum(axis=2) / decisions.needed
    double = decisions.dose_proba[:, :, 3] / decisions.needed
    second, third = thresholds.step_up
    assert (share[decisions.doses >= 2] >= second - 1e-9).all()
    assert (double[decisions.doses == 3] >= third - 1e-9).all()


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=100)
def test_only_core_services_of_an_overdose_are_pruned(catalogue, proba, thresholds):
    decisions = decide(proba, catalogue, thresholds)

    rows, columns = np.nonzero(decisions.prune)
    assert (proba.overdose[rows, 1] >= thresholds.overdose).all()
    assert (proba.roles[rows, columns].argmax(axis=1) == 2).all()
    assert (decisions.doses[rows, columns] == catalogue.rule.overdose_dose).all()


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=50)
def test_what_cannot_be_read_is_refused_and_never_brought_into_scope(catalogue, proba, thresholds):
    readable = np.array([True, False, True, False])

    plain = decide(proba, catalogue, thresholds)
    marked = decide(proba, catalogue, thresholds, readable)

    assert (marked.gate[~readable] != 0).all()
    assert not marked.doses[~readable].any()
    assert np.array_equal(marked.gate[readable], plain.gate[readable])
    assert (marked.gate[plain.gate == 2] == 2).all()


@given(proba=probabilities(), thresholds=thresholds_drawn)
@settings(deadline=None, max_examples=30)
def test_statements_are_decided_each_on_its_own(catalogue, proba, thresholds):
    together = decide(proba, catalogue, thresholds)

    for row in range(4):
        one = slice(row, row + 1)
        factors = {name: table[one] for name, table in proba.factors.items()}
        single = Probabilities(proba.gate[one], proba.roles[one], proba.overdose[one], factors)
        alone = decide(single, catalogue, thresholds)
        assert np.array_equal(alone.doses[0], together.doses[row])
        assert alone.gate[0] == together.gate[row]


def test_no_statements_are_decided_without_complaint(catalogue, model):
    decisions = decide(model.classifier.predict_proba([]), catalogue, HALF)

    assert decisions.doses.shape == (0, len(catalogue.ids))


# --- answers ---


@given(proba=probabilities(), factor=st.sampled_from(list(FACTOR_LEVELS)), others=st.integers(0, 3))
@settings(deadline=None, max_examples=100)
def test_a_stronger_answer_never_lowers_any_expected_dose(catalogue, proba, factor, others):
    known = {name: levels[-1] for name, levels in list(FACTOR_LEVELS.items())[:others]}
    settled = with_answers(proba, known)

    expected = [
        dose_proba(catalogue.rule, with_answers(settled, {factor: level})) @ np.arange(4)
        for level in FACTOR_LEVELS[factor]
    ]

    assert (np.diff(expected, axis=0) >= -1e-9).all()


@given(proba=probabilities(), factor=st.sampled_from(list(FACTOR_LEVELS)), data=st.data())
@settings(deadline=None, max_examples=50)
def test_an_answer_settles_its_factor_and_leaves_all_else(proba, factor, data):
    level = data.draw(st.sampled_from(FACTOR_LEVELS[factor]))

    settled = with_answers(proba, {factor: level})

    place = FACTOR_LEVELS[factor].index(level)
    assert (settled.factors[factor][:, place] == 1).all()
    assert (settled.factors[factor].sum(axis=1) == 1).all()
    assert settled.gate is proba.gate and settled.roles is proba.roles
    assert all(settled.factors[f] is proba.factors[f] for f in FACTOR_LEVELS if f != factor)
