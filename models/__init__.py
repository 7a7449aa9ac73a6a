"""Thin wrappers around real models. Nothing here prints, knows Streamlit, or imports another package of the suite."""
