"""What a tokenizer makes of a person's text: all of it is letters, and some letters it does not have.

Tokenizers know marks such as `</s>` that steer a model. Somebody who types one means its letters, so `encode` reads
them as letters. What the vocabulary does not have becomes one and the same unknown token, whatever it was: `unreadable`
says how much of a text that is, for every tokenizer alike. Knows tokenizers, not models.
"""

import copy
import json
import secrets
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from models.errors import InvalidInput
from models.text.spelled import spelled_words

SHOWN_FROM = 0.02  # below, a stray sign; from here on it is said beside the result
TOO_MUCH = 0.5  # above, what a model makes of it is babble
MOST_SIGNS = 10
MOST_WORDS, MOST_LETTERS = 3, 20
MOST_LOOKED_AT = 500  # texts of many
SPACE_MARKS = ("▁", "Ġ")  # how tokenizers write a space

_LOCKS: "WeakKeyDictionary[Any, threading.RLock]" = WeakKeyDictionary()
_MAKING_LOCKS = threading.Lock()
_CONTROLS: "WeakKeyDictionary[Any, frozenset[int]]" = WeakKeyDictionary()
_LETTERS_ONLY: "WeakKeyDictionary[Any, Any]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Unreadable:
    """The part of a text that a tokenizer cannot represent.

    `share` is from 0 to 1: characters that became unknown tokens, of all that are not blank. What a tokenizer only
    writes differently (accents taken off, control characters dropped) does not count, and bytes represent everything.
    Words of another alphabet count where nearly all of them are spelled (`models.text.spelled`). `signs` are the first
    ten different ones, or, where every letter is known, the first three words.
    """

    share: float = 0.0
    signs: str = ""

    @property
    def worth_telling(self) -> bool:
        """Whether it belongs beside the result: from 2 % on."""
        return self.share >= SHOWN_FROM

    @property
    def too_much(self) -> bool:
        """Whether it is above one half: then nothing is computed unless asked for."""
        return self.share > TOO_MUCH

    def sentence(self, model_id: str, what: str = "the text") -> str:
        """What to say beside a result, and what to do."""
        them = "this language" if any(map(str.isalpha, self.signs)) else "these signs"
        return f"{self._fact(model_id, what)} Expect mistakes there, or choose a model that reads {them}."

    def refusal(self, model_id: str, what: str = "the text") -> str:
        """Why nothing was computed, and what to do."""
        return (
            f"{self._fact(model_id, what)} Choose a model that reads this language, or ask for it all the same with "
            "“even if unreadable”."
        )

    def _fact(self, model_id: str, what: str) -> str:
        return f"{model_id} cannot read {self.share:.0%} of {what}: its vocabulary lacks “{self.signs}”.".replace(
            "%", " %"
        )


def require_readable(
    tokenizer: Any, model_id: str, text: str, even_if_unreadable: bool = False, what: str = "the text"
) -> Unreadable:
    """How much of a text the tokenizer cannot represent. Raises InvalidInput above one half, unless asked for."""
    found = unreadable(tokenizer, text)
    if found.too_much and not even_if_unreadable:
        raise InvalidInput(found.refusal(model_id, what))
    return found


