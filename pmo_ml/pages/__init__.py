"""The Streamlit pages: `consult` and `cabinet`, with what they share in `parts`."""
