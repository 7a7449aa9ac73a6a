"""Numbers to store, each with what it shows."""

EXAMPLES = {
    "0.1": "No format holds one tenth: in binary its digits never end. See how many of them each format keeps.",
    "2049": "fp16 has 11 significant bits, so from 2048 on it skips every other whole number.",
    "300": "Beyond 256 the numbers of E4M3 are 32 apart, and int8 reaches as far as its scale lets it.",
    "65520": "The first number too large for fp16: halfway between 65504, its largest, and 65536, which it lacks.",
    "1e-5": "Subnormal in fp16: below its smallest normal number each halving costs one bit of the fraction.",
    "1e-8": "Becomes 0 in fp16. Small gradients vanish like this: one reason to train in bf16, or to scale the loss.",
    "16777217": "2²⁴ + 1, the first whole number that fp32 cannot hold: it has 24 significant bits.",
    "-0": "A zero with a sign of its own: equal to 0 when compared, but 1 divided by it is minus infinity.",
    "inf": "Infinity has all exponent bits set. E4M3 gave it up to reach 448 instead of 240.",
}

EXPLANATION = """
A floating-point number is **sign × 1.fraction × 2^(exponent − bias)**. The **exponent** bits decide how far a format
reaches, the **fraction** bits how close together its numbers are. Eight bits of exponent and few of fraction make
**bf16**: the range of fp32 with two to three digits. **fp16** spends its 16 bits the other way round.

- **Rounding**: the nearest number is stored, and of two equally near ones the even one, whose last bit is 0. What you
  type is kept as an exact fraction and rounded once; through fp32 first, it could be rounded twice and wrongly.
- **Subnormal** numbers have the exponent 0 and no hidden 1 in front. They fill the gap around zero in equal steps.
- **Overflow**: what is too large becomes infinity. E4M3 has no infinity, so it becomes NaN. A *saturating* conversion
  stores the largest number instead; hardware for fp8 usually does, and so does torch for E4M3.
- **int8** has equal steps everywhere: a code stands for `scale × (code − zero point)`, and what is out of range is
  clamped to the last code. One scale serves a whole block of weights.
- **NF4** has 16 levels, closer together near zero, where most weights of a model are. Each block of 64 weights keeps
  its largest absolute value (absmax) beside them.

The spacing chart shows both ideas: floating point has about the same *relative* step everywhere, a rising staircase;
int8 has the same *absolute* step, a flat line.
"""
SOURCES = ("quantization/see/number_formats.py", "quantization/see/number_codes.py")
LINKS = {
    "IEEE 754": "https://doi.org/10.1109/IEEESTD.2019.8766229",
    "FP8 formats for deep learning (Micikevicius et al., 2022)": "https://arxiv.org/abs/2209.05433",
    "A study of bfloat16 (Kalamkar et al., 2019)": "https://arxiv.org/abs/1905.12322",
    "Integer quantization (Jacob et al., 2018)": "https://arxiv.org/abs/1712.05877",
    "QLoRA, which introduced NF4": "https://arxiv.org/abs/2305.14314",
}
