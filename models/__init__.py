"""Thin wrappers around real models. Nothing here knows of Streamlit, prints, or imports another package of the suite."""
