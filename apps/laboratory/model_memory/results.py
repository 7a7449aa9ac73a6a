"""What a model needs: its parts, the bars, the verdicts, and what others have read."""

import pandas as pd
import streamlit as st

from apps.laboratory.model_memory.charts import plan_chart, rooms_beyond
from apps.laboratory.model_memory.sentences import (
    difference_text,
    reading_text,
    remark_on_readings,
    thresholds_text,
    total_text,
)
from apps.ui.downloads import show_report_files
from apps.ui.markdown import message
from apps.ui.messages import show_failures
from apps.words.amounts import parameters_text
from models.wording import counted_size_text, size_text
from quantization.predict.forecast import Forecast, Room, Verdict, lacks_text, verdicts
from quantization.predict.plan import COMPONENTS, MemoryPlan
from quantization.result_files import json_text

ICONS = {
    Verdict.FITS: ":green[:material/check_circle:]",
    Verdict.TIGHT: ":orange[:material/warning:]",
    Verdict.DOES_NOT_FIT: ":red[:material/cancel:]",
    Verdict.NOT_KNOWN: ":orange[:material/help:]",
}


def show_forecast(forecast: Forecast) -> None:
    """Everything, from the answer to the details."""
    show_parameters(forecast)
    if forecast.lacks is not None:
        st.warning(message(lacks_text(forecast.lacks)), icon=":material/help:")
    show_failures(forecast.refused)
    if not forecast.plans:
        return
    show_verdicts(forecast)
    st.altair_chart(plan_chart(forecast.plans, forecast.rooms))
    for room in rooms_beyond(forecast.plans, forecast.rooms):
        st.caption(f"{message(room.name)} ends far to the right of this chart, at {size_text(room.total)}.")
    show_notes(forecast.plans)
    if forecast.readings:
        show_readings(forecast)
    show_table(forecast)
    if forecast.parameters is not None:
        show_parts(forecast)
    show_report_files("model-memory", forecast.to_csv(), json_text(forecast.as_dict()), forecast.to_markdown())


def show_parameters(forecast: Forecast) -> None:
    """How many there are, and what quantization can get hold of."""
    exact = f"**{forecast.count:,} parameters** ({parameters_text(forecast.count)})"
    if forecast.linear_weights is None:
        st.markdown(f"{exact}.")
        return
    kinds = " and ".join(f"{count:,} in layers of the type `{kind}`" for kind, count in forecast.linear_weights.items())
    st.markdown(
        f"{exact}, of which {kinds or 'none in linear layers'}. Configuration: {forecast.source}. "
        f"Built as `{forecast.built_as}`."
    )


def show_verdicts(forecast: Forecast) -> None:
    """A plain line for each precision, and what this machine has."""
    st.markdown("  \n".join(verdict_text(plan, forecast.rooms) for plan in forecast.plans))
    st.caption(thresholds_text(forecast.rooms))


def verdict_text(plan: MemoryPlan, rooms: tuple[Room, ...]) -> str:
    """One precision: “bnb-nf4: 6.3 GB, fits in RAM”."""
    judged = verdicts(plan, rooms)
    needs = f"**{plan.precision}** needs {total_text(plan)}"
    if not judged:
        return f":material/block: {needs}; it runs on CUDA only, and this machine has no NVIDIA card."
    worst = judged[next(iter(judged))]
    fits = "; ".join(f"{verdict} in {message(room.name)}" for room, verdict in judged.items())
    return f"{ICONS[worst]} {needs}: {fits}"


def show_notes(plans: tuple[MemoryPlan, ...]) -> None:
    """What was assumed, each sentence once."""
    for note in dict.fromkeys(note for plan in plans for note in plan.notes):
        st.caption(f":material/info: {message(note)}")


def show_readings(forecast: Forecast) -> None:
    """What others read, beside what is predicted for the weights alone."""
    with st.container(border=True):
        st.markdown("**Predicted beside the course's reading** (weights alone)")
        table = pd.DataFrame(
            {
                "Precision": [row.reading.precision for row in forecast.readings],
                "Read": [reading_text(row.reading.bytes, row) for row in forecast.readings],
                "Predicted": [reading_text(row.predicted, row) for row in forecast.readings],
                "Difference": [difference_text(row) for row in forecast.readings],
            }
        )
        st.table(table.set_index("Precision"))
        st.markdown(message(remark_on_readings(forecast.model, forecast.readings, forecast.plans)))


def show_table(forecast: Forecast) -> None:
    """Every plan in numbers: weights in one column, then what comes on top."""
    others = _additions(forecast)
    fp32 = next((plan.weight_bytes for plan in forecast.plans if plan.precision == "fp32"), None)
    rows = [
        {
            "Precision": plan.precision,
            "Weights": counted_size_text(plan.weight_bytes),
            **({"of fp32": f"{plan.weight_bytes / fp32:.0%}"} if fp32 else {}),
            **{name.capitalize(): size_text(plan.components[name]) for name in others},
            "Total": total_text(plan),
            **{room.name: str(verdicts(plan, forecast.rooms).get(room, "–")) for room in forecast.rooms},
        }
        for plan in forecast.plans
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _additions(forecast: Forecast) -> list[str]:
    """What comes on top of the weights and can be seen beside them."""
    seen = {name for plan in forecast.plans for name in plan.visible if name not in plan.weights}
    return [name for name in COMPONENTS if name in seen]


def show_parts(forecast: Forecast) -> None:
    """Parameters of each part, and its bytes in each precision."""
    parameters, plans = forecast.parameters or {}, forecast.plans
    with st.expander("Weights by part", icon=":material/table_rows:"):
        parts = [part for part, count in parameters.items() if count or any(plan.weights[part] for plan in plans)]
        table = {"Part": [*parts, "all"], "Parameters": [*(parameters[part] for part in parts), forecast.count]}
        for plan in plans:
            table[plan.precision] = [
                counted_size_text(size) for size in (*(plan.weights[part] for part in parts), plan.weight_bytes)
            ]
        columns = {"Parameters": st.column_config.NumberColumn(format="localized")}
        st.dataframe(pd.DataFrame(table), hide_index=True, column_config=columns)
        st.caption(
            "A head that shares the embedding's matrix has no parameters of its own; where a precision gives it a "
            "copy, that has bytes."
        )
