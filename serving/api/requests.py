"""What may be asked for: the options of the terminal's commands, under the same names and with the same defaults.

Ranges are checked where the work is done, so that a number that is too large gets the same sentence everywhere; only
how much one request may hold is bounded here.
"""

import base64
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from models.pictures.limits import MOST_DETECTIONS
from models.text.label_sentences import TEMPLATE
from serving.gold_work import MOST_ROWS


class Asked(BaseModel):
    """What every request may say; an option that does not exist is an error, since it would be a spelling mistake."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


# Of things in one request, so that it cannot fill memory, or a server's time.
MOST = 1_000
MOST_TOKENIZERS = 10
LARGEST = 1e12
AS_THE_MODEL = "Left out: as the model says, else"


class OfModel(Asked):
    """With which model, and how it computes."""

    model: str | None = Field(
        None, description="A model of the catalog. Left out: a full one on that machine, else the embedded one."
    )
    device: str = Field("auto", description="auto, cpu or cuda.")
    precision: str | None = Field(None, description="As in the terminal. Left out: auto.")


class OfText(OfModel):
    even_if_unreadable: bool = Field(False, description="Compute also where the vocabulary lacks more than half of it.")


class Answer(OfText):
    """Questions about a text."""

    questions: list[str] = Field(max_length=MOST, description="One or more.", examples=[["Who built the lighthouse?"]])
    context: str = Field(
        description="The text that holds the answers.",
        examples=["The lighthouse on Gannet Rock was built in 1874 by Ada Moreau."],
    )
    top_k: int = Field(3, le=MOST, description="How many answers to each question, 1 or more.")
    no_answer: bool | None = Field(None, description="Whether “the text does not tell” may be the answer.")
    no_answer_threshold: float = Field(0.0, description="By how much “no answer” must beat the best answer, −1 to 1.")
    rank_by: str = Field("joint_score", description="joint_score (over the whole text) or score.")


class Classify(OfText):
    """Texts, to be sorted by a model's labels."""

    texts: list[str] = Field(max_length=MOST, description="One or more.", examples=[["A warm, funny film."]])
    explain: bool = Field(False, description="Tell which words matter.")
    label: str | None = Field(None, description="Explain this label. Left out: the likeliest of each text.")


class ZeroShot(OfText):
    """Texts, to be sorted by labels of one's own."""

    labels: list[str] = Field(
        max_length=MOST,
        description="Two or more; with multi, one will do.",
        examples=[["hardware", "delivery", "praise"]],
    )
    texts: list[str] = Field(max_length=MOST, description="One or more.", examples=[["My screen stays black."]])
    template: str = Field(TEMPLATE, description="The sentence of each label, which stands in the place of {}.")
    multi: bool = Field(False, description="Several labels may be true, or none: each is judged by itself.")


class Grade(OfText):
    """Texts with gold labels, on which a model is graded."""

    texts: list[str] = Field(
        max_length=MOST_ROWS, description="One or more.", examples=[["A warm, funny film.", "Dull and badly told."]]
    )
    labels: list[str] = Field(
        max_length=MOST_ROWS, description="The gold label of each text.", examples=[["good", "bad"]]
    )
    label_map: list[str] = Field(
        [],
        max_length=MOST,
        description="What a label of the model or of these counts as: “5 stars=good”; “maybe=” counts as nothing. "
        "Left out: guessed by the names.",
    )


class Search(OfText):
    """How an output is searched for. What is left out is as the model was tuned."""

    beams: int | None = Field(None, description="Candidates that are followed at once, 1 to 16.")
    max_new_tokens: int | None = Field(None, description="The longest output of a piece.")
    no_repeat_ngram: int | None = Field(None, description="No sequence of so many tokens occurs twice.")
    length_penalty: float | None = Field(None, description="Above 0 longer texts win, below 0 shorter ones.")
    sample: bool = Field(False, description="Draw each token instead of taking the likeliest.")
    temperature: float = Field(1.0, description="With sample: how daring.")
    top_k: int = Field(50, description="With sample: among so many tokens.")
    top_p: float = Field(1.0, description="With sample: among those that together have this probability.")
    seed: int = Field(0, description="With sample: the same seed gives the same text.")


class Translate(Search):
    """A text, each line of which is translated."""

    text: str = Field(examples=["Where is the station?"])
    target: str | None = Field(None, description="The language. Left out: French, or the model's own.")


class Summarize(Search):
    """A text to be made short."""

    text: str = Field(examples=["The lighthouse was built in 1874. It stands on a rock. Nobody lives there any more."])
    length: str = Field("medium", description="short, medium or long.")


