"""Training: tuned thresholds, honest cross-validation, and results that repeat."""

import hashlib
from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from pmo_ml import training
from pmo_ml.baselines import all_baselines
from pmo_ml.decisions import decide
from pmo_ml.errors import StatementError
from pmo_ml.evaluation import METRICS, Given, f1, figures, quadratic_kappa
from pmo_ml.schema import Thresholds
from pmo_ml.thesaurus import thesaurus_hash
from pmo_ml.training import Parameters

FOLDS = 2


class Recorder:
    """A rival that remembers whose statements it learnt from and whose it was asked about."""

    name = "recorder"

    def __init__(self, author_of, lessons):
        self.author_of = author_of
        self.lessons = lessons

    def fit(self, texts, truth):
        self.learnt_from = {self.author_of[text] for text in texts}
        self.categories = truth.doses.shape[1]
        assert len(texts) == len(truth.gate) == len(truth.doses)

    def judge(self, texts):
        self.lessons.append((self.learnt_from, {self.author_of[text] for text in texts}))
        nothing = np.zeros((len(texts), self.categories))
        return Given(np.array([len(t) % 3 for t in texts]), nothing.astype(int), nothing)


@pytest.fixture(scope="module")
def validated(sample, catalogue, thesaurus):
    """What everybody gives the sample, who learnt from whom, and how far it said it was."""
    author_of = dict(zip(sample["text"], sample["author"], strict=True))
    lessons, ours, told = [], [], []
    train = training.train

    def recording_train(frame, *rest, **more):
        ours.append(set(frame["author"]))
        return train(frame, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", recording_train)
        given = training.cross_validate(
            sample,
            catalogue,
            thesaurus,
            lambda: [*all_baselines(catalogue), Recorder(author_of, lessons)],
            FOLDS,
            lambda *progress: told.append(progress),
        )
    return given, lessons, ours, told


@pytest.fixture(scope="module")
def judged(validated, sample, catalogue):
    truth = training.truth_of(sample, catalogue)
    return {name: figures(truth, given) for name, given in validated[0].items()}


# --- thresholds ---


@pytest.fixture(scope="module")
def unseen(trained):
    return trained.classifier.proba_of(trained.classifier.oof_scores_)


def test_few_statements_in_scope_are_refused_out_of_fold(trained, unseen, sample, catalogue):
    in_scope = (sample["gate"] == "in_scope").to_numpy()

    gate = decide(unseen, catalogue, trained.thresholds).gate

    assert (gate[in_scope] != 0).mean() <= training.MOST_IN_SCOPE_REFUSED + 0.005
    assert (gate[~in_scope] != 0).mean() > 5 * (gate[in_scope] != 0).mean()


def test_tuned_thresholds_find_more_than_one_half_does(trained, unseen, sample, catalogue):
    truth = training.truth_of(sample, catalogue)
    half = replace(trained.thresholds, need=(0.5,) * len(catalogue.ids))

    tuned, plain = (decide(unseen, catalogue, t).doses for t in (trained.thresholds, half))

    assert f1(truth.doses > 0, tuned > 0) > f1(truth.doses > 0, plain > 0) + 0.02


def test_tuned_steps_agree_better_than_any_other_pair_on_the_grid(
    trained, unseen, sample, catalogue
):
    truth = training.truth_of(sample, catalogue)

    kappas = [
        quadratic_kappa(
            truth.doses, decide(unseen, catalogue, replace(trained.thresholds, step_up=step)).doses
        )
        for step in [trained.thresholds.step_up, (0.5, 0.5), (0.3, 0.3), (0.65, 0.65), (0.4, 0.6)]
    ]

    assert kappas[0] == max(kappas)


def test_every_category_has_a_threshold_of_its_own_within_the_grid(trained, catalogue):
    need = trained.thresholds.need

    assert len(need) == len(catalogue.ids)
    assert all(0.1 <= threshold <= 0.7 for threshold in need)
    assert len(set(need)) > 1


def test_tuning_on_literal_probabilities_puts_the_threshold_between_the_groups(
    catalogue, trained, sample
):
    truth = training.truth_of(sample, catalogue)
    needed = np.where(truth.doses > 0, 0.45, 0.35)

    need = training._tune_need(needed, truth.doses > 0)

    assert all(0.35 < threshold <= 0.45 for threshold in need)


# --- cross-validation ---


def test_nobody_is_judged_on_an_author_that_he_has_learnt_from(validated, sample):
    _, lessons, _, _ = validated

    assert len(lessons) == FOLDS
    for learnt_from, asked_about in lessons:
        assert learnt_from and asked_about
        assert not learnt_from & asked_about
        assert learnt_from | asked_about == set(sample["author"])


def test_our_own_classifier_learns_from_the_authors_that_the_rivals_learn_from(validated):
    _, lessons, ours, _ = validated

    assert ours == [learnt_from for learnt_from, _ in lessons]


def test_every_statement_is_judged_once_and_put_in_its_own_row(validated, sample, catalogue):
    given, lessons, _, _ = validated

    asked = [asked_about for _, asked_about in lessons]
    assert sum(map(len, asked)) == len(set().union(*asked)) == sample["author"].nunique()
    for answers in given.values():
        assert answers.doses.shape == (len(sample), len(catalogue.ids))
    own_rows = [len(text) % 3 for text in sample["text"]]
    assert given["recorder"].gate.tolist() == own_rows


def test_ours_comes_first_then_the_rivals(validated):
    given, _, _, _ = validated

    assert list(given) == ["pmo_ml", "majority", "cue words", "plain pipeline", "recorder"]


def test_progress_is_told_after_each_fold(validated):
    _, _, _, told = validated

    assert told == [("cross-validating", done, FOLDS) for done in (1, 2)]


@pytest.mark.parametrize("metric", ["category_f1_micro", "category_f1_macro", "dose_kappa"])
@pytest.mark.parametrize("rival", ["majority", "cue words", "plain pipeline"])
def test_ours_beats_every_baseline_on_authors_it_has_not_seen(judged, metric, rival):
    assert judged["pmo_ml"][metric] > judged[rival][metric]


def test_off_topic_statements_are_refused_far_more_often_than_others(judged):
    ours = judged["pmo_ml"]

    assert ours["off_topic_refused"] > 4 * ours["in_scope_refused"]
    assert ours["in_scope_refused"] < 0.1


def test_cross_validation_by_author_needs_two_authors(sample, catalogue, thesaurus):
    alone = sample[sample["author"] == "w1"]

    with pytest.raises(StatementError, match="two authors"):
        training.cross_validate(alone, catalogue, thesaurus)


# --- results that repeat ---


@pytest.fixture(scope="module")
def few(sample):
    return sample.groupby("author").head(25).reset_index(drop=True)


def test_equal_statements_train_to_equal_arrays_and_thresholds(few, catalogue, thesaurus):
    parameters = Parameters(character_range=None, folds=2)

    first = training.train(few, catalogue, thesaurus, parameters)
    second = training.train(few, catalogue, thesaurus, parameters)

    assert first.thresholds == second.thresholds
    assert first.classifier.coef_.tobytes() == second.classifier.coef_.tobytes()
    assert first.classifier.intercept_.tobytes() == second.classifier.intercept_.tobytes()


def test_one_author_alone_can_be_learnt_from(sample, catalogue, thesaurus):
    alone = sample[sample["author"] == "w1"].reset_index(drop=True)

    trained = training.train(alone, catalogue, thesaurus, Parameters(character_range=None, folds=2))

    assert isinstance(trained.thresholds, Thresholds)
    assert trained.judge(["Our projects are late."], catalogue).doses.shape == (1, 16)


def test_training_tells_how_far_it_is(few, catalogue, thesaurus):
    told = []

    training.train(
        few,
        catalogue,
        thesaurus,
        Parameters(character_range=None, folds=2),
        lambda *progress: told.append(progress),
    )

    targets = 1 + len(catalogue.ids) + 1 + 5
    assert told == [("learning", done, targets) for done in range(1, targets + 1)]


def test_a_trained_model_judges_as_decide_does(trained, sample, catalogue):
    texts = sample["text"].tolist()[:30]

    given = trained.judge(texts, catalogue)

    decisions = decide(trained.classifier.predict_proba(texts), catalogue, trained.thresholds)
    assert np.array_equal(given.doses, decisions.doses)
    assert np.array_equal(given.gate, decisions.gate)


# --- the truth and the card ---


def test_the_truth_is_derived_from_roles_and_factors_or_taken_from_doses(sample, catalogue):
    derived = training.truth_of(sample, catalogue)
    typed = sample[["gate"]].assign(
        **{name: derived.doses[:, column] for column, name in enumerate(catalogue.ids)}
    )

    taken = training.truth_of(typed, catalogue)

    assert derived.doses.max() == 3
    assert np.array_equal(derived.doses, taken.doses)
    assert np.array_equal(derived.gate, taken.gate)


def test_the_card_states_the_facts(trained, model, sample, catalogue, thesaurus):
    card = model.card

    assert card.version == f"20261122-193000-{card.data_hash[:6]}"
    assert card.created == "2026-11-22T19:30:00Z"
    assert card.statements == len(sample)
    assert card.categories == catalogue.ids
    assert (card.catalogue_version, card.catalogue_hash) == (catalogue.version, catalogue.hash)
    assert card.thesaurus_hash == thesaurus_hash(thesaurus)
    assert card.parameters == asdict(Parameters())
    assert card.thresholds == trained.thresholds
    assert set(card.libraries) == {"numpy", "scipy", "scikit-learn"}


def test_the_cards_data_hash_is_that_of_the_statements_and_changes_with_one_word(
    trained, model, sample, catalogue, thesaurus
):
    told = hashlib.sha256(sample.to_csv(index=False).encode()).hexdigest()
    other = sample.copy()
    other.loc[7, "text"] += " indeed"

    card = training.make_card(
        trained, other, catalogue, thesaurus, created=datetime(2026, 11, 22, tzinfo=UTC)
    )

    assert told.startswith(model.card.data_hash)
    assert card.data_hash != model.card.data_hash


def test_the_cards_metrics_are_out_of_fold_and_complete(model, judged):
    metrics = model.card.metrics["out_of_fold"]

    assert set(metrics) == set(METRICS)
    assert 0.2 < metrics["category_f1_micro"] < 0.9
    assert metrics["category_f1_micro"] == pytest.approx(
        judged["pmo_ml"]["category_f1_micro"], abs=0.15
    )


def test_parameters_reach_the_features_and_the_heads(few, catalogue, thesaurus):
    parameters = Parameters(C=0.5, folds=2, longest_words=1, character_range=None)

    classifier = training.train(few, catalogue, thesaurus, parameters).classifier

    assert classifier.features_.longest_words == 1
    assert {block.name for block in classifier.features_.blocks_}.isdisjoint({"characters"})
    assert (classifier.head.C, classifier.head.folds) == (0.5, 2)
