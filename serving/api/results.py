"""What comes back, in types and words: of the API, and of the terminal's --json, whose reference is written from here.

Nothing is converted by these classes while it is answered; tests hold what is answered against them.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Result(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Read(Result):
    """What is told of every text that a model has read."""

    unreadable: float = Field(description="the share of the text, 0 to 1, that the model's vocabulary lacks")
    unreadable_signs: str = Field(description="some of it")


class Place(Result):
    start: int = Field(description="in characters")
    end: int
    score: float


class FoundAnswer(Result):
    text: str = Field(description="empty where the text does not tell")
    score: float = Field(description="by which they are ranked")
    start: int = Field(description="in characters of the text")
    end: int
    joint_score: float
    occurrences: list[Place] = Field(description="every place where the answer stands, the likeliest first")


class Reading(Read):
    question: str
    answers: list[FoundAnswer]
    no_answer_score: float | None = Field(description="null where “the text does not tell” is no answer")
    windows: int = Field(description="in how many pieces the text was read")


class QuestionFailed(Result):
    """A question that could not be answered."""

    number: int = Field(description="from 1")
    question: str
    error: str = Field(description="a sentence")


class Word(Result):
    text: str
    start: int = Field(description="in characters of the text")
    end: int
    importance: float


class SortedText(Read):
    text: str
    label: str = Field(description="the likeliest")
    score: float
    scores: dict[str, float] = Field(description="of each label")
    truncated: bool = Field(description="whether its end was cut off")


class ClassifiedText(SortedText):
    explained: str | None = Field(None, description="which label, only where it was asked to explain")
    words: list[Word] | None = Field(None, description="those that matter, only where it was asked to explain")


class TextFailed(Result):
    """A text that could not be done."""

    number: int = Field(description="of its line or argument, from 1")
    text: str
    error: str = Field(description="a sentence")


class TextByOwnLabels(SortedText):
    measure: str
    several: bool
    template: str
    true_labels: list[str] | None = Field(
        None, description="those from 0.5 on, only where several may be true and the numbers are probabilities"
    )


class ByOwnLabels(Result):
    model: str
    labels: list[str]
    template: str = Field(description="the sentence that the labels were put into")
    several: bool = Field(description="whether several labels may be true, or none")
    measure: str = Field(description="what the numbers are: a probability, or a similarity that is none")
    complete: bool = Field(description="false where it ended before the last text, or one could not be sorted")
    results: list[TextByOwnLabels | TextFailed] = Field(description="of each text")


class LabelsMatched(Result):
    by: str = Field(description="name, opinion, hand or nothing")
    model: dict[str, str | None] = Field(description="what each label counts as, or null")
    file: dict[str, str | None] = Field(description="the same of the gold labels")


class LabelFigures(Result):
    label: str
    rows: int
    said: int
    right: int
    precision: float | None = Field(description="null where there is nothing to divide by, as below")
    recall: float | None
    f1: float | None


class Confusion(Result):
    rows: list[str] = Field(description="the gold labels")
    columns: list[str] = Field(description="the answers")
    counts: list[list[int]]


class Bin(Result):
    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class Calibration(Result):
    ece: float = Field(description="the expected calibration error, 0 to 1")
    bins: list[Bin]


class Mistake(Result):
    line: int = Field(description="of the file; over HTTP the text's number, from 1")
    text: str
    label: str
    said: str
    counts_as: str | None
    confidence: float


class Graded(Result):
    model: str
    file: str | None = Field(None, description="in the terminal, as the two that follow")
    text_column: str | None = None
    label_column: str | None = None
    finished: bool = Field(description="false where it ended before the last row")
    seen: int = Field(description="rows that were answered")
    total: int = Field(description="usable rows")
    graded: int = Field(description="those that the figures are of")
    failed: int = Field(description="of those with a label that counts, how many the model could not read")
    left_out: dict[str, int] = Field(description="rows of each gold label that counts as nothing")
    nothing_said: int = Field(description="answers that count as no gold label: mistakes")
    matching: LabelsMatched = Field(description="which labels count as the same")
    accuracy: float
    margin: float = Field(description="half of the 95 % interval")
    macro_f1: float
    majority: float = Field(description="the accuracy of always saying the most frequent label")
    labels: list[LabelFigures]
    confusion: Confusion = Field(description="how often what was said of what")
    calibration: Calibration = Field(description="whether the model knows how sure it may be")
    mistakes: list[Mistake] = Field(description="the twenty of which the model was surest")
    failures: list[TextFailed] = Field(description="the texts that the model could not read")


class Translation(Read):
    source: str
    translation: str
    target: str
    source_language: str | None = Field(description="null where the model reads several")
    repeated: bool = Field(description="whether the model began to repeat itself without end, and was kept from it")
    unfinished: bool = Field(description="whether it reached the limit of its length first")
    lost_numbers: list[str] = Field(description="numbers of two digits or more that are not in the translation")
    lost_things: list[str] = Field(
        description="addresses, amounts of money, dates, emoji and symbols that are not in it"
    )
    number: int | None = Field(None, description="from 1, only of a line of which a part was left out")
    error: str | None = Field(None, description="a sentence, only of a line of which a part was left out")


class LineFailed(Result):
    """A line that could not be translated."""

    number: int = Field(description="from 1")
    source: str
    error: str = Field(description="a sentence")


class Sentence(Result):
    text: str
    start: int = Field(description="in characters of the source")
    end: int
    score: float
    centrality: float
    position: float
    repetition: float
    chosen: bool


class Summary(Result):
    summary: str | None = Field(description="null where it was stopped")
    parts: list[str] = Field(description="the summaries of a long text's parts")
    length: str
    source_characters: int
    unreadable: float | None = Field(description="the share of the text, 0 to 1, that the model's vocabulary lacks")
    unreadable_signs: str | None = Field(description="some of it")
    repeated: bool = Field(description="whether the model began to repeat itself without end, and was kept from it")
    error: str | None = Field(None, description="a sentence, only where parts were left out")
    made_of: str | None = Field(
        None,
        description="only with aula/extractive: “sentences”, “lines”, or stretches cut at “pauses” or after certain "
        "“lengths” where there are no sentences; “whole” where all of the text came back",
    )
    sentences: list[Sentence] | None = Field(None, description="only with aula/extractive")


class Generated(Read):
    prompt: str
    text: str = Field(description="only what is new")
    seed: int | None
    settings: dict[str, Any]
    finished: bool
    tokens: int | None = Field(None, description="only when finished")
    seconds: float | None = Field(None, description="only when finished")
    tokens_per_second: float | None = Field(None, description="only when finished")


class Begun(Result):
    model: str
    device: str
    precision: str
    finished: bool
    file: str | None = Field(None, description="in the terminal: where the picture was written")


class Drawn(Begun):
    picture: str | None = Field(
        None, description="over HTTP: a PNG file as a data URL; a text in it, “parameters”, says how it was made"
    )
    prompt: str
    steps: int
    guidance: float
    seed: int
    width: int = Field(description="in pixels")
    height: int
    negative: str
    steps_done: int = Field(description="some schedulers take one more")
    seconds: float
    safety_checker: bool = Field(description="whether there is one")
    hidden: bool = Field(description="whether it hid the picture, which is black then")
    unread: str = Field(description="the end of the prompt that the text encoder had no room for")


class NotDrawn(Begun):
    """A picture that was stopped."""


class Token(Result):
    id: int
    piece: str
    shown: str
    start: int
    end: int
    special: bool
    added: bool
    unknown: bool


class Rewritten(Result):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    before: str = Field(alias="from")
    to: str


class Cut(Result):
    tokenizer: str
    kind: str
    vocabulary: int
    count: int = Field(description="tokens of the text itself")
    added: int = Field(description="put around it")
    unknown: int
    characters_per_token: float
    bytes_per_token: float
    tokens_per_word: float | None = Field(description="null where a script puts no blanks between words")
    normalized: list[Rewritten] = Field(description="the first words that were rewritten")
    normalized_count: int
    decoded: str
    exact: bool = Field(description="whether that is the text")
    first_difference: int | None
    cost: float | None = Field(None, description="only with a price")
    tokens: list[Token]


class Tokenized(Result):
    text: str
    tokenizers: list[Cut]


class Found(Result):
    label: str
    class_id: int
    confidence: float
    box: list[float] = Field(description="x1, y1, x2, y2 in pixels")


class SeenObjects(Result):
    image: str = Field(description="its name; in the terminal the path as it was given")
    error: str | None = Field(description="a sentence, or null; what follows is there only without an error")
    seconds: float
    image_size: list[int] | None = Field(None, description="width, height")
    detections: list[Found] | None = None
    counts: dict[str, int] | None = Field(None, description="how many of each label")
    remark: str | None = Field(
        None, description="why to doubt what was seen: it is tiny, or something had to be assumed to read it"
    )
    annotated: str | None = Field(None, description="in the terminal: the picture with boxes, or null")
    crops: list[str] | None = Field(None, description="in the terminal with --save-crop: a picture of each object")


class Looked(Result):
    model: str
    device: str
    precision: str
    finished: bool = Field(description="false where it ended before the last picture")
    not_read: list[str] | None = Field(
        None, description="in the terminal: sentences about what else is in the folders, only where there is something"
    )


class Detected(Looked):
    run_folder: str | None = Field(None, description="in the terminal")
    counts: dict[str, int] = Field(description="how many of each label")
    images: list[SeenObjects]
    films: list[dict[str, Any]] | None = Field(None, description="in the terminal, where there are films")


class Label(Result):
    class_id: int
    label: str
    score: float


class SeenThing(Result):
    image: str = Field(description="its name; in the terminal the path as it was given")
    error: str | None = Field(description="a sentence, or null; what follows is there only without an error")
    seconds: float
    class_id: int | None = None
    label: str | None = Field(None, description="the likeliest")
    score: float | None = None
    top: list[Label] | None = Field(None, description="the likeliest, best first")
    size: list[int] | None = Field(None, description="width, height")
    remark: str | None = Field(
        None, description="why to doubt what was seen: it is tiny, of one colour, or something had to be assumed"
    )


class Shown(Looked):
    images: list[SeenThing]


class Error(Result):
    """What went wrong with the whole request."""

    error: str = Field(description="a sentence: what happened, and what to do next")


# What each command and each route gives.
RESULTS: dict[str, Any] = {
    "answer": list[Reading | QuestionFailed],
    "classify": list[ClassifiedText | TextFailed],
    "zero-shot": ByOwnLabels,
    "grade": Graded,
    "translate": list[Translation | LineFailed],
    "summarize": Summary,
    "generate": Generated,
    "imagine": Drawn | NotDrawn,
    "tokenize": list[Tokenized | TextFailed],
    "detect": Detected,
    "classify-images": Shown,
}