class Generate(OfText):
    """The beginning of a text that a model continues."""

    prompt: str = Field(examples=["Me gusta mucho el fútbol"])
    max_new_tokens: int = Field(150, description="At most so many tokens are added.")
    temperature: float | None = Field(None, description=f"How daring. {AS_THE_MODEL} 0.7.")
    top_k: int | None = Field(None, description=f"Among so many tokens; 0: all. {AS_THE_MODEL} 50.")
    top_p: float | None = Field(
        None, description=f"Among those that together have this probability. {AS_THE_MODEL} 0.95."
    )
    no_repeat_ngram: int | None = Field(
        None, description=f"No sequence of so many tokens occurs twice; 0: it may. {AS_THE_MODEL} 2."
    )
    beams: int | None = Field(
        None, description=f"So many texts are followed at once, and the likeliest is told. {AS_THE_MODEL} 1."
    )
    sample: bool = Field(True, description="Draw each token; false: take the likeliest.")
    seed: int | None = Field(None, description="The same seed gives the same text. Left out: a new one each time.")


class Imagine(OfModel):
    """A sentence that is drawn. A stream tells each step, with a small picture of what is there."""

    prompt: str = Field(description="What the picture shows.", examples=["A fox in the snow, watercolour"])
    steps: int = Field(25, description="How often the model takes some of the noise away, 1 to 200.")
    guidance: float = Field(7.5, description="How closely the picture follows the words, 1 to 30; 1: vaguely.")
    seed: int | None = Field(None, description="The same seed gives the same picture. Left out: a new one each time.")
    width: int | None = Field(None, description="In pixels, a multiple of 8. Left out: what the model learned with.")
    height: int | None = Field(None, description="In pixels, a multiple of 8. Left out: what the model learned with.")
    negative: str = Field("", description="What should not be seen.")


class Tokenize(Asked):
    """Texts to be cut into tokens, by several tokenizers."""

    texts: list[str] = Field(max_length=MOST, description="One or more.", examples=[["Los niños aprenden a leer."]])
    tokenizer: list[str] = Field(
        ["gpt-2", "o200k"],
        min_length=1,
        max_length=MOST_TOKENIZERS,
        description="gpt-2, o200k, qwen3, mistral-v3, or a model.",
    )
    special_tokens: bool = Field(True, description="With the tokens that a model wants around a text.")
    price: float | None = Field(None, le=LARGEST, description="Price of a million tokens, 0 or more.")
    times: int = Field(1, le=int(LARGEST), description="What so many such texts cost, 1 or more.")


@dataclass(frozen=True)
class Picture:
    """A picture as it was sent: the bytes of its file, and its name, empty where it has none."""

    content: bytes
    name: str = ""


_DATA = re.compile(r"data:image/[\w.+-]+;base64,", re.ASCII)
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f:*?\"<>|]")
_LONGEST_NAME = 100


def file_name(sent: str | None) -> str:
    """A file's name as it was sent, without folders and without what no file's name has."""
    last = re.split(r"[/\\]", sent or "")[-1]
    return _NOT_IN_NAMES.sub("", last).strip(". ")[-_LONGEST_NAME:]


def _picture(sent: object) -> Picture:
    if isinstance(sent, Picture):  # a file of a form
        return sent
    head = _DATA.match(sent) if isinstance(sent, str) else None
    if head is None or not isinstance(sent, str):
        raise ValueError("it is no data URL; write data:image/png;base64,…, or send files in a form")
    return Picture(base64.b64decode(sent[head.end() :], validate=True))


Sent = Annotated[
    Picture, BeforeValidator(_picture), WithJsonSchema({"type": "string", "description": "data:image/png;base64,…"})
]


class OfPictures(OfModel):
    """Pictures: as data URLs in JSON, or as files of a form, whose fields are the other options."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    images: list[Sent] = Field(max_length=MOST, description="One or more, as data URLs.")


class Detect(OfPictures):
    """Pictures to find objects in."""

    confidence: float = Field(0.25, description="Show objects that score more, 0 to 1.")
    iou: float = Field(0.45, description="Of boxes that overlap more, only the best stays, 0 to 1.")
    classes: list[str] = Field([], max_length=MOST, description="Only these labels; #2 is the class whose id is 2.")
    image_size: int | None = Field(None, description="The longer side in pixels at which the network looks.")
    max_det: int = Field(MOST_DETECTIONS, description="At most so many objects in a picture.")
    agnostic_nms: bool = Field(False, description="Of boxes that overlap only the best stays, whatever their classes.")


class ClassifyImages(OfPictures):
    """Pictures, of which a model says what they show."""

    top_k: int = Field(5, description="How many labels are told of each picture, 1 or more.")
