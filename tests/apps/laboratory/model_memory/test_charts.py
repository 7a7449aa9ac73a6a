"""The bars of what a model needs."""

from apps.laboratory.model_memory.charts import plan_chart
from quantization.predict.count import plan_for_count
from quantization.predict.forecast import Room
from quantization.predict.plan import plan

GPT2 = "openai-community/gpt2"


def test_the_line_of_this_machine_is_drawn_where_it_leaves_something_to_be_seen() -> None:
    plans = [plan(GPT2), plan(GPT2, "int8")]
    near, far = (Room("RAM", "cpu", total, total) for total in (10**9, 10**12))
    assert len(plan_chart(plans, [near]).layer) == 4
    assert len(plan_chart(plans, [far]).layer) == 2
    assert len(plan_chart([plan_for_count(110_000_000, "int8")], [near]).layer) == 5  # with the range
