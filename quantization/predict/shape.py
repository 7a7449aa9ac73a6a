"""The numbers of a configuration that decide the allowance for what a running model computes with.

Every family of models has its own names for them; transformers maps most to one, and the rest is mapped here.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_WRITTEN_OUT = ("gelu_new", "gelu_fast", "gelu_python")  # torch's own functions need no copies between their steps


@dataclass(frozen=True)
class Shape:
    """Sizes in numbers, not bytes.

    `written_blocks` are those of the part that writes, `blocks` those of the part that reads; most have one part.
    `inner` is the width inside a feed-forward layer, of which `inner_copies` are alive at once. `positions` are the
    tokens that the model can read at once, None where nothing says; those of a `picture` where pictures go in. `eager`
    models make the whole table of attention scores.
    """

    hidden: int
    blocks: int
    written_blocks: int
    heads: int
    key_value_heads: int
    head_size: int
    inner: int
    inner_copies: int
    vocabulary: int
    positions: int | None
    writes: bool
    encoder_decoder: bool
    eager: bool
    picture: bool = False

    @property
    def queries(self) -> int:
        """Numbers of a token's queries in one block."""
        return self.heads * self.head_size

    @property
    def keys(self) -> int:
        """Numbers of a token's keys in one block; its values are as many."""
        return self.key_value_heads * self.head_size


def shape_of(config: Any, model: "PreTrainedModel") -> Shape | None:
    """The shape of a transformer; None for a model without attention heads, or one that says too little."""
    from models.text.tokens import positions  # brings torch, which is there with the model

    text = config.get_text_config()
    try:
        hidden, heads = int(text.hidden_size), int(text.num_attention_heads)
        head_size = int(_first(text, "head_dim", "d_kv") or hidden // heads)
        blocks = int(text.num_hidden_layers)
    except (AttributeError, TypeError, ZeroDivisionError):
        return None
    return Shape(
        hidden=hidden,
        blocks=blocks,
        written_blocks=int(_first(text, "num_decoder_layers", "decoder_layers") or blocks),
        heads=heads,
        key_value_heads=int(_first(text, "num_key_value_heads") or heads),
        head_size=head_size,
        inner=_widest(_first(text, "intermediate_size", "n_inner", "d_ff", "hidden_dim", "ffn_dim") or 4 * hidden),
        inner_copies=_inner_copies(text, model),
        vocabulary=int(_first(text, "vocab_size") or 0),
        positions=_patches(text) or positions(model, text),
        picture=_patches(text) is not None,
        writes=bool(model.can_generate()),
        encoder_decoder=bool(config.is_encoder_decoder),
        eager=model.config._attn_implementation == "eager",
    )


def _first(config: Any, *names: str) -> Any:
    values = (getattr(config, name, None) for name in names)
    return next((value for value in values if value), None)


def _widest(size: int | list[int]) -> int:
    """The largest of the blocks, where a configuration has a number for each (Gemma 3n)."""
    return max(map(int, size)) if isinstance(size, list) else int(size)


def _inner_copies(text: Any, model: "PreTrainedModel") -> int:
    """Before and after the activation function; two more where it is a formula in Python, one more for a gate."""
    function = str(_first(text, "hidden_act", "activation_function", "dense_act_fn", "activation"))
    names = (name.rpartition(".")[2] for name, _ in model.named_modules())
    gated = any(name in ("gate_proj", "wi_1", "gate_up_proj") for name in names)
    return 2 + 2 * (function in _WRITTEN_OUT) + gated


def _patches(config: Any) -> int | None:
    """The tokens of a picture, the one that decides included; None where no patches go in."""
    image, patch = getattr(config, "image_size", None), getattr(config, "patch_size", None)
    if not isinstance(image, int) or not isinstance(patch, int) or not patch:
        return None
    return (image // patch) ** 2 + 1
