"""Cabinet: every category of service, at its three doses."""

from html import escape

import streamlit as st

from pmo_ml.catalogue import Catalogue, Category
from pmo_ml.pages import parts


def main() -> None:
    catalogue = parts.cabinet_or_stop()
    st.html(parts.STYLE)
    st.title("The cabinet", anchor=False)
    st.markdown(
        f"{len(catalogue.ids)} kinds of service, each at three doses. "
        "Open a card, or look for a word."
    )
    names = {category.id: category.name for category in catalogue.categories}
    with st.container(horizontal=True):
        word = st.text_input("Look for a word", key="word", placeholder="such as: supplier")
        chosen = st.selectbox(
            "Open a card",
            options=list(names),
            index=None,
            format_func=names.__getitem__,
            placeholder="choose a service",
            key="card",
        )
    if chosen:
        card(catalogue.category(chosen), catalogue)
    else:
        shelf([c for c in catalogue.categories if _holds(c, word)], word, catalogue)


def _holds(category: Category, word: str) -> bool:
    told = category.model_dump_json().lower()
    return word.strip().lower() in told


def shelf(categories: list[Category], word: str, catalogue: Catalogue) -> None:
    """The cards in brief."""
    if not categories:
        st.info(f"No card speaks of “{word}”.", icon=":material/search:")
    for category in categories:
        effort = " · ".join(f"{catalogue.doses[d.dose]} {d.effort}" for d in category.doses)
        with st.container(border=True):
            st.button(
                f"**{category.name}**",
                key=f"open-{category.id}",
                type="tertiary",
                on_click=_open,
                args=(category.id,),
            )
            st.html(
                f'<div class="service"><p>{escape(category.definition)}</p>'
                f'<p class="small">PMO days a month: {escape(effort)}</p></div>'
            )
    st.caption(catalogue.basis)


def _open(category: str) -> None:
    st.session_state["card"] = category


def card(category: Category, catalogue: Catalogue) -> None:
    """One card, whole."""
    st.header(category.name, anchor=False)
    st.markdown(f"{category.definition} {category.detail}")
    for dosage in category.doses:
        with st.container(border=True):
            drops = "●" * dosage.dose + "○" * (3 - dosage.dose)
            rows = {
                "The PMO": dosage.does,
                "You get": "; ".join(dosage.deliverables),
                "First weeks": dosage.first_weeks,
                "How often": dosage.cadence,
                "Effort": f"{dosage.effort} PMO days a month",
            }
            cells = "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in rows.items())
            name = escape(catalogue.doses[dosage.dose].capitalize())
            st.html(
                f'<div class="service"><h3><span aria-hidden="true">{drops}</span> {name}</h3>'
                f"<dl>{cells}</dl></div>"
            )
    _list("People say", [f"“{cue}”" for cue in category.cues])
    _list("Too much of it sounds like", [f"“{cue}”" for cue in category.overdose_cues])
    _list("When not to give it", category.contra_indications)
    _list("Side effects of an overdose", category.side_effects)
    _list("Often given with", [
        f"**{catalogue.category(b.category).name}**: {b.why}" for b in category.combines_with
    ])  # fmt: skip
    _list("Easily confused with", [
        f"**{catalogue.category(c.category).name}**: {c.how}" for c in category.confused_with
    ])  # fmt: skip
    _list("Not for", category.not_for)
    _list("What we would ask", [question.text for question in category.questions])


def _list(title: str, items: list[str] | tuple[str, ...]) -> None:
    if items:
        st.subheader(title, anchor=False)
        st.markdown("\n".join(f"- {item}" for item in items))


main()
