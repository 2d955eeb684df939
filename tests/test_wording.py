import pandas as pd
import pytest

from pmo_ml import wording
from pmo_ml.prescription import percent, prescribe


@pytest.fixture(scope="module")
def tell(trained, catalogue):
    def text(statement):
        told = prescribe(statement, trained.classifier, catalogue, trained.thresholds)
        return told, wording.prescription_text(told, catalogue)

    return text


def test_a_prescription_names_each_service_its_dose_and_its_effort(tell):
    told, text = tell("Our contractor misses every milestone and bills for extras on the new site.")

    assert told.services
    for service in told.services:
        assert f"{service.name}: {service.dose_name.upper()}" in text
        assert percent(service.p_needed) in text
    assert f"{told.effort} PMO days a month" in text


def test_no_line_is_wider_than_a_terminal(tell):
    _, text = tell("Every project in the group lands late and the board has lost patience with it.")

    prose = [line for line in text.splitlines() if "○" not in line]
    assert max(map(len, prose)) <= wording.WIDTH


def test_a_refusal_is_said_kindly_and_without_services(tell):
    told, text = tell("🙂🙂🙂")

    assert told.gate != "in_scope"
    assert "PMO days a month" not in text
    assert "no words here" in text


def test_a_card_shows_doses_cues_and_warnings(catalogue):
    category = catalogue.category("reporting_visibility")

    text = wording.category_text(category, catalogue)

    for part in (category.name, "LIGHT TOUCH", "DOUBLE DOSE", category.cues[0], "Do not give it"):
        assert part in text


def test_the_cabinet_in_brief_has_a_line_for_each_category(catalogue):
    text = wording.catalogue_text(catalogue)

    assert all(name in text for name in catalogue.ids)


def test_numbers_stand_to_the_right_and_a_missing_one_is_a_dash():
    table = wording.table_text(pd.DataFrame({"name": ["a", "long"], "figure": [0.5, float("nan")]}))

    assert table.splitlines() == ["  name  figure", "  a      0.500", "  long       –"]
