"""What a text says is fine counts against a service, not for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_ml.features import TextFeatures
from pmo_ml.fine import hear
from pmo_ml.reading import read


def fine(text):
    """The words said to be fine."""
    heard = hear(read(text))
    return " ".join(heard.tokens[place] for place in sorted(heard.fine))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The budget is fine, but the dates keep slipping.", "the budget is fine"),
        ("Money isn't the problem; nobody decides.", "money isn't the problem"),
        ("No complaints about the vendor. The plan is missing.", "no complaints about the vendor"),
        ("Dates slip. The crew's fine.", "the crew's fine"),
        ("Plenty of people - no plan.", "plenty of people"),
        ("Users love the system, yet nothing is saved.", "users love the system"),
        ("It's not that we lack money: we lack owners.", "it's not that we lack money"),
        ("Costs are well under control although the scope grows.", "costs are well under control"),
    ],
)
def test_praise_marks_its_piece_of_the_sentence_and_no_more(text, said):
    assert fine(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "The budget is not fine.",
        "Is the plan any good?",
        "The problem is the budget.",
        "Our projects are always late.",
        "There is no owner, no plan and no budget.",
        "",
    ],
)
def test_a_plain_complaint_is_not_taken_for_praise(text):
    assert fine(text) == ""


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=100)
def test_any_text_is_heard_and_keeps_its_tokens(text):
    reading = read(text)

    heard = hear(reading)

    assert heard.tokens == reading.tokens
    assert heard.spans == reading.spans
    assert all(0 <= place < len(heard.tokens) for place in heard.fine)


def test_words_said_to_be_fine_are_features_of_their_own():
    texts = ["the budget is fine, nobody decides", "the budget is gone"]
    features = TextFeatures({"money": ("budget",)}, rarest_word=1, rarest_other=1).fit(texts)

    names = set(features.get_feature_names_out())

    assert {"words:~budget", "words:budget", "concepts:fine: money", "concepts:money"} <= names


def test_a_fine_area_is_not_prescribed_for(shelf, catalogue):
    from pmo_ml import registry
    from pmo_ml.prescription import prescribe

    model = registry.load_champion(catalogue, shelf)
    told = prescribe(
        "Budgets are under control and the reports are fine. Nobody uses the CRM we rolled out.",
        model.classifier,
        catalogue,
        model.card.thresholds,
    )

    given_ = {service.category for service in told.services}
    assert "stakeholder_adoption" in given_
    assert not given_ & {"cost_control", "reporting_visibility"}
