"""Whether a tokenizer and the weights beside it belong together, once both are loaded.

A model takes any number for a token, and answers with confidence whatever it means. So that is found out before.
"""

from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.errors import AulaError, UnsupportedCheckpoint
from models.folders import read_json
from models.tasks import Kind, Task
from models.weights.completeness import no_tokenizer, require_one_numbering, require_whole

# Tables are filled up to round numbers: 50,257 tokens in 50,304 rows. No published model leaves more empty than this.
FEW_ROWS, FILLED_UP_TO = 16, (256, 128, 64)
EMPTY_PART, EMPTY_PART_OF_ODD = 0.05, 0.01
# Of all rows: two vocabularies of different models hardly ever agree so closely, unless both were made to a round size.
SAME_PART = 0.001
MANY_ROWS = 10_000
_OF_ANY_MODEL = {"PreTrainedTokenizer", "TokenizersBackend"}  # classes that say nothing about the vocabulary


def require_fitting(card: ModelCard, model: Any, tokenizer: Any) -> str | None:
    """Raise UnsupportedCheckpoint unless the tokenizer has a vocabulary, and it can be the one of these weights.

    Returns a sentence where something speaks against that without deciding it; None where nothing does. Whether two
    vocabularies of one size and one kind are the same cannot be known: weights do not say what their rows mean.
    """
    if not type(tokenizer).vocab_files_names:  # it reads bytes or characters
        return None
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    special = _special(tokenizer)
    if not any(any(map(str.isalnum, token)) for token in vocabulary if token not in special):
        raise no_tokenizer(card, "holds a tokenizer without a vocabulary")
    _require_rows(card, model, tokenizer, vocabulary, special)
    found = (_other_kind(model.config, tokenizer), _other_ends(card, model, tokenizer))
    reasons = [reason for reason in found if reason is not None]
    try:
        _require_marks(card, model, tokenizer)
    except _OtherMarks as error:
        reasons.append(str(error))
    if not reasons or _is_stated(model.config, tokenizer):
        return None
    if len(reasons) > 1 or not _may_be(model, tokenizer, vocabulary):
        raise _of_another(card, reasons[-1])
    return _doubt(card, reasons[0])


class _OtherMarks(Exception):
    """The tokenizer marks texts with other tokens than the config says; its text ends a sentence about it."""


def _other_kind(config: Any, tokenizer: Any) -> str | None:
    """How the class of a tokenizer differs from the one that models of this kind are published with."""
    own, usual = _kind(type(tokenizer).__name__), _usual_kind(config)
    if not usual or {own, usual} & _OF_ANY_MODEL or own == usual:
        return None
    return f"is a {own}, and models of the kind “{config.model_type}” are read with a {usual}"


def _other_ends(card: ModelCard, model: Any, tokenizer: Any) -> str | None:
    """How the token that ends a text, by the config, is none that the tokenizer would use to end or to part texts."""
    config, rows = model.config, _rows(model)
    if card.task.row.kind == Kind.TEXT and _usual_kind(config) == _kind(type(tokenizer).__name__):
        return None  # ConvBERT's settings name ends that it never had, and reading a text needs none
    ends = getattr(config, "eos_token_id", None)
    ends = ends if isinstance(ends, list) else [] if ends is None else [ends]
    # A number beyond the table was never set: GPT-2's own 50256 in a small model that somebody trained.
    ends = [end for end in ends if rows is None or end < rows]
    known = {tokenizer.convert_tokens_to_ids(token) for token in _special(tokenizer)}
    if not ends or not known or known & set(ends):
        return None
    return f"has no mark with the number {ends[0]}, with which this model ends a text"


def _may_be(model: Any, tokenizer: Any, vocabulary: dict[str, int]) -> bool:
    """Whether a tokenizer with other marks, or of another kind, may be right all the same: its size fits to a hair.

    Multilingual MiniLM is so, a BERT with the vocabulary of XLM-RoBERTa. In a tiny vocabulary that would say nothing.
    """
    rows = _rows(model)
    return rows is None or (rows >= MANY_ROWS and 0 <= rows - len(vocabulary) <= SAME_PART * rows)


def _usual_kind(config: Any) -> str:
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    return _kind(TOKENIZER_MAPPING_NAMES.get(config.model_type) or "")


def _kind(name: str) -> str:
    return name.removesuffix("Fast")


def _is_stated(config: Any, tokenizer: Any) -> bool:
    """Whether config.json itself names this kind of tokenizer."""
    stated = getattr(config, "tokenizer_class", None)
    return isinstance(stated, str) and _kind(stated) == _kind(type(tokenizer).__name__)


def _doubt(card: ModelCard, reason: str) -> str:
    return (
        f"The tokenizer of {card.model_id} {reason}. It may be another model's, which cannot be told for sure: if the "
        "results make no sense, copy its files again from the model that the weights are of."
    )


def _special(tokenizer: Any) -> set[str]:
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    return {*tokenizer.all_special_tokens, *(str(token) for token in added if token.special)}


def _require_rows(card: ModelCard, model: Any, tokenizer: Any, vocabulary: dict[str, int], special: set[str]) -> None:
    """Every token that can occur has its row in the table of the tokens, and few rows are left over."""
    rows = _rows(model)
    if rows is None:
        return
    idle = special - _used(card, model, tokenizer)  # Gemma's mark for a picture has no row in a model for text
    highest = max((number for token, number in vocabulary.items() if token not in idle), default=-1)
    if highest >= rows or _leaves_many(rows, len(vocabulary)):
        or_else = ", or cut off" if highest < rows else ", or tokens were added to it that no model has learned"
        raise _of_another(card, f"has {len(vocabulary):,} tokens, and the weights know {rows:,}", or_else)


