"""Three places of a model that a test may say to have been rounded."""

from quantization.experiments.sensitivity import Cell, Place

PLACES = (
    Place(None, "wte", ("transformer.wte", "lm_head"), 40),
    Place(0, "attn.c_attn", ("transformer.h.0.attn.c_attn",), 20),
    Place(0, "mlp.c_fc", ("transformer.h.0.mlp.c_fc",), 30),
)


def cell(place: Place, change: float) -> Cell:
    return Cell(place.block, place.kind, 100 * (1 + change), change, place.layers, place.parameters)
