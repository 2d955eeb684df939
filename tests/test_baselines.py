"""The simple rivals: honest, simple, and each what its name says."""

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from pmo_ml.baselines import CueWords, Majority, PlainPipeline, all_baselines, plain_pipeline
from pmo_ml.evaluation import Truth
from pmo_ml.training import truth_of

NAMES = ["majority", "cue words", "plain pipeline"]


@pytest.fixture(scope="module")
def few(sample, catalogue):
    frame = sample.groupby("author").head(30).reset_index(drop=True)
    return frame["text"].tolist(), truth_of(frame, catalogue)


@pytest.fixture(scope="module")
def fitted(few, catalogue):
    return {rival.name: rival.fit(*few) for rival in all_baselines(catalogue)}


def make_obvious(rows=90):
    """Texts whose one odd word says everything: gate 0, 1 or 2, and the first category's dose."""
    words = ["apple", "pear", "plum"]
    texts = [f"our {words[row % 3]} is {'very ' * (row % 2)}ripe today" for row in range(rows)]
    gate = np.arange(rows) % 3
    doses = np.zeros((rows, 2), dtype=int)
    doses[gate == 0, 0] = 2
    return texts, Truth(gate, doses)


# --- laws of all ---


def test_there_are_three_of_different_kinds(catalogue):
    assert [rival.name for rival in all_baselines(catalogue)] == NAMES


def test_every_call_gives_fresh_ones(catalogue):
    first, second = all_baselines(catalogue), all_baselines(catalogue)

    assert not {id(rival) for rival in first} & {id(rival) for rival in second}


@pytest.mark.parametrize("name", NAMES)
def test_answers_have_the_promised_shapes_and_scales(fitted, few, name):
    texts = [*few[0], "", "zzyzx", "😀"]

    answers = fitted[name].judge(texts)

    n = len(texts)
    assert answers.gate.shape == (n,)
    assert answers.doses.shape == answers.needed.shape == (n, 16)
    assert set(np.unique(answers.gate)) <= {0, 1, 2}
    assert set(np.unique(answers.doses)) <= {0, 1, 2, 3}
    assert ((answers.needed >= 0) & (answers.needed <= 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_statement_gets_no_dose(fitted, few, name):
    answers = fitted[name].judge(few[0])

    assert not answers.doses[answers.gate != 0].any()


@pytest.mark.parametrize("place", range(3))
def test_learning_twice_from_the_same_statements_gives_the_same_answers(
    fitted, few, catalogue, place
):
    again = all_baselines(catalogue)[place].fit(*few).judge(few[0])

    before = fitted[NAMES[place]].judge(few[0])
    assert np.array_equal(again.gate, before.gate)
    assert np.array_equal(again.doses, before.doses)
    assert again.needed.tobytes() == before.needed.tobytes()


# --- majority ---


def test_majority_says_the_commonest_gate_and_doses_to_everybody():
    truth = Truth(np.array([0, 0, 0, 1]), np.array([[2, 0], [2, 0], [1, 3], [0, 0]]))

    answers = Majority().fit(["a", "b", "c", "d"], truth).judge(["x", "y"])

    assert answers.gate.tolist() == [0, 0]
    assert answers.doses.tolist() == [[2, 0], [2, 0]]
    assert answers.needed.tolist() == [[0.75, 0.25], [0.75, 0.25]]


# --- cue words ---


@pytest.mark.parametrize(
    "category", ["cost_control", "supplier_commercial", "stakeholder_adoption", "risk_issues"]
)
def test_cue_words_find_a_card_by_its_own_cues(fitted, catalogue, category):
    text = " ".join(catalogue.category(category).cues)

    answers = fitted["cue words"].judge([text])

    place = catalogue.ids.index(category)
    assert answers.needed[0].argmax() == place
    assert answers.doses[0, place] == 2
    assert answers.gate[0] == 0


def test_cue_words_refuse_what_shares_no_word_with_any_card(fitted):
    answers = fitted["cue words"].judge(["zzyzx qqq", ""])

    assert answers.gate.tolist() == [2, 2]
    assert not answers.doses.any() and not answers.needed.any()


def test_cue_words_know_a_standard_dose_only(fitted, few):
    doses = fitted["cue words"].judge(few[0]).doses

    assert set(np.unique(doses)) == {0, 2}


def test_a_word_on_many_cards_counts_less_than_a_word_on_one(catalogue):
    worth = CueWords(catalogue)._worth

    shared = [card["project"] for card in worth if "project" in card]
    assert len(shared) > 1
    assert all(value == pytest.approx(1 / len(shared)) for value in shared)
    assert max(max(card.values()) for card in worth) == 1


# --- the plain pipeline ---


def test_the_plain_pipeline_learns_what_one_word_says():
    texts, truth = make_obvious()

    answers = PlainPipeline().fit(texts, truth).judge(texts)

    assert np.array_equal(answers.gate, truth.gate)
    assert np.array_equal(answers.doses, truth.doses)


def test_the_plain_pipeline_takes_a_dose_that_training_never_shows_without_a_warning():
    texts, truth = make_obvious(45)
    assert truth.doses.max() == 2

    answers = PlainPipeline().fit(texts, truth).judge(texts)

    assert answers.doses.max() == 2


def test_the_plain_pipeline_gives_what_reaches_its_one_threshold(fitted, few):
    rival = fitted["plain pipeline"]

    answers = rival.judge(few[0])

    accepted = answers.gate == 0
    reached = answers.needed[accepted] >= rival._least
    assert reached.any() and not reached.all()
    assert np.array_equal(answers.doses[accepted] > 0, reached)


def test_the_pipeline_is_scikit_learns_own():
    pipeline = plain_pipeline()

    assert isinstance(pipeline, Pipeline)
    assert [type(step).__name__ for _, step in pipeline.steps] == [
        "TfidfVectorizer",
        "OneVsRestClassifier",
    ]
