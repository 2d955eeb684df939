"""The reasons: every word's share adds up to the score, and quotes the person's own words."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmo_ml.explanation import Explainer, token_weights
from pmo_ml.reading import read

SAYING = "The integrator is six months late, the integrator, and half our budgets are blown."

# What people and machines paste: words the model knows, typography, marks, other scripts.
scraps = st.sampled_from(
    "the integrator's projects are late ‘late’ over-budget 40% £3m 9.4M café naïve ﬁnance ﬀ "
    "İstanbul e\u0301 ½ 2½ don’t — … but . ; <b> =cmd() \u202e \x00 \x1b 延期 😀 ß ǆ Ⅷ ".split(" ")
)
sentences = st.one_of(st.text(max_size=80), st.lists(scraps, max_size=25).map(" ".join))


@pytest.fixture(scope="module")
def classifier(trained):
    return trained.classifier


@pytest.fixture(scope="module")
def explain(classifier):
    return lambda text: Explainer(classifier, read(text))


def weights_of(classifier, text):
    reading = read(text)
    return token_weights(classifier, reading, classifier.features_.find(reading))


def targets_and_steps(classifier):
    return [(t.name, step) for t in classifier.targets for step in range(len(t.levels) - 1)]


@given(text=sentences)
@example(text="")
@example(text=SAYING)
@settings(deadline=None, max_examples=100)
def test_token_weights_and_the_start_add_up_to_every_score(classifier, text):
    weights = weights_of(classifier, text)

    told = weights.sum(axis=0) + classifier.intercept_
    np.testing.assert_allclose(told, classifier.scores([text])[0], atol=1e-4)


def test_they_add_up_for_real_statements(classifier, sample):
    batch = sample["text"].tolist()[::8]

    told = [weights_of(classifier, t).sum(axis=0) + classifier.intercept_ for t in batch]

    np.testing.assert_allclose(told, classifier.scores(batch), atol=1e-4)


@given(text=sentences, most=st.integers(0, 8))
@settings(deadline=None, max_examples=60)
def test_start_evidence_and_rest_add_up_to_the_score(classifier, explain, text, most):
    explainer = explain(text)
    scores = classifier.scores([text])[0]

    for target, step in targets_and_steps(classifier)[::5]:
        reasons = explainer.reasons(target, step, most)

        told = reasons.start + sum(item.weight for item in reasons.evidence) + reasons.rest
        assert told == pytest.approx(reasons.score, abs=1e-9)
        assert reasons.score == pytest.approx(
            scores[classifier.steps(target).start + step], abs=1e-4
        )


@given(text=sentences)
@settings(deadline=None, max_examples=60)
def test_evidence_quotes_whole_words_exactly_and_never_overlaps(explain, text):
    spans = read(text).spans

    evidence = explain(text).reasons("gate.gate").evidence

    assert all(text[item.start : item.end] == item.text for item in evidence)
    assert {item.start for item in evidence} <= {start for start, _ in spans}
    assert {item.end for item in evidence} <= {end for _, end in spans}
    places = sorted((item.start, item.end) for item in evidence)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))


def test_a_quote_keeps_the_typing_of_the_person(explain):
    reasons = explain("Die ‘INTEGRATOR’S’ café is LATE").reasons("roles.supplier_commercial")

    quoted = " | ".join(item.text for item in reasons.evidence)
    assert "INTEGRATOR’S" in quoted


def test_evidence_comes_strongest_upward_first_and_never_more_than_asked(explain, sample):
    for text in sample["text"][:40]:
        reasons = explain(text).reasons("roles.cost_control", most=4)

        weights = [item.weight for item in reasons.evidence]
        assert len(weights) <= 4
        assert weights == sorted(weights, reverse=True)


def test_what_is_shown_moved_the_score_more_than_any_single_word_left_out(classifier, explain):
    text = SAYING
    weights = weights_of(classifier, text)[:, classifier.steps("gate.gate").start]

    (strongest,) = explain(text).reasons("gate.gate", most=1).evidence

    assert abs(strongest.weight) >= np.abs(weights).max() - 1e-9


def test_a_word_in_favour_has_a_positive_weight(explain):
    text = "The integrator sends invoices that nobody understands."

    evidence = explain(text).reasons("roles.supplier_commercial").evidence

    spoken_for = [item.text for item in evidence if item.weight > 0]
    assert any("integrator" in words for words in spoken_for)


def test_the_same_word_twice_shares_its_weight_evenly(classifier):
    first, second = weights_of(classifier, "late late")

    assert np.abs(first).max() > 0.05
    np.testing.assert_allclose(first, second, atol=1e-9)


def test_names_of_concepts_stand_beside_the_words_that_hold_them(explain, thesaurus):
    concept = next(name for name, phrases in thesaurus.items() if "integrator*" in phrases)

    evidence = explain("Our integrators are hopeless").reasons("roles.supplier_commercial").evidence

    shown = next(item for item in evidence if "integrators" in item.text)
    assert concept.replace("_", " ") in shown.concepts
    assert not any("_" in name for name in shown.concepts)


@pytest.mark.parametrize("text", ["", "   ", "😀", "zzyzx qqqq", "\u202e"])
def test_a_text_without_a_known_word_gives_no_evidence(explain, classifier, text):
    reasons = explain(text).reasons("gate.gate")

    assert reasons.evidence == ()
    assert reasons.score == reasons.start == pytest.approx(classifier.intercept_[0])
    assert reasons.rest == 0


def test_an_unknown_target_is_refused(explain):
    with pytest.raises(KeyError):
        explain("late").reasons("roles.astrology")