def _leaves_many(rows: int, tokens: int) -> bool:
    """Whether more rows are left over than a table is filled up with."""
    part = EMPTY_PART if rows % 8 == 0 else EMPTY_PART_OF_ODD
    few = next((filled for filled in FILLED_UP_TO if rows % filled == 0), FEW_ROWS)
    return rows - tokens > max(few, part * rows)


def require_parts_alike(card: ModelCard, folder: Path) -> None:
    """What files alone tell, without loading: what `require_whole` and `require_one_numbering` do, and a little more.

    Raises:
        UnsupportedCheckpoint: tokenizer.json has more or fewer tokens than config.json says that the weights know.
    """
    require_whole(card, folder)
    require_one_numbering(card, folder)
    rows = read_json(folder / "config.json").get("vocab_size")
    stored, special = _stored_vocabulary(folder / "tokenizer.json")
    if card.task.row.kind == Kind.PICTURE or not isinstance(rows, int) or not stored:
        return
    # Of special tokens some may have no row: BART's mark for a gap has none where a model was trained to summarize.
    if max(stored - special, default=-1) >= rows or _leaves_many(rows, len(stored)):
        raise _of_another(card, f"has {len(stored):,} tokens, and the weights know {rows:,}")


def lacking(card: ModelCard, folder: Path) -> str | None:
    """Why a model cannot be loaded from a folder as it is, in a sentence; None where nothing is seen to be wrong."""
    try:
        require_parts_alike(card, folder)
    except AulaError as error:
        return str(error)
    return None


def _stored_vocabulary(file: Path) -> tuple[set[int], set[int]]:
    """The numbers of the tokens in a tokenizer.json, without control tokens that were added; none in other forms.

    Then those of the control tokens, of which some stand in the vocabulary as well.
    """
    content = read_json(file)
    model = content.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    numbers = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary or ()))
    added = [token for token in content.get("added_tokens") or () if isinstance(token, dict)]
    plain = {token.get("id") for token in added if not token.get("special")}
    special = {token["id"] for token in added if token.get("special") and isinstance(token.get("id"), int)}
    return {number for number in {*numbers, *plain} if isinstance(number, int)}, special


def _rows(model: Any) -> int | None:
    try:
        table = model.get_input_embeddings()
    except (NotImplementedError, AttributeError):
        return None
    rows: int | None = getattr(table, "num_embeddings", None)
    return rows


def _used(card: ModelCard, model: Any, tokenizer: Any) -> set[str]:
    """The special tokens that are put around a text, or stand for what is not in it."""
    names = ["cls_token", "sep_token", "bos_token", "eos_token", "unk_token"]
    if card.task.row.kind == Kind.TEXT or _translates(model):
        names.append("pad_token")
    return {str(token) for name in names if (token := getattr(tokenizer, name, None)) is not None}


def _translates(model: Any) -> bool:
    return bool(getattr(model.config, "is_encoder_decoder", False))


def _require_marks(card: ModelCard, model: Any, tokenizer: Any) -> None:
    """The tokens that tell the model where a text begins and ends, or which is none, are those that it learned."""
    if card.task.row.kind == Kind.TEXT:
        _require_marks_around(card, model.config, tokenizer)
    elif _translates(model):
        _require_same("ends a text", tokenizer.eos_token_id, model.config.eos_token_id)
        _require_same("fills up short texts", tokenizer.pad_token_id, model.config.pad_token_id)
        _require_start(card, model)


def _require_marks_around(card: ModelCard, config: Any, tokenizer: Any) -> None:
    pair = card.task == Task.QUESTION_ANSWERING
    mark = tokenizer.sep_token if pair else tokenizer.cls_token
    if mark is not None and not tokenizer.num_special_tokens_to_add(pair=pair):
        where = "where the question ends and the text begins" if pair else "where a text begins and ends"
        raise _of_another(card, f"does not mark {where}")
    if _marks_texts(config) and tokenizer.num_special_tokens_to_add() < 2:
        raise _of_another(card, "does not mark where a text begins and ends, as this model needs it")
    # Another number alone says little: with a mask over it, it is never looked at.
    padding = getattr(config, "pad_token_id", None)
    if padding is not None and padding in {tokenizer.cls_token_id, tokenizer.sep_token_id}:
        _require_same("fills up short texts", tokenizer.pad_token_id, padding)


def _marks_texts(config: Any) -> bool:
    """Whether it is a BERT or one of its kin, which learned with a token in front of a text and one behind it."""
    return hasattr(config, "type_vocab_size") or config.model_type in ("distilbert", "mpnet", "modernbert")


def _require_same(what: str, own: int | None, expected: Any) -> None:
    if expected is not None and own not in (expected if isinstance(expected, list) else [expected]):
        raise _OtherMarks(f"{what} with token {own}, and the model with {expected}")


def _require_start(card: ModelCard, model: Any) -> None:
    settings = model.generation_config
    if settings.decoder_start_token_id is None and settings.bos_token_id is None:
        raise UnsupportedCheckpoint(
            f"{card.model_id} does not say with which token an answer begins (“decoder_start_token_id” in its "
            "config.json or generation_config.json). Copy these two files again from the model that it was made from."
        )


def _of_another(card: ModelCard, reason: str, more: str = "") -> UnsupportedCheckpoint:
    return UnsupportedCheckpoint(
        f"The tokenizer of {card.model_id} {reason}: it is another model's{more}. "
        "Copy the tokenizer's files again from the model that the weights are of."
    )
