"""The examples that the product was asked for, on the model of the whole corpus."""

import pytest

from pmo_ml import registry
from pmo_ml.prescription import prescribe
from tests.page import SEED


@pytest.fixture(scope="module")
def tell(shelf, catalogue):
    """A statement's prescription by the promoted model."""
    model = registry.load_champion(catalogue, shelf)

    def prescription(text, **answers):
        return prescribe(text, model.classifier, catalogue, model.card.thresholds, answers=answers)

    return prescription


def doses(told):
    return {service.category: service.dose for service in told.services}


def test_the_seed_question_gets_cost_control_and_a_light_look_for_the_cause(tell):
    told = tell(SEED)

    assert doses(told) == {"cost_control": 2, "assurance_quality": 1}
    assert all(service.reasons.evidence for service in told.services)


def test_a_failed_payroll_run_is_out_of_scope(tell):
    told = tell("The payroll run failed again last night and the staff are furious.")

    assert told.gate == "out_of_scope"
    assert not told.services


def test_a_sigh_about_projects_is_too_vague_and_gets_three_questions(tell):
    told = tell("Projects just aren't working for us.")

    assert told.gate == "too_vague"
    assert len(told.questions) == 3


def test_every_dial_turned_up_leads_to_the_double_dose(tell):
    told = tell(SEED, spread=2, persistence=1, severity=2, stakes=1, request=1)

    assert doses(told)["cost_control"] == 3


def test_every_dial_turned_down_leads_to_the_light_touch(tell):
    told = tell(SEED, spread=0, persistence=0, severity=-1, stakes=0, request=-1)

    assert set(doses(told).values()) == {1}
