"""The pictures of a training on the page: what tells them from those that were looked at before."""

import pytest
import streamlit as st

from apps.demos.teach_pictures import classes, data
from tests.training.pictures.drawn import picture


def test_a_file_that_cannot_be_used_is_seen_among_the_facts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(data, "show_classes", classes.own_classes)
    number = classes.own_classes()[0].number
    classes.add_pictures(number, [("mug.jpg", picture(seed=1))])
    before = data._by_hand()
    classes.add_pictures(number, [("broken.jpg", b"no picture")])
    after = data._by_hand()
    assert len(after.data.left_out) == 1
    assert before.key != after.key, "by the same key, the page would show the facts without it"
