"""Whole logs: the contract of the columns, and the same answer as for one statement alone."""

import pandas as pd
import pytest

from pmo_ml.prescription import prescribe
from pmo_ml.schema import GATES
from pmo_ml.scoring import add_columns, score, score_in_chunks

ODD = ["", "😀", "zzyzx qqq", "Unsere Projekte sind immer zu spät.", "late " * 300]


@pytest.fixture(scope="module")
def texts(sample):
    return [*sample["text"].tolist()[::6], *ODD]


@pytest.fixture(scope="module")
def scored(texts, model, catalogue):
    return score(texts, model, catalogue)


# --- the contract ---


def test_the_added_columns_are_those_of_the_contract_in_order(scored, catalogue):
    assert list(scored.columns) == [
        "gate",
        *(f"dose_{name}" for name in catalogue.ids),
        *(f"p_{name}" for name in catalogue.ids),
        "certainty",
        "model_version",
    ]


def test_every_cell_is_on_its_scale(scored, catalogue, model):
    doses = scored[[f"dose_{name}" for name in catalogue.ids]]
    chances = scored[[*(f"p_{name}" for name in catalogue.ids), "certainty"]]

    assert set(scored["gate"]) <= set(GATES)
    assert doses.isin([0, 1, 2, 3]).all(axis=None)
    assert chances.ge(0).all(axis=None) and chances.le(1).all(axis=None)
    assert set(scored["model_version"]) == {model.card.version}


def test_a_dose_is_given_in_scope_only_and_always_there(scored, catalogue):
    given = (scored[[f"dose_{name}" for name in catalogue.ids]] > 0).any(axis=1)

    assert given.equals(scored["gate"] == "in_scope")
    assert given.any() and not given.all()


def test_no_texts_give_the_same_columns_without_rows(scored, model, catalogue):
    nothing = score([], model, catalogue)

    assert nothing.empty
    assert list(nothing.columns) == list(scored.columns)


def test_what_has_no_known_word_is_not_in_scope(scored):
    assert (scored["gate"][-len(ODD) : -1] != "in_scope").all()


# --- one road ---


def test_a_log_gets_what_each_statement_alone_gets(texts, scored, model, catalogue):
    for text, row in zip(texts, scored.to_dict("records"), strict=True):
        if not text.strip():
            continue
        told = prescribe(text, model.classifier, catalogue, model.card.thresholds)

        given = {name: row[f"dose_{name}"] for name in catalogue.ids if row[f"dose_{name}"]}
        assert row["gate"] == told.gate
        assert given == {service.category: service.dose for service in told.services}
        for service in told.services:
            assert row[f"p_{service.category}"] == pytest.approx(service.p_needed, abs=1e-4)


def test_certainty_is_that_of_the_surest_service_or_of_the_refusal(texts, scored, model, catalogue):
    for text, row in zip(texts, scored.to_dict("records"), strict=True):
        if not text.strip():
            continue
        told = prescribe(text, model.classifier, catalogue, model.card.thresholds)

        surest = max((s.p_needed for s in told.services), default=1 - told.gate_proba[0])
        assert row["certainty"] == pytest.approx(surest, abs=1e-4)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_the_size_of_the_chunks_changes_nothing(texts, scored, model, catalogue, chunk):
    parts = list(score_in_chunks(texts, model, catalogue, chunk))

    assert len(parts) == -(-len(texts) // chunk)
    assert pd.concat(parts, ignore_index=True).equals(scored)


def test_the_order_of_the_rows_changes_nothing(texts, scored, model, catalogue):
    backwards = score(texts[::-1], model, catalogue)

    assert backwards[::-1].reset_index(drop=True).equals(scored)


# --- beside the input ---


def make_scored(rows=2):
    return pd.DataFrame({"gate": ["in_scope"] * rows, "certainty": [0.5] * rows})


def test_input_columns_come_first_as_they_were(scored, texts):
    log = pd.DataFrame({"id": range(len(texts)), "text": texts}, index=range(5, 5 + len(texts)))

    whole, renamed = add_columns(log, scored)

    assert renamed == {}
    assert list(whole.columns) == ["id", "text", *scored.columns]
    assert whole["text"].tolist() == texts
    assert whole["gate"].tolist() == scored["gate"].tolist()


def test_an_input_column_with_an_added_name_is_kept_as_input(scored):
    log = pd.DataFrame({"gate": ["north", "south"], "text": ["late", "over"]})

    whole, renamed = add_columns(log, make_scored())

    assert renamed == {"gate": "input_gate"}
    assert list(whole.columns) == ["input_gate", "text", "gate", "certainty"]
    assert whole["input_gate"].tolist() == ["north", "south"]
    assert whole["gate"].tolist() == ["in_scope", "in_scope"]


def test_a_log_scored_again_and_again_loses_no_column():
    whole = pd.DataFrame({"text": ["late", "over"], "gate": ["north", "south"]})

    for _ in range(3):
        whole, _ = add_columns(whole, make_scored())

    assert whole.columns.is_unique
    assert len(whole.columns) == 2 + 3 * 2
    assert whole.eq("north").any(axis=None)


def test_the_log_itself_is_left_as_it_was():
    log = pd.DataFrame({"gate": ["north", "south"]})

    add_columns(log, make_scored())

    assert list(log.columns) == ["gate"]
