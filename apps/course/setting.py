"""Sets the widgets of a page as a step of a walkthrough wishes.

A course is data of a teacher, so it may write only where the visitor could: into widgets that the page has drawn for
this visitor, and of those none that leads to files or to other machines (`apps.course.forbidden`). What a page draws
only after something else is set, as behind a chooser of views, is set when it is there: the page runs again, until
nothing more can be set. A page that does not bear a value gets its former values back.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitValueAssignmentNotAllowedError
from streamlit.runtime.scriptrunner import StopException

from apps.course.drawn import drawn_keys
from apps.course.forbidden import is_forbidden
from apps.course.walkthrough import Plain, Step
from apps.ui.examples import ExampleWish, forget_wish, wish_for

_WISH, _DRAWN, _RESULT, _BACK = "course-wish", "course-drawn", "course-set", "course-former"
MOST_NAMED = 12  # of what there is instead


@dataclass
class Wish:
    """What is to be set on a page, and how far that is. `former` holds the values that were there before."""

    page: str
    place: int
    example: ExampleWish | None
    remaining: dict[str, Plain]
    written: dict[str, Any] = field(default_factory=dict)
    former: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class WasSet:
    """How setting a page for the step at this place ended; without problems, as it should.

    `too_early` where something was not on the page, which may come with a button that the step asks to press.
    """

    page: str
    place: int
    problems: tuple[str, ...]
    too_early: bool = False


def ask_for(page: str, place: int, step: Step, session: MutableMapping[Any, Any] | None = None) -> None:
    """Set the page for a step when it is drawn next; `session` is that of the visitor, unless given."""
    session = st.session_state if session is None else session
    example = ExampleWish(step.example, step.settings.keys()) if step.example is not None else None
    session[_WISH] = Wish(page, place, example, dict(step.settings))
    session.pop(_RESULT, None)


def was_set(page: str, place: int) -> WasSet | None:
    """How setting the page for this step ended, if that was what was set last."""
    result: WasSet | None = st.session_state.get(_RESULT)
    return result if result is not None and (result.page, result.place) == (page, place) else None


def run_page(page: str, run: Callable[[], None]) -> None:
    """Draw a page with `run`, and set on it what was asked for."""
    st.session_state.update(st.session_state.pop(_BACK, {}))
    wish: Wish | None = st.session_state.get(_WISH)
    if wish is not None and wish.page != page:  # the visitor has gone on
        _forget()
        wish = None
    if wish is None:
        try:
            run()
        finally:  # a page may end itself early
            st.session_state[_DRAWN] = (page, drawn_keys())
        return
    _write(wish, _keys_drawn_last(page))
    try:
        run()
    except StopException:  # the page had nothing more to draw
        pass
    except Exception as error:
        _take_back(wish, error)
        st.rerun()
    keys = drawn_keys()
    st.session_state[_DRAWN] = (page, keys)
    if not keys.isdisjoint(wish.remaining):
        st.rerun()
    _finish(wish, keys)
    st.rerun()  # the panel, which is drawn before the page, says how it ended


def _keys_drawn_last(page: str) -> frozenset[str]:
    name, keys = st.session_state.get(_DRAWN, ("", frozenset()))
    return keys if name == page else frozenset()


def _write(wish: Wish, drawn: frozenset[str]) -> None:
    """Write what the page has widgets for, before they are drawn."""
    if wish.example is not None and not wish.example.taken:
        wish_for(wish.example)
    for key in [key for key in wish.remaining if key in drawn]:
        value = wish.remaining.pop(key)
        former = st.session_state.get(key)
        if is_forbidden(key):
            wish.problems.append(f"A course may not set “{key}”.")
            continue
        try:
            wish.written[key] = alike(former, value)
        except TypeError as error:
            wish.problems.append(f"“{key}” cannot be {shown(value)}: it takes {error}, and stands at {shown(former)}.")
            continue
        wish.former[key] = former
        st.session_state[key] = wish.written[key]


def alike(former: object, value: Plain) -> Any:
    """The value as the widget holds its own: 3 as “3” in a field for text, as 3.0 where there are fractions.

    Raises:
        TypeError: it is of another kind; the message says what the widget takes.
    """
    match former, value:
        case (None, _) | (bool(), bool()) | (str(), str()):
            return value
        case bool(), _:
            raise TypeError("true or false")
        case str(), int() | float() if not isinstance(value, bool):
            return str(value)
        case str(), _:
            raise TypeError("a text")
        case int() | float(), int() | float() if not isinstance(value, bool) and type(former)(value) == value:
            return type(former)(value)
        case int(), _:
            raise TypeError("a whole number")
        case float(), _:
            raise TypeError("a number")
        case (tuple(), list()) if len(former) == len(value):
            return tuple(alike(*pair) for pair in zip(former, value, strict=True))
        case list(), list():
            return list(value)
        case list() | tuple(), _:
            raise TypeError(f"a list of {len(former)} values" if isinstance(former, tuple) else "a list")
    raise TypeError("what only a person can give")


def _take_back(wish: Wish, error: Exception) -> None:
    """The page did not bear what was written: everything stands as before."""
    if not wish.former:
        _forget()
        raise error  # not the fault of what was set
    for key, former in wish.former.items():
        if isinstance(former, bool) and isinstance(error, StreamlitValueAssignmentNotAllowedError):
            del st.session_state[key]  # it may be a button, which may not have any value
        else:
            st.session_state[key] = former
    names = ", ".join(f"“{key}” ({shown(value)})" for key, value in wish.written.items())
    reason = " ".join(str(error).split())[:300]
    _end(wish, [f"The page does not take {names}, so nothing was set: {reason}"])


def _finish(wish: Wish, drawn: frozenset[str]) -> None:
    """Look at what became of everything, and say what did not come about."""
    problems = list(wish.problems)
    if wish.example is not None and not wish.example.taken:
        offered = _named(wish.example.offered)
        there = f"Its examples are: {offered}." if offered else "It has no examples to choose from just now."
        problems.append(f"The page has no example “{wish.example.name}”. {there}")
    if wish.remaining:
        names = ", ".join(f"“{key}”" for key in wish.remaining)
        there = _named(sorted(key for key in drawn if not is_forbidden(key)))
        problems.append(f"The page draws no widget {names}. It draws: {there}.")
    refused = [key for key, value in wish.written.items() if key not in drawn or st.session_state.get(key) != value]
    problems += [f"“{key}” cannot be {shown(wish.written[key])} here: the page does not take it." for key in refused]
    st.session_state[_BACK] = {key: wish.former[key] for key in refused}  # before the widgets are drawn again
    _end(wish, problems)


def _end(wish: Wish, problems: list[str]) -> None:
    too_early = bool(wish.remaining) or (wish.example is not None and not wish.example.taken)
    st.session_state[_RESULT] = WasSet(wish.page, wish.place, tuple(problems), too_early)
    _forget()


def _forget() -> None:
    st.session_state.pop(_WISH, None)
    forget_wish()


def _named(names: list[str]) -> str:
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"“{name}”" for name in names[:MOST_NAMED]) + more


def shown(value: object) -> str:
    """A value in a sentence, cut where it is long."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