def unreadable_in(tokenizer: Any, texts: Sequence[str], most: int = MOST_LOOKED_AT) -> Unreadable:
    """How much of many texts together the tokenizer cannot represent, from at most `most` of them, evenly spread."""
    looked_at = [texts[number * len(texts) // most] for number in range(most)] if len(texts) > most else texts
    counted, lost, signs = 0, 0.0, ""
    for text in looked_at:
        found, length = unreadable(tokenizer, text), sum(not sign.isspace() for sign in text)
        counted, lost, signs = counted + length, lost + found.share * length, signs + found.signs
    return Unreadable(lost / counted, _first(signs.replace("…", ""))) if lost else Unreadable()


def require_all_readable(
    tokenizer: Any, model_id: str, texts: dict[str, str], even_if_unreadable: bool = False
) -> Unreadable:
    """The same for several texts, each under the words that name it: how much of the worst of them."""
    found = [require_readable(tokenizer, model_id, text, even_if_unreadable, what) for what, text in texts.items()]
    return max(found, key=lambda lost: lost.share)


def encode(tokenizer: Any, text: str, pair: str | None = None, **options: Any) -> Any:
    """What `tokenizer(text, pair, **options)` gives, with every control token that is typed in them read as letters.

    `split_special_tokens` alone is not enough: SentencePiece's Unigram has `</s>` among its pieces, and finds it again.
    """
    options["split_special_tokens"] = True
    with lock_of(tokenizer):
        encoding = tokenizer(text, pair, **options)
        if tokenizer.is_fast and any(_steers(tokenizer, found, (text, pair)) for found in encoding.encodings):
            return _letters_only(tokenizer)(text, pair, **options)
        return encoding


def decode(tokenizer: Any, tokens: Sequence[int]) -> str:
    """The text of tokens, without control tokens, with every space as the tokens have it."""
    with lock_of(tokenizer):
        return str(tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def lock_of(tokenizer: Any) -> threading.RLock:
    """Held while a tokenizer works: how it cuts and fills up is set in itself, and it refuses a second thread then."""
    with _MAKING_LOCKS:
        return _LOCKS.setdefault(tokenizer, threading.RLock())


def unreadable(tokenizer: Any, text: str) -> Unreadable:
    """How much of `text` the tokenizer cannot represent."""
    unknown = tokenizer.unk_token_id
    placed = _placed(tokenizer, text)
    if placed is None:  # without places, tokens are all there is to count
        ids = encode(tokenizer, text, add_special_tokens=False, verbose=False)["input_ids"]
        return Unreadable(ids.count(unknown) / len(ids)) if ids else Unreadable()
    known, covered = bytearray(len(text)), bytearray(len(text))
    for number, piece, start, end in placed:
        covered[start:end] = b"\1" * (end - start)
        if number != unknown and piece not in SPACE_MARKS:
            known[start:end] = b"\1" * (end - start)
    counted = [
        place for place, sign in enumerate(text) if not sign.isspace() and (covered[place] or _says_something(sign))
    ]
    lost = [text[place] for place in counted if not known[place]]
    spelled = spelled_words(text, [(piece, start, end) for _, piece, start, end in placed])
    letters = sum(known[place] and text[place].isalpha() for start, end in spelled for place in range(start, end))
    signs = _first(lost) if lost else _first_words(text[start:end] for start, end in spelled)
    return Unreadable((len(lost) + letters) / len(counted), signs) if lost or spelled else Unreadable()


def _placed(tokenizer: Any, text: str) -> list[tuple[int, str, int, int]] | None:
    """Each token's number and piece, and where in the text it begins and ends; None from a tokenizer that cannot say.

    Those that are written in Python cannot; what Marian's cuts with (SentencePiece) can.
    """
    if tokenizer.is_fast:
        [found] = encode(tokenizer, text, add_special_tokens=False, verbose=False).encodings
        return [
            (number, piece, *place) for number, piece, place in zip(found.ids, found.tokens, found.offsets, strict=True)
        ]
    pieces = getattr(tokenizer, "spm_source", None)
    if pieces is None:
        return None
    placed: list[tuple[int, str, int, int]] = []
    end = 0
    for found in pieces.encode(text, return_type="proto").pieces:
        start, end = end, end + len(found.surface)  # one after the other, they are the text
        placed.append((tokenizer.convert_tokens_to_ids(found.piece), found.piece, start, end))
    return placed


def _says_something(sign: str) -> bool:
    """Letters, digits, punctuation and symbols do; lone accents and control characters may be normalised away."""
    return unicodedata.category(sign)[0] in "LNPS"


def _first_words(words: Iterable[str]) -> str:
    different = list(dict.fromkeys(words))
    more = "…" if len(different) > MOST_WORDS else ""
    return " ".join(word[:MOST_LETTERS] for word in different[:MOST_WORDS]) + more


def _first(signs: Iterable[str]) -> str:
    different = list(dict.fromkeys(signs))
    return "".join(different[:MOST_SIGNS]) + ("…" if len(different) > MOST_SIGNS else "")


def _steers(tokenizer: Any, found: Any, texts: tuple[str, str | None]) -> bool:
    """Whether a piece of the texts themselves became a control token."""
    controls, unknown = _controls(tokenizer), tokenizer.unk_token_id
    for number, (start, end), of in zip(found.ids, found.offsets, found.sequence_ids, strict=True):
        if number not in controls or of is None or start == end:
            continue
        # A letter that the tokenizer does not have becomes the unknown token, too: that is as it should be.
        if number != unknown or tokenizer.unk_token in (texts[of] or "")[start:end]:
            return True
    return False


def _controls(tokenizer: Any) -> frozenset[int]:
    if tokenizer not in _CONTROLS:
        added = (number for number, token in tokenizer.added_tokens_decoder.items() if token.special)
        _CONTROLS[tokenizer] = frozenset([*tokenizer.all_special_ids, *added])
    return _CONTROLS[tokenizer]


def _letters_only(tokenizer: Any) -> Any:
    """The same tokenizer with names for its control tokens that no text can hold; their numbers stay."""
    if tokenizer not in _LETTERS_ONLY:
        from tokenizers import Tokenizer

        parts = json.loads(tokenizer.backend_tokenizer.to_str())
        controls = tokenizer.convert_ids_to_tokens(sorted(_controls(tokenizer)))
        _rename(parts, {name: secrets.token_hex(16) for name in controls})
        twin = copy.deepcopy(tokenizer)
        twin._tokenizer = Tokenizer.from_str(json.dumps(parts))
        _LETTERS_ONLY[tokenizer] = twin
    return _LETTERS_ONLY[tokenizer]


def _rename(parts: dict[str, Any], names: dict[str, str]) -> None:
    """Give the tokens in the description of a tokenizer other names, wherever it mentions them."""
    model = parts["model"]
    for token in parts["added_tokens"]:
        token["content"] = names.get(token["content"], token["content"])
    if isinstance(model["vocab"], dict):
        model["vocab"] = {names.get(piece, piece): number for piece, number in model["vocab"].items()}
    else:
        model["vocab"] = [[names.get(piece, piece), score] for piece, score in model["vocab"]]
    if model.get("unk_token") is not None:
        model["unk_token"] = names.get(model["unk_token"], model["unk_token"])
    if "merges" in model:  # of pairs that would make a control token out of letters, nothing is left
        pairs = ((merge, merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"])
        model["merges"] = [merge for merge, pair in pairs if not {*pair, "".join(pair)} & names.keys()]
