"""The pages' logic, run by Streamlit's own tester without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from pmo_ml import settings
from tests.page import SEED


@pytest.fixture
def consult(shelf, monkeypatch):
    monkeypatch.setenv("PMO_ML_MODELS", str(shelf))
    return AppTest.from_file(str(settings.app_path()), default_timeout=60).run()


@pytest.fixture
def cabinet(consult):
    return consult.switch_page("pmo_ml/pages/cabinet.py").run()


def ask(app, text):
    app.text_area(key="draft").set_value(text)
    return button(app, "Prescribe").click().run()


def button(app, label):
    return next(item for item in app.button if item.label == label)


def told(app):
    """All that the page says, as one text."""
    html = [item.proto.body for item in app.get("html")]
    return "\n".join([*html, *(item.value for item in app.markdown)])


def dial(app, factor):
    return next(item for item in app.button_group if item.key == f"dial-{factor}")


def test_a_problem_gets_services_with_reasons_and_five_dials(consult):
    ask(consult, SEED)

    assert not consult.exception
    assert "Estimates, budgets and forecasts" in told(consult)
    assert "<mark" in told(consult)
    assert [item.key for item in consult.button_group] == [
        "dial-spread",
        "dial-persistence",
        "dial-severity",
        "dial-stakes",
        "dial-request",
    ]


def test_turning_a_dial_changes_the_dose_at_once(consult):
    ask(consult, SEED)
    before = told(consult)

    dial(consult, "severity").set_value(2).run()
    dial(consult, "stakes").set_value(1).run()
    dial(consult, "spread").set_value(2).run()

    assert "</span>double dose" not in before
    assert "</span>double dose" in told(consult)
    assert "Set by you." in [item.value for item in consult.caption]


def test_a_dial_turned_for_one_problem_is_forgotten_with_the_next(consult):
    ask(consult, SEED)
    dial(consult, "severity").set_value(2).run()

    ask(consult, "The canteen refit plan looks a little thin. Could someone glance at the dates?")

    assert "Set by you." not in [item.value for item in consult.caption]
    assert dial(consult, "severity").value != 2


def test_nothing_typed_asks_for_a_sentence(consult):
    button(consult, "Prescribe").click().run()

    assert [item.value for item in consult.warning] == [
        "Describe the problem in a sentence or two first."
    ]


def test_start_again_leaves_nothing_of_the_problem(consult):
    ask(consult, SEED)

    button(consult, "Start again").click().run()

    assert consult.text_area(key="draft").value == ""
    assert "department X" not in told(consult)
    assert not consult.button_group


def test_the_example_is_one_click_away(consult):
    button(consult, "Show me an example").click().run()

    assert consult.text_area(key="draft").value == SEED
    assert "Estimates, budgets and forecasts" in told(consult)


def test_what_is_typed_cannot_become_markup(consult):
    ask(consult, "<img src=x onerror=alert(1)> the <b>vendor</b> of our project is late again")

    assert "<img" not in told(consult)
    assert "&lt;img" in told(consult)


def test_another_language_is_refused_with_a_note(consult):
    ask(consult, "Unsere Lieferanten kommen seit Monaten zu spät und niemand weiß warum.")

    assert "I read English" in told(consult)
    assert not consult.button_group


def test_a_missing_model_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PMO_ML_MODELS", str(tmp_path))

    app = AppTest.from_file(str(settings.app_path()), default_timeout=60).run()

    assert "No model is promoted" in app.error[0].value
    assert "pmo-ml train" in app.info[0].value


def test_the_cabinet_shows_every_category(cabinet, catalogue):
    assert not cabinet.exception
    labels = [item.label for item in cabinet.button]
    assert labels == [f"**{category.name}**" for category in catalogue.categories]


def test_a_word_narrows_the_shelf(cabinet):
    cabinet.text_input(key="word").set_value("nobody speaks of this").run()

    assert not cabinet.button
    assert "No card speaks of" in cabinet.info[0].value


def test_a_card_opens_with_its_three_doses(cabinet, catalogue):
    cabinet.button(key="open-cost_control").click().run()

    assert cabinet.header[0].value == catalogue.category("cost_control").name
    assert all(dosage.does in told(cabinet) for dosage in catalogue.category("cost_control").doses)
