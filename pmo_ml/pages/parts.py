"""What the pages share: the loaded model and cabinet, and HTML made from records.

The functions that make HTML are pure and escape every text they are given.
"""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NoReturn

import streamlit as st

from pmo_ml import registry, settings
from pmo_ml.catalogue import Catalogue, load_catalogue
from pmo_ml.errors import PmoError
from pmo_ml.prescription import percent
from pmo_ml.registry import Model
from pmo_ml.schema import Evidence, Prescription, Reasons, Service

STYLE = """
<style>
  .label-head { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem;
    flex-wrap: wrap; border-bottom: 2px solid currentColor; padding-bottom: .35rem; }
  .label-head h2 { margin: 0; padding: 0; font-size: 1.5rem; }
  .label-head span { font-size: .9rem; }
  .service-head { display: flex; justify-content: space-between; align-items: baseline;
    gap: .25rem 1rem; flex-wrap: wrap; }
  .service-head h3 { margin: 0; padding: 0; font-size: 1.18rem; }
  .dose { font-weight: 700; white-space: nowrap; }
  .dose .drops { letter-spacing: .12em; margin-right: .35em; }
  .service h3 { margin: 0; padding: 0; font-size: 1.18rem; }
  .service p { margin: .45rem 0 0 0; line-height: 1.5; }
  .service .small, .small { font-size: .92rem; }
  .service dl { display: grid; grid-template-columns: 8.5rem 1fr; gap: .25rem .75rem;
    margin: .7rem 0 0 0; line-height: 1.5; }
  .service dt { font-weight: 700; } .service dd { margin: 0; }
  blockquote.words { border-left: 4px solid color-mix(in srgb, currentColor 35%, transparent);
    margin: .2rem 0 0 0; padding: .3rem 0 .3rem 1rem; font-size: 1.08rem; line-height: 1.75;
    overflow-wrap: anywhere; white-space: pre-wrap; }
  blockquote.words mark { color: inherit; padding: .08em .15em; border-radius: .25em;
    background: color-mix(in srgb, #d9a72b 38%, transparent); }
  blockquote.words mark.faint { background: color-mix(in srgb, #d9a72b 17%, transparent); }
  blockquote.words sup { font-weight: 700; font-size: .68em; margin-left: .1em; }
  table.sums { border-collapse: collapse; width: 100%; font-size: .92rem; }
  table.sums th, table.sums td { text-align: left; padding: .2rem .5rem .2rem 0;
    border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
  table.sums td:last-child, table.sums th:last-child { text-align: right;
    font-variant-numeric: tabular-nums; }
  table.sums tr:last-child td { font-weight: 700; border-bottom: 0; }
  .calm { border: 1px solid color-mix(in srgb, currentColor 22%, transparent);
    border-radius: .6rem; padding: 1rem 1.2rem; line-height: 1.6; }
  .calm h2 { margin: 0 0 .3rem 0; padding: 0; font-size: 1.3rem; }
  .calm ol { margin: .5rem 0 0 0; }
  @media (max-width: 640px) {
    .service dl { grid-template-columns: 1fr; gap: 0; } .service dd { margin-bottom: .4rem; }
  }
</style>
"""


def cabinet_or_stop() -> Catalogue:
    """The catalogue; where it cannot be read, say so and end the page."""
    try:
        path = settings.catalogue_path()
        return _catalogue(str(path), path.stat().st_mtime_ns if path.exists() else 0)
    except PmoError as error:
        _sorry(error)


def model_or_stop(catalogue: Catalogue) -> Model:
    """The promoted model; where there is none that fits, say so and end the page."""
    root = settings.models_folder()
    try:
        return _model(registry.champion(root), str(root), catalogue.hash, catalogue)
    except PmoError as error:
        _sorry(error)


def _sorry(error: PmoError) -> NoReturn:
    st.error(error.message, icon=":material/error:")
    for problem in error.problems:
        st.markdown(f"- {problem}")
    if error.hint:
        st.info(f"Try: `{error.hint}`")
    st.stop()
    raise AssertionError("st.stop does not return")


@st.cache_resource(show_spinner=False, max_entries=2)
def _catalogue(path: str, changed: int) -> Catalogue:
    return load_catalogue(settings.catalogue_path())


@st.cache_resource(show_spinner="Fetching the model", max_entries=2)
def _model(version: str, root: str, catalogue_hash: str, _catalogue: Catalogue) -> Model:
    return registry.load(version, _catalogue, settings.models_folder())


