"""What the page “Speed here” explains; no measured figures, because they depend on the machine."""

EXPLANATION = """
How fast a model answers depends on the machine, on the program around it, and on how its numbers are stored. This page
measures all three at once, on the machine that Aula runs on, with work that comes with the suite: real questions,
sentences and photographs.

- **Plain** is what one would write with transformers or PyTorch alone: fp32, one thing after the other. For YOLOv5 it
  is the same network with the steps of its own detect.py.
- **Here** is the suite's own way, as its pages do it, in a precision that you choose. **1 ×** is as fast as plain.
- **In turns**: both sides are in memory and take turns in short rounds, so that whatever else the machine does falls
  on both. The ratio is the median over the rounds; the line through each bar is its 95 % interval. Where that holds 1,
  no difference was measured.
- **Several things together**: much of the gain is not arithmetic. Twelve sentences sorted by length and read together
  leave the processor less to wait for than one after another.
- **Fewer bits** help where the processor has instructions for them (*AVX-512 VNNI*, *AMX*); where it has not, int8 can
  be slower than fp32. That is why two laptops disagree, and why one measures.
- **A busy machine** measures its other programs. What they used meanwhile is noted in the file, and said in a warning.
- **auto**, with which the other pages begin, takes the fastest precision of those that cost a model little. Aula
  measures that once for each model, when nobody computes. The view “What auto takes” has it measured now, as does
  `python aula.py benchmark --auto`.

**Quality is not judged here.** A precision that is fast and wrong helps nobody: the page “Quality and speed” says
what it costs in points.
"""
SOURCES = (
    "quantization/race/rounds.py",
    "quantization/race/plain.py",
    "quantization/race/ours.py",
    "quantization/measure/turns.py",
    "quantization/race/run.py",
)
LINKS = {
    "Confidence ranges for the median (Thompson, 1936)": "https://doi.org/10.1214/aoms/1177732502",
    "Measuring code in PyTorch": "https://docs.pytorch.org/tutorials/recipes/recipes/benchmark.html",
}
QUALITY = "How good the answers are is not judged here: “Quality and speed” does that."
