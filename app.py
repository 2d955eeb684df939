"""The page. Only wires the pages together: `pmo-ml serve`, or `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

import pmo_ml

PAGES = Path(pmo_ml.__file__).parent / "pages"

st.set_page_config(page_title="pmo_ml", page_icon=str(PAGES / "icon.svg"), layout="centered")
st.navigation(
    [
        st.Page(PAGES / "consult.py", title="Consult", icon=":material/stethoscope:", default=True),
        st.Page(PAGES / "cabinet.py", title="Cabinet", icon=":material/shelves:"),
    ],
    position="top",
).run()