def words_html(text: str, reasons: Sequence[Reasons | None]) -> str:
    """A person's own words, with the stretches that spoke for each service marked by number."""
    spoken = [
        (number, item)
        for number, reason in enumerate(reasons, 1)
        if reason is not None
        for item in reason.evidence
        if item.weight > 0
    ]
    strongest = max((item.weight for _, item in spoken), default=1.0)
    cuts = sorted({0, len(text), *(c for _, item in spoken for c in (item.start, item.end))})
    parts = []
    for start, end in pairwise(cuts):
        here = [(n, item) for n, item in spoken if item.start <= start and end <= item.end]
        parts.append(_marked(text[start:end], here, end, strongest))
    return f'<blockquote class="words">{"".join(parts)}</blockquote>'


def _marked(words: str, here: list[tuple[int, Evidence]], end: int, strongest: float) -> str:
    if not here:
        return escape(words)
    faint = max(item.weight for _, item in here) < strongest / 3
    closing = sorted({number for number, item in here if item.end == end})
    numbers = f"<sup>{','.join(map(str, closing))}</sup>" if closing else ""
    return f"<mark{' class=faint' if faint else ''}>{escape(words)}{numbers}</mark>"


def dose_html(service: Service) -> str:
    """Three drops and the dose's name; a prune is said in words."""
    drops = "●" * service.dose + "○" * (3 - service.dose)
    name = "cut it back" if service.prune else service.dose_name
    shown = f'<span class="drops" aria-hidden="true">{drops}</span>{escape(name)}'
    return f'<span class="dose">{shown}</span>'


def service_html(number: int, service: Service) -> str:
    """One line of the prescription: what, at which dose, why, and what happens first."""
    words = (
        [item.text for item in service.reasons.evidence if item.weight > 0][:3]
        if (service.reasons)
        else []
    )
    heard = ", ".join(f"“{escape(word)}”" for word in words)
    dose = (
        f"Cutting back: {escape(service.because)}."
        if service.prune
        else f"{escape(service.dose_name.capitalize())}: {escape(service.because)}."
    )
    effort = "" if service.prune else f" · {service.effort} PMO days a month"
    return (
        f'<div class="service"><div class="service-head"><h3>{number}. {escape(service.name)}</h3>'
        f"{dose_html(service)}</div>"
        f'<p class="small">{escape(service.certainty.capitalize())} needed '
        f"({percent(service.p_needed)}){effort}</p>"
        + (f"<p>I read it from {heard}. {dose}</p>" if heard else f"<p>{dose}</p>")
        + f"<p><strong>First weeks.</strong> {escape(service.first_weeks)}</p></div>"
    )


def dose_detail_html(service: Service) -> str:
    """What the dose is: the work, what one gets, how often, and when not to give it."""
    rows = {
        "The PMO": service.does,
        "You get": "; ".join(service.deliverables),
        "How often": service.cadence,
        "Effort": f"{service.effort} PMO days a month, once running",
        "Do not give it": " ".join(service.contra_indications),
    }
    cells = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows.items())
    return f'<div class="service"><dl>{cells}</dl></div>'


def sums_html(reasons: Reasons, p: float) -> str:
    """The arithmetic of one score: start, words, the rest, and what they come to."""
    rows = [("Before reading a word", reasons.start)]
    for item in reasons.evidence:
        concept = f" ({', '.join(item.concepts[:2])})" if item.concepts else ""
        rows.append((f"“{item.text}”{concept}", item.weight))
    rows.append(("all other words", reasons.rest))
    rows.append((f"score, which is {percent(p)}", reasons.score))
    cells = "".join(
        f"<tr><td>{escape(name)}</td><td>{value:+.2f}</td></tr>" for name, value in rows
    )
    return (
        '<table class="sums"><thead><tr><th scope="col">What was read</th>'
        f'<th scope="col">log-odds</th></tr></thead><tbody>{cells}</tbody></table>'
    )


def refusal_html(told: Prescription) -> str:
    """A kind answer where nothing is prescribed."""
    if told.gate == "too_vague":
        title = "Tell me a little more"
    else:
        title = "Nothing in the cabinet for this"
    notes = "".join(f"<p>{escape(note)}</p>" for note in told.notes)
    items = "".join(f"<li>{escape(question)}</li>" for question in told.questions)
    asked = f"<ol>{items}</ol><p>Add the answers to your text and ask again.</p>" if items else ""
    return (
        f'<div class="calm"><h2>{title}</h2>{notes}<p>{escape(told.message)}</p>{asked}'
        f'<p class="small">I am {percent(told.gate_certainty)} sure of this.</p></div>'
    )
