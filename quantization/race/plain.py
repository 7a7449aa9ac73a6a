"""What a user would write instead: plain transformers in fp32, one thing after the other.

The folders are those that the suite reads, and are looked at as carefully (`load_pretrained`); from there on nothing of
the suite takes part. YOLOv5, which transformers does not know, is in `quantization.race.plain_yolov5`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from models.catalog import ModelCard, Task
from models.folders import read_json
from models.precision import FP32
from models.weights import hub
from models.weights.pretrained import load_pretrained
from quantization.race.side import Side
from quantization.race.work import Work

if TYPE_CHECKING:
    from models.wrapper import Pretrained

WINDOW, OVERLAP = 384, 128  # tokens, where the model reads so many: what transformers' own example takes
WORD_FOR_LANGUAGE = "translation_en_to_fr"
NOT_FOR_GENERATE = ("prefix", "sentence_by_sentence")


def plain_side(card: ModelCard, work: Work) -> Side:
    """The model in fp32, and its work. Raises what loading raises."""
    if card.task == Task.OBJECT_DETECTION:
        from quantization.race.plain_yolov5 import detector

        return detector(card, work.pictures)
    loaded = load_pretrained(_auto_class(card), card, "cpu", FP32)
    return _SIDES[card.task.loaded_as](loaded, work)


def _auto_class(card: ModelCard) -> Any:
    """The class of transformers; a head on the mean of all tokens is none of transformers', and the suite's own."""
    import transformers

    from models.sentence_encoder import MEAN, EncoderClass, SentenceClassifier

    if card.task.loaded_as == Task.SENTENCE_SIMILARITY:
        return EncoderClass  # AutoModel, without the last layer that such checkpoints do not have
    if read_json(hub.require(card) / "config.json").get("classifier_pooling") == MEAN:
        return SentenceClassifier
    return getattr(transformers, str(card.task.loaded_as.row.auto_class))


def _answers(loaded: "Pretrained", work: Work) -> Side:
    """For each question, window by window: the best start, the best end behind it."""
    import torch

    tokenizer, model = loaded.tokenizer, loaded.model
    known = set(tokenizer.model_input_names)
    window = min(WINDOW, getattr(model.config, "max_position_embeddings", 2 + WINDOW) - 2)  # RoBERTa counts from 2
    overlap = min(OVERLAP, window // 4)

    def best(question: str) -> str:
        cut = tokenizer(
            question, work.context, truncation="only_second", max_length=window, stride=overlap,
            return_overflowing_tokens=True,
        )  # fmt: skip
        found = []
        for number, ids in enumerate(cut["input_ids"]):
            inputs = {name: torch.tensor([rows[number]]) for name, rows in cut.items() if name in known}
            with torch.inference_mode():
                output = model(**inputs)
            start = int(output.start_logits[0].argmax())
            end = start + int(output.end_logits[0, start:].argmax())
            score = float(output.start_logits[0, start] + output.end_logits[0, end])
            found.append((score, tokenizer.decode(ids[start : end + 1])))
        return str(max(found)[1])

    return Side(model, lambda: len([best(question) for question in work.texts]))


def _translations(loaded: "Pretrained", work: Work) -> Side:
    """One sentence after the other, with the beams that the model was tuned for."""
    tokenizer, model = loaded.tokenizer, loaded.model
    task = dict((getattr(model.config, "task_specific_params", None) or {}).get(WORD_FOR_LANGUAGE, {}))
    search = {name: value for name, value in task.items() if name not in NOT_FOR_GENERATE}
    if work.tokens:
        search["max_length"] = 1 + work.tokens  # the token that the decoder starts with is counted

    def translated(sentence: str) -> str:
        read = tokenizer(task.get("prefix", "") + sentence, return_tensors="pt")
        ids, mask = read["input_ids"], read["attention_mask"]
        written = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, use_cache=True, **search)
        return str(tokenizer.decode(written[0], skip_special_tokens=True))

    return Side(model, lambda: work.amount([translated(sentence) for sentence in work.texts]))


def _writing(loaded: "Pretrained", work: Work) -> Side:
    """The likeliest token again and again. Its own text says how many words its tokens are."""
    tokenizer, model = loaded.tokenizer, loaded.model

    def written() -> Any:
        read = tokenizer(work.texts[0], return_tensors="pt")
        ids, mask = read["input_ids"], read["attention_mask"]
        row = model.generate(
            input_ids=ids, attention_mask=mask, do_sample=False, use_cache=True, max_new_tokens=work.tokens,
            pad_token_id=tokenizer.eos_token_id,
        )  # fmt: skip
        return row[0, ids.shape[1] :]

    first = written()
    words = len(tokenizer.decode(first).split())
    return Side(model, lambda: len(written()), max(1, words) / len(first))


def _labels(loaded: "Pretrained", work: Work) -> Side:
    import torch

    tokenizer, model = loaded.tokenizer, loaded.model

    def probabilities(text: str) -> list[float]:
        read = tokenizer(text, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            output: list[float] = model(**read).logits[0].softmax(-1).tolist()
        return output

    return Side(model, lambda: len([probabilities(text) for text in work.texts]))


def _vectors(loaded: "Pretrained", work: Work) -> Side:
    import torch

    tokenizer, model = loaded.tokenizer, loaded.model

    def vector(text: str) -> Any:
        read = tokenizer(text, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**read).last_hidden_state  # (1, tokens, width)
        return torch.nn.functional.normalize(hidden.mean(dim=1))

    return Side(model, lambda: len([vector(text) for text in work.texts]))


def _pictures(loaded: "Pretrained", work: Work) -> Side:
    import torch
    from PIL import Image

    processor, model = loaded.processor, loaded.model

    def label(path: Any) -> str:
        with Image.open(path) as file:
            read = processor(images=file.convert("RGB"), return_tensors="pt")
        with torch.inference_mode():
            scores = model(pixel_values=read["pixel_values"]).logits[0].softmax(-1)
        return str(model.config.id2label[int(scores.argmax())])

    return Side(model, lambda: len([label(path) for path in work.pictures]))


_SIDES: dict[Task, Callable[["Pretrained", Work], Side]] = {
    Task.QUESTION_ANSWERING: _answers,
    Task.TEXT_TO_TEXT: _translations,
    Task.TEXT_GENERATION: _writing,
    Task.TEXT_CLASSIFICATION: _labels,
    Task.SENTENCE_SIMILARITY: _vectors,
    Task.IMAGE_CLASSIFICATION: _pictures,
}
