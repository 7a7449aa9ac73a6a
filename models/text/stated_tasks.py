"""What an encoder-decoder says of itself: what it translates, whether it summarizes, and with which settings.

Each family says it elsewhere. Nothing in `transformers` reads it, since its pipelines for these tasks are gone.

- **T5** has several tasks, each with an entry of its own in `task_specific_params`, and is told which in words.
- **BART** as it was pretrained fills gaps; it carries suggestions for several sets of news, of which none is its own
  (`summarization_cnn`, `summarization_xsum`). One that was trained to summarize has one entry, or limits of length
  among its settings for `generate`.
- **PEGASUS** was made to summarize and nothing else. Its settings for `generate` are those of the task.
- **Marian** translates: its tokenizer names the languages, or its vocabulary has a mark for each (`>>fra<<`).

Knows settings, not models: no torch.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from models.catalog import ModelCard, models_that
from models.errors import InvalidInput
from models.folders import read_json
from models.text.languages import LanguagePair, language_name, language_pair

TaskSettings = dict[str, Any]

# What a checkpoint may say of how its output is searched for, in generation_config.json, or in config.json before 2023.
SEARCH = ("num_beams", "length_penalty", "early_stopping", "max_length", "min_length", "no_repeat_ngram_size")
# Each length of a summary as a share of the checkpoint's own shortest and longest one (30 and 200 tokens for T5).
LENGTHS = {"short": (1 / 3, 0.4), "medium": (1.0, 1.0), "long": (2.5, 1.5)}
USUAL_LENGTH = 512
USUAL_TARGET = "french"
_MARK = re.compile(r">>(\S+)<<")
_FILLS_GAPS = "bart"
_LANGUAGES = ("source_lang", "target_lang")


def prefix(task: TaskSettings) -> str:
    """The words that tell the model its task, for instance “summarize: ”."""
    return task.get("prefix") or ""


def longest_output(task: TaskSettings) -> int:
    """The checkpoint's limit for one output, in tokens, the decoder's start token included."""
    limit: int = task.get("max_length", USUAL_LENGTH)
    return limit


def scaled(task: TaskSettings, shortest: float, longest: float) -> TaskSettings:
    """The task with its limits of length multiplied, as shares: 30 to 200 tokens times 1/3 and 0.4 are 10 to 80."""
    return task | {
        "min_length": round(task.get("min_length", 0) * shortest),
        "max_length": round(longest_output(task) * longest),
    }


def translations(tasks: Mapping[str, TaskSettings]) -> Iterator[tuple[str, TaskSettings]]:
    """The languages that English is translated to, as the prefixes spell them, in lower case, with their settings.

    The usual one comes first, as in the catalog: a configuration file has them in the order of the alphabet.
    """
    found = []
    for name, task in tasks.items():
        if match := re.fullmatch(r"translation_en_to_(\w+)", name):
            spelled = re.search(r"English to (\w+)", prefix(task))
            found.append(((spelled or match).group(1).lower(), task))
    yield from sorted(found, key=lambda each: each[0] != USUAL_TARGET)


class Tasks:
    """What a checkpoint says that it was trained to do; the rest is refused.

    `source` is the language that it translates, in lower case, None where it reads several or does not say;
    `translations` has the settings for each language that it writes, `summarization` those for summaries, or None.
    """

    def __init__(
        self,
        model_id: str,
        config: Mapping[str, Any],
        habits: Mapping[str, Any] | None = None,
        pair: LanguagePair = LanguagePair(),  # noqa: B008  # frozen
        vocabulary: Iterable[str] = (),
        summarizes: bool = False,
    ):
        """`config` and `habits` are the contents of config.json and of what is said of generating; None is not said.

        `summarizes` says that the model is known to; `vocabulary` may hold a mark for each language that it writes.
        """
        self.model_id = model_id
        self.kind = str(config.get("model_type"))
        self._architecture = str(next(iter(config.get("architectures") or ()), self.kind))
        described = config.get("task_specific_params") or {}
        own = {name: value for name in SEARCH if (value := (habits or {}).get(name)) is not None}
        self.source: str | None = None
        if self.kind == "marian":
            self.source = pair.source.lower() if pair.source else None
            self.translations = dict(_pairs(pair, vocabulary, own | {"sentence_by_sentence": True}))
        else:
            self.translations = dict(translations(described))
            self.source = "english" if self.translations else None
        self.summarization = _summarization(self.kind, described, own, summarizes)

    @classmethod
    def of(cls, card: ModelCard, model: Any, tokenizer: Any) -> "Tasks":
        """The tasks of a loaded model with its card."""
        config, habits = model.config.to_dict(), model.generation_config.to_dict()
        pair, marks = LanguagePair(), tuple[str, ...]()
        if config.get("model_type") == "marian":
            pair = language_pair({name: getattr(tokenizer, name, None) for name in _LANGUAGES}, card.model_id)
            marks = tuple(tokenizer.supported_language_codes)
        return cls(card.model_id, config, habits, pair, marks, "summarize" in card.verbs)

    @classmethod
    def in_folder(cls, card: ModelCard, folder: Path) -> "Tasks":
        """The tasks of a model that is not loaded."""
        config, marks = read_json(folder / "config.json"), tuple[str, ...]()
        if config.get("model_type") == "marian":
            marks = tuple(read_json(folder / "vocab.json"))
        pair = language_pair(read_json(folder / "tokenizer_config.json"), card.model_id)
        habits = read_json(folder / "generation_config.json") or config
        return cls(card.model_id, config, habits, pair, marks, "summarize" in card.verbs)

    @property
    def usual_target(self) -> str:
        """The language that is meant where none is named: French, or else the model's first. “” where there is none."""
        return USUAL_TARGET if USUAL_TARGET in self.translations else next(iter(self.translations), "")

    def translation(self, target: str) -> TaskSettings:
        """The settings for a language, in any case. Raises InvalidInput for one that is not offered."""
        if not self.translations:
            raise InvalidInput(f"{self._why_not('translate')} {_choose('translate')}")
        if target.strip().lower() not in self.translations:
            raise InvalidInput(
                f"{self.model_id} does not translate to “{target}”. Choose one of: {', '.join(self.translations)}."
            )
        return self.translations[target.strip().lower()]

    def summary(self, length: str) -> TaskSettings:
        """The settings for a summary. Raises InvalidInput for another length, or where there are no summaries."""
        if self.summarization is None:
            raise InvalidInput(f"{self._why_not('summarize')} {_choose('summarize')}")
        if length not in LENGTHS:
            raise InvalidInput(f"There is no length “{length}”. Choose one of: {', '.join(LENGTHS)}.")
        return scaled(self.summarization, *LENGTHS[length])

    def _why_not(self, verb: str) -> str:
        """What this model is, where it is not one that can be asked for `verb`."""
        if self.translations:
            languages = ", ".join(map(str.capitalize, self.translations))
            return f"{self.model_id} does not {verb}: it translates to {languages}."
        if self.summarization is not None:
            return f"{self.model_id} does not {verb}: it summarizes."
        if self.kind == "marian":
            return (
                f"{self.model_id} translates, and does not say between which languages (“source_lang” and "
                "“target_lang” in its tokenizer_config.json)."
            )
        return (
            f"{self.model_id} ({self._architecture}) says neither which languages it translates to nor that it "
            "summarizes, as one that was only pretrained, to fill gaps in texts: what it writes would mean nothing."
        )


def _choose(verb: str) -> str:
    return f"Choose a model that does, for instance {models_that(verb)[0].model_id}."


def _pairs(pair: LanguagePair, vocabulary: Iterable[str], task: TaskSettings) -> Iterator[tuple[str, TaskSettings]]:
    """The languages that a Marian writes: those that it has marks for, else the one of its name."""
    marks = [found.group(1) for token in vocabulary if (found := _MARK.fullmatch(token))]
    for mark in marks:
        yield (language_name(mark) or mark).lower(), task | {"prefix": f">>{mark}<< "}
    if not marks and (target := pair.target or pair.target_code):
        yield target.lower(), task


def _summarization(
    kind: str, described: Mapping[str, TaskSettings], own: TaskSettings, known: bool
) -> TaskSettings | None:
    entry = described.get("summarization")
    if kind == "pegasus":
        return own
    if kind != _FILLS_GAPS:
        return entry
    suggested = any(name.startswith("summarization_") for name in described)
    if entry and not suggested:
        return own | entry
    return own if known or {"min_length", "max_length"} & own.keys() else None
