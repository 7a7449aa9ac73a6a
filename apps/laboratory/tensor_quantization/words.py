"""Settings that make a point, each with what to look at; no figures, because they depend on the layer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExampleSettings:
    """What the controls are set to, and what that shows."""

    remark: str
    bits: int
    granularity: str
    clipping: float = 100.0
    group_size: int = 64
    outlier: bool = False
    kind: str = "symmetric"


EXAMPLES = {
    "8 bits: hardly visible": ExampleSettings(
        "256 levels for each output: both histograms cover each other, and the picture of the error stays dark.",
        bits=8,
        granularity="channel",
    ),
    "3 bits per tensor: broken": ExampleSettings(
        "Eight levels for all weights, spread as far as the largest of them. Weights near zero all become 0, and the "
        "error there is as large as they are.",
        bits=3,
        granularity="tensor",
    ),
    "3 bits in groups of 32: better": ExampleSettings(
        "The same eight levels, but 32 neighbours share a scale of their own. It costs one more bit for each weight.",
        bits=3,
        granularity="group",
        group_size=32,
    ),
    "One outlier spoils the scale": ExampleSettings(
        "One weight was made four times as large as the largest. All others share its scale and pay for it.",
        bits=4,
        granularity="tensor",
        outlier=True,
    ),
    "One outlier: clipping helps": ExampleSettings(
        "The same outlier, but the range ends where 99.9 % of the weights do: few weights are cut, all others get "
        "smaller steps. The decibels beneath the ratio say whether that pays.",
        bits=4,
        granularity="tensor",
        clipping=99.9,
        outlier=True,
    ),
}

EXPLANATION = """
Each weight becomes an integer **code** that stands for `scale × (code − zero point)`. With *n* bits there are 2ⁿ codes.
This page quantizes the weights of a real layer and turns them back; what is different then is the error.

- **Symmetric** mappings have their zero point at code 0 and reach equally far to both sides. **Affine** ones go from
  the smallest weight to the largest, which helps where the weights are not centred on zero.
- **Granularity** says who shares a scale: the whole tensor, all weights of one output (channel), or a group of
  neighbours in a channel. Finer scales follow the weights better and cost bits of their own.
- **Clipping** lets the range end at a percentile of the absolute weights. The few beyond it are cut; all others get
  smaller steps. It helps with few bits and long tails, and does harm with many bits.
- **Signal-to-noise ratio** compares the weights with the error: 20 dB is an error of a tenth of the weights (root mean
  square), 40 dB of a hundredth. Each bit halves the steps, and that is worth about 6 dB.

Large layers are sampled: at most 262,144 weights, whole rows evenly spaced, and scales are those of the sample. What an
error in the weights does to the answers is another question: “GPT-2 quantization” measures that.
"""
SOURCES = ("quantization/mapping.py", "quantization/see/tensor_study.py", "quantization/see/tensor_sample.py")
LINKS = {
    "Integer quantization (Jacob et al., 2018)": "https://arxiv.org/abs/1712.05877",
    "Quantization: 50 years of signal to noise (Gray & Neuhoff, 1998)": "https://doi.org/10.1109/18.720541",
    "Outliers in transformers: LLM.int8() (Dettmers et al., 2022)": "https://arxiv.org/abs/2208.07339",
    "GPTQ, with groups of weights (Frantar et al., 2022)": "https://arxiv.org/abs/2210.17323",
}
