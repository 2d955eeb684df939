"""Consult: a problem in plain words, and the prescription for it."""

import streamlit as st

from pmo_ml.catalogue import Catalogue
from pmo_ml.errors import PmoError
from pmo_ml.pages import parts
from pmo_ml.prescription import percent, prescribe
from pmo_ml.registry import Model
from pmo_ml.schema import LONGEST_STATEMENT, Prescription, Reasons, Service

EXAMPLE = (
    "Why are the projects from department X always incurring additional costs than were "
    "planned for?"
)


def main() -> None:
    catalogue = parts.cabinet_or_stop()
    model = parts.model_or_stop(catalogue)
    st.html(parts.STYLE)
    st.title("What is the problem?", anchor=False)
    st.markdown(
        "Say it as you would to a colleague. You get PMO services at a dose, with the reasons. "
        "Nothing leaves this machine."
    )
    asking()
    if asked := st.session_state.get("asked", ""):
        answer(asked, catalogue, model)


def asking() -> None:
    """The box. Each new question clears the dials of the one before."""
    with st.form("ask", border=False):
        st.text_area(
            "Your problem",
            key="draft",
            height=130,
            max_chars=LONGEST_STATEMENT,
            placeholder=EXAMPLE,
            label_visibility="collapsed",
        )
        with st.container(horizontal=True):
            st.form_submit_button("Prescribe", type="primary", on_click=_ask)
            st.form_submit_button("Show me an example", on_click=_ask, args=(EXAMPLE,))
            st.form_submit_button("Start again", type="tertiary", on_click=_start_again)
    if st.session_state.pop("nothing_typed", False):
        st.warning("Describe the problem in a sentence or two first.", icon=":material/edit:")


def _ask(example: str = "") -> None:
    if example:
        st.session_state["draft"] = example
    text = st.session_state.get("draft", "")
    st.session_state["nothing_typed"] = not text.strip()
    st.session_state["asked"] = text if text.strip() else ""
    _forget_answers()


def _start_again() -> None:
    st.session_state["draft"] = ""
    st.session_state["asked"] = ""
    _forget_answers()


def _forget_answers() -> None:
    for key in [key for key in st.session_state if str(key).startswith(("dial-", "turned-"))]:
        del st.session_state[key]


def answer(text: str, catalogue: Catalogue, model: Model) -> None:
    """The prescription. The dials stand below the services but are read first."""
    answers = {
        factor.id: st.session_state[f"dial-{factor.id}"]
        for factor in catalogue.factors
        if st.session_state.get(f"turned-{factor.id}")
    }
    try:
        told = prescribe(
            text,
            model.classifier,
            catalogue,
            model.card.thresholds,
            answers=answers,
            model_version=model.card.version,
        )
    except PmoError as error:
        st.error(str(error), icon=":material/error:")
        return
    if told.gate == "in_scope":
        label(told)
        dials(told, catalogue)
        around(told)
    else:
        st.html(parts.refusal_html(told))
    st.caption(f"Model {told.model_version} · catalogue {told.catalogue_version}")


def label(told: Prescription) -> None:
    """The services with their doses, and the person's own words with what spoke for each."""
    count = len(told.services)
    st.html(
        '<div class="label-head"><h2>Your prescription</h2><span>'
        f"{count} service{'s' if count > 1 else ''} · {told.effort} PMO days a month</span></div>"
    )
    for note in told.notes:
        st.warning(note, icon=":material/translate:")
    st.html(parts.words_html(told.statement, [service.reasons for service in told.services]))
    for number, service in enumerate(told.services, 1):
        with st.container(border=True):
            st.html(parts.service_html(number, service))
            _details(service)


def _details(service: Service) -> None:
    with st.expander("What this dose is, and how it was worked out"):
        st.html(parts.dose_detail_html(service))
        if service.reasons is not None:
            st.html(parts.sums_html(service.reasons, service.p_needed))


def dials(told: Prescription, catalogue: Catalogue) -> None:
    """The five factors as they were read; turning one changes the doses at once."""
    st.subheader("Did I hear you right?", anchor=False)
    st.markdown("Five things decide how strong a dose is. Turn what I misheard; the doses follow.")
    for factor, reading in zip(catalogue.factors, told.factors, strict=True):
        names = {step.level: step.name for step in factor.levels}
        st.segmented_control(
            factor.question,
            options=list(names),
            default=reading.level,
            format_func=names.__getitem__,
            required=True,
            key=f"dial-{factor.id}",
            on_change=_turned,
            args=(factor.id,),
        )
        st.caption(_how_read(reading.answered, reading.certainty, reading.reasons, reading.level))


def _turned(factor: str) -> None:
    st.session_state[f"turned-{factor}"] = True


def _how_read(answered: bool, certainty: float, reasons: Reasons | None, level: int) -> str:
    if answered:
        return "Set by you."
    heard = [item.text for item in reasons.evidence if item.weight > 0] if reasons else []
    if level != 0 and heard:
        return f"Read from “{'”, “'.join(heard[:2])}”, {percent(certainty)} sure."
    return f"Nothing in your words says otherwise, {percent(certainty)} sure."


def around(told: Prescription) -> None:
    """What is often given beside these services."""
    if not told.often_given_with:
        return
    st.subheader("Often given with it", anchor=False)
    st.markdown(
        "\n".join(
            f"- **{item.name}**, beside *{item.beside}*: {item.why}"
            for item in told.often_given_with[:4]
        )
    )


main()
