"""Writes docs/cli.md from the commands themselves: `python -m apps.reference`. A test keeps it current."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from apps.cli import PROGRAM, app

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
WIDTH = 100

INTRODUCTION = f"""# The terminal

<!-- Written by `python -m apps.reference`; change the commands, not this file. -->

Everything that the pages do can be done from a terminal, with options of the same names. Results go to standard
output, progress and errors to standard error: `{PROGRAM} translate < letter.txt > lettre.txt` gives a file with the
translation and nothing else.

The exit code is 0 only when everything asked for was done; 1 after an error, which one sentence explains; 2 for a
command line that does not exist or a number out of its range; and 130 after Ctrl-C, which keeps what is done.
`AULA_DEBUG=1` shows where an unforeseen error came from.

With `--json` the result is one JSON object or list:

- `run`: an object with the `address`.
- `setup`: an object with `python`, the interpreter that has everything.
- `detect`: an object with `model`, `device`, `precision`, `run_folder`, `counts` (how many of each label), `finished`
  (false after Ctrl-C) and `images`, a list of `image`, `annotated` (the picture with boxes, or null), `error` (a
  sentence, or null), `seconds` and, where there was no error, `image_size` (width, height), `counts` and `detections`
  (`label`, `class_id`, `confidence`, `box` as x1, y1, x2, y2 in pixels).
- `answer`: a list with, for each question, `question`, `answers` (`text`, `score`, `joint_score`, and `start` and `end`
  in characters of the text; an empty text means that the text does not tell), `no_answer_score` and `windows`.
- `translate`: a list with, for each line, `source`, `translation` and `target`.
- `summarize`: an object with `summary` (null after Ctrl-C), `parts` (the summaries of a long text's parts), `length`
  and `source_characters`; with aula/extractive also `sentences`, each sentence's `text`, `start` and `end` (in
  characters of the source), `score`, the `centrality`, `position` and `repetition` that it is made of, and `chosen`.
- `classify`: a list with, for each text, `text`, `label` (the likeliest), `score`, `scores` (of each label),
  `truncated` (whether its end was cut off) and, with `--explain` or `--label`, `explained` (that label) and `words`
  (`text`, `importance`, and `start` and `end` in characters of the text).
- `generate`: an object with `prompt`, `text` (only what is new), `seed`, `settings`, `finished` and, when finished,
  `tokens`, `seconds` and `tokens_per_second`.
- `memory`: an object with `model`, `source` (of the configuration), `parameters`, `parameters_by_part`,
  `linear_weights` (by type of layer), `plans`, a list of `model`, `precision`, `context` and `batch` (as used),
  `training`, `parameters`, bytes of `weights` (by part), `tables`, `cache`, `activations`, `gradients` and `moments`,
  `weight_bytes`, `total`, `most` (the highest total where only a number is known, else null), `notes` and `verdicts`;
  `refused` (a sentence for each precision that changes nothing), `rooms` (`name`, `device`, `total`, `free`) and
  `readings` (`precision`, `reading`, `predicted`, `difference`).
- `quantize`: an object with `model_id`, `device`, `prompt`, `text_start` and `text_characters` (of the measured text),
  `seed`, `max_new_tokens`, `threads`, `date`, `machine`, `processor`, `cpu_features`, `graphics_cards`, `versions`,
  `kept` (the folder of `--out`, or null) and `rows`, a list of `precision`, `file_bytes`, `footprint`, `peak_bytes`
  (what loading added at its highest to the `before_bytes` of a fresh process), `layers_changed` and `layers`,
  `load_seconds`, `prefill_tokens`, `prefill_tokens_per_second`, `prefill_slowest`, `prefill_fastest`,
  `tokens_per_second`, `slowest`, `fastest`, `perplexity`, `bits_per_byte`, `top1_agreement` (0 to 1) and
  `kl_divergence` (in nats, from fp32 to this precision, at `agreement_positions` places), `sample` and `error`. For
  question answering and translation it is what each precision costs in points; where nothing was measured, `model_id`,
  `precision` and `kept`.
- `bits`: an object with `number`, `saturating`, `formats` (a list of `format`, the bits as `sign`, `exponent` and
  `fraction`, `kind`, `value`, `exact`, `overflowed`, `absolute_error`, `relative_error`, `spacing`, and the format's
  `largest`, `smallest_normal`, `smallest_subnormal` and `epsilon`), `int8` (`scale`, `zero_point`, `code`, `unclamped`,
  `clamped`, `bits`, `value` and the two errors) and `nf4` (the same with `absmax`). Infinities and NaN are texts.
- `tensor`: without a layer a list of `name`, `part`, `block`, `outputs` and `inputs`; else an object with `model`,
  `layer`, `sampled` (`outputs`, `inputs`, `whole`), `outlier`, `bits`, `symmetric`, `granularity`, `group_size`,
  `clipping`, `mean_square_error`, `signal_to_noise` (in decibels, null where there is no error), `clipped_share` (0 to
  1), `bits_per_weight`, `mean_weight`, `histogram` (`edges`, `before`, `after`), `weight_picture`, `error_picture` and
  `comparison`, a list of other mappings with their figures.
- `sensitivity`: an object with `model_id`, `device`, `bits`, `symmetric`, `granularity`, `group_size`, `clipping`,
  `text_start`, `text_characters`, `baseline_perplexity`, `tokens`, `window` and `stride` (in tokens), `finished` (false
  after Ctrl-C), the machine as for `quantize`, and `cells`, a list of `block` (null for embeddings and head), `kind`,
  `perplexity`, `change` (0.02 is two per cent), `layers` and `parameters`.
- `freed`: an object with `model_id`, `precision`, `device`, `cycles_asked`, `verdict`, the machine as for `quantize`,
  `readings`, a list of `cycle`, `moment`, `seconds`, `resident`, `allocated` and `reserved` (in bytes; the last two on
  CUDA only), and `cycles`, a list of `number`, `footprint`, `remains` (bytes), `part` (of the footprint) and its own
  `readings`.
- `train`: what the training wrote into its result.json, `model_id` (with `--save`, else null) and `finished` (false
  after Ctrl-C): `accuracy`, `macro_f1`, `majority_accuracy` and `untrained_accuracy` (0 to 1, on the test rows),
  `labels`, `confusion` (a row for each label, a column for each answer), `mistakes` (`text`, `label`, `line`,
  `predicted`, `probability`), `trainable_parameters`, `total_parameters`, `settings`, `data` and `seconds`.
- `models list`: a list of `model_id`, `task`, `here`, `embedded`, `path`, `bytes`, `download_bytes`, `licence`,
  `languages` and `summary`; `models fetch`: a list of `model_id` and `path`; `models free`: a list of `model_id` and
  `freed_bytes`; `models share`: an object with `repository`, `address`, `private`, `files` (`file`, `bytes`) and
  `uploaded`.
"""


def reference() -> str:
    """The document: the introduction, and the help of each command."""
    program = typer.main.get_command(app)
    return INTRODUCTION + "".join(_sections(program, PROGRAM, None))


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    """The help of a command and of those below it. Typer's classes for commands are not public."""
    context = command.make_context(name, [], parent, resilient_parsing=True, terminal_width=WIDTH)
    yield f"\n## `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    for key, below in getattr(command, "commands", {}).items():
        yield from _sections(below, key, context)


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(reference(), encoding="utf-8", newline="\n")
