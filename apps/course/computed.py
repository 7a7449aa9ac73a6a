"""Questions whose answer the person's own session has computed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Computed:
    """A question that results answer: on which page."""

    page: str


COMPUTED: dict[str, Computed] = {
    "smallest_file": Computed("gpt2_quantization"),
}
