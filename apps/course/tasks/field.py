"""The map of the field: one row for each task that models are made for, here or elsewhere.

A row says what is true of the task anywhere. Whether a page shows it is not written down: it follows from
`models.tasks` and `apps.pages`. Names are those of the hub, and so are the tasks' addresses there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.pages import PAGES, Page, page_named
from models.catalog import card_of
from models.tasks import ROWS, Task


class Area(StrEnum):
    """The parts of the field, in the order of the map."""

    VISION = "Vision"
    LANGUAGE = "Language"
    AUDIO = "Audio"
    MULTIMODAL = "Multimodal"
    TABULAR = "Tables"
    REINFORCEMENT = "Acting"


class Thing(StrEnum):
    """What goes into a model or comes out of it."""

    TEXT = "text"
    PICTURE = "picture"
    FILM = "film"
    SOUND = "sound"
    TABLE = "table"
    SITUATION = "situation"
    LABEL = "label"
    NUMBER = "number"
    VECTOR = "vector"
    PLACE = "place"
    ACTION = "action"


THING_ICONS = {
    Thing.TEXT: "notes", Thing.PICTURE: "image", Thing.FILM: "movie", Thing.SOUND: "graphic_eq",
    Thing.TABLE: "table", Thing.SITUATION: "visibility", Thing.LABEL: "label", Thing.NUMBER: "123",
    Thing.VECTOR: "data_array", Thing.PLACE: "select_all", Thing.ACTION: "directions_run",
}  # fmt: skip
# The hub lists models of these, and has no page that explains them.
WITHOUT_HUB_PAGE = frozenset(("robotics", "time-series-forecasting"))


@dataclass(frozen=True)
class FieldTask:
    """One task of the field.

    `name` is what the hub calls it. `takes` and `gives` are what goes in and comes out; `example` is one of each.
    `model` is the id of a well-known model; its licence is that of the catalog's card, else `licence`, as the model's
    page states it; None: the page states none. `page` names the page that shows the task where no task of
    `models.tasks` tells, because the page has models of another one do it.
    """

    name: str
    title: str
    area: Area
    icon: str
    sentence: str
    takes: tuple[Thing, ...]
    gives: tuple[Thing, ...]
    example: tuple[str, str]
    model: str
    licence: str | None = None
    page: str | None = None

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages that show it, those first that are about fewest tasks."""
        of_suite = {task for task in ROWS if task.pipeline == self.name}
        found = [page for page in PAGES if of_suite.intersection(page.tasks)]
        named = [page_named(self.page)] if self.page is not None else []
        return tuple(dict.fromkeys((*named, *sorted(found, key=lambda page: len(page.tasks)))))

    @property
    def is_here(self) -> bool:
        """Whether a page of the suite shows it."""
        return bool(self.pages)

    @property
    def known_licence(self) -> str | None:
        """The licence of the well-known model; None where its page states none."""
        card = card_of(self.model)
        return card.licence if card is not None else self.licence

    @property
    def symbol(self) -> str:
        """The pictogram as Streamlit wants it."""
        return f":material/{self.icon}:"

    @property
    def hub_address(self) -> str:
        """Where the hub explains the task, or lists its models."""
        if self.name in WITHOUT_HUB_PAGE:
            return f"https://huggingface.co/models?pipeline_tag={self.name}"
        return f"https://huggingface.co/tasks/{self.name}"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "task": self.name,
            "title": self.title,
            "area": self.area.value,
            "sentence": self.sentence,
            "takes": [thing.value for thing in self.takes],
            "gives": [thing.value for thing in self.gives],
            "example": dict(zip(("in", "out"), self.example, strict=True)),
            "model": self.model,
            "licence": self.known_licence,
            "here": self.is_here,
            "pages": [page.name for page in self.pages],
            "address": self.hub_address,
        }


_TEXT, _PICTURE, _FILM, _SOUND, _TABLE = Thing.TEXT, Thing.PICTURE, Thing.FILM, Thing.SOUND, Thing.TABLE
_LABEL, _NUMBER, _VECTOR, _PLACE = Thing.LABEL, Thing.NUMBER, Thing.VECTOR, Thing.PLACE

FIELD: tuple[FieldTask, ...] = (
    FieldTask(
        Task.IMAGE_CLASSIFICATION, "Image classification", Area.VISION, "category",
        "Says what a picture shows, with one of the labels it has learned.",
        (_PICTURE,), (_LABEL,), ("a photograph of a cup", "espresso, 0.87"),
        "google/vit-base-patch16-224",
    ),
    FieldTask(
        Task.OBJECT_DETECTION, "Object detection", Area.VISION, "image_search",
        "Finds things in a picture: what each is, and a box around it.",
        (_PICTURE,), (_PLACE, _LABEL), ("a street", "4 people and 1 bus, each in a box"),
        "aula/yolov5s",
    ),
    FieldTask(
        "image-segmentation", "Image segmentation", Area.VISION, "polyline",
        "Says of every pixel what it belongs to, so that things have outlines instead of boxes.",
        (_PICTURE,), (_PLACE, _LABEL), ("a street", "road, pavement, sky and cars, each in a colour"),
        "facebook/detr-resnet-50-panoptic", "Apache-2.0",
    ),
    FieldTask(
        "mask-generation", "Mask generation", Area.VISION, "ink_selection",
        "Cuts out whatever you point at, also things it has no name for.",
        (_PICTURE, _PLACE), (_PLACE,), ("a click on a dog", "the outline of the dog"),
        "facebook/sam-vit-base", "Apache-2.0",
    ),
    FieldTask(
        "keypoint-detection", "Keypoint detection", Area.VISION, "accessibility_new",
        "Finds points that matter: elbows, knees and ankles, or the corners of eyes.",
        (_PICTURE,), (_PLACE,), ("a dancer", "17 joints"),
        "usyd-community/vitpose-base-simple", "Apache-2.0",
    ),
    FieldTask(
        "depth-estimation", "Depth estimation", Area.VISION, "landscape",
        "Guesses how far away everything in a picture is.",
        (_PICTURE,), (_PICTURE,), ("a room", "the same room, near things light and far ones dark"),
        "Intel/dpt-large", "Apache-2.0",
    ),
    FieldTask(
        "image-feature-extraction", "Image features", Area.VISION, "data_array",
        "Turns a picture into numbers that are close together for pictures that show alike things.",
        (_PICTURE,), (_VECTOR,), ("a photograph of a mug", "1,280 numbers"),
        "aula/efficientnet-lite0", page="teach_pictures",
    ),
    FieldTask(
        "image-to-image", "Image to image", Area.VISION, "auto_fix_high",
        "Changes a picture: makes it sharper, larger, or gives it colour.",
        (_PICTURE,), (_PICTURE,), ("a small, blurred photograph", "the same one, twice as large"),
        "caidas/swin2SR-classical-sr-x2-64", "Apache-2.0",
    ),
    FieldTask(
        Task.TEXT_TO_IMAGE, "Text to image", Area.VISION, "palette",
        "Paints what a sentence describes.",
        (_TEXT,), (_PICTURE,), ("“a fox in the snow, watercolour”", "a picture of it"),
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
    ),
    FieldTask(
        "video-classification", "Video classification", Area.VISION, "movie",
        "Says what happens in a short film.",
        (_FILM,), (_LABEL,), ("ten seconds on a lawn", "playing football"),
        "MCG-NJU/videomae-base-finetuned-kinetics", "CC-BY-NC-4.0",
    ),
    FieldTask(
        "zero-shot-image-classification", "Zero-shot image classification", Area.VISION, "new_label",
        "Sorts pictures under labels that you make up, without learning them first.",
        (_PICTURE, _TEXT), (_LABEL,), ("a photograph; “breakfast”, “dinner”", "breakfast, 0.93"),
        "google/siglip-base-patch16-224", "Apache-2.0",
    ),
    FieldTask(
        Task.TEXT_CLASSIFICATION, "Text classification", Area.LANGUAGE, "label",
        "Puts a text under one of the labels it has learned.",
        (_TEXT,), (_LABEL,), ("“A joy from beginning to end.”", "positive, 0.99"),
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    ),
    FieldTask(
        "zero-shot-classification", "Zero-shot classification", Area.LANGUAGE, "new_label",
        "Sorts texts under labels that you make up, without learning them first.",
        (_TEXT,), (_LABEL,), ("“The match ended 2:1.”; “sport”, “politics”", "sport, 0.98"),
        "facebook/bart-large-mnli",
    ),
    FieldTask(
        "token-classification", "Token classification", Area.LANGUAGE, "person_search",
        "Gives each word a label: which are names of people, places and companies, which are verbs.",
        (_TEXT,), (_PLACE, _LABEL), ("“Ada lived in London.”", "Ada: person, London: place"),
        "dslim/bert-base-NER", "MIT",
    ),
    FieldTask(
        Task.QUESTION_ANSWERING, "Question answering", Area.LANGUAGE, "quiz",
        "Marks the words of a text that answer a question.",
        (_TEXT,), (_PLACE, _TEXT), ("a text; “Who built the lighthouse?”", "the words that say who"),
        "deepset/roberta-base-squad2",
    ),
    FieldTask(
        "table-question-answering", "Questions about tables", Area.LANGUAGE, "table_view",
        "Answers a question with cells of a table, and can add them up.",
        (_TABLE, _TEXT), (_TEXT,), ("a table of rivers; “Which is longest?”", "Amazon"),
        "google/tapas-base-finetuned-wtq", "Apache-2.0",
    ),
    FieldTask(
        "translation", "Translation", Area.LANGUAGE, "translate",
        "Says the same in another language.",
        (_TEXT,), (_TEXT,), ("“Where is the station?”", "« Où est la gare ? »"),
        "google-t5/t5-base",
    ),
    FieldTask(
        Task.SUMMARIZATION, "Summarization", Area.LANGUAGE, "compress",
        "Makes a long text short, by choosing sentences or in its own words.",
        (_TEXT,), (_TEXT,), ("an article of two pages", "three sentences"),
        "google-t5/t5-base",
    ),
    FieldTask(
        Task.TEXT_GENERATION, "Text generation", Area.LANGUAGE, "edit_note",
        "Goes on with a text, token after token. Chatting assistants are this, too.",
        (_TEXT,), (_TEXT,), ("“Me gusta mucho el”", "“fútbol y …”"),
        "openai-community/gpt2",
    ),
    FieldTask(
        "fill-mask", "Fill in the blank", Area.LANGUAGE, "format_ink_highlighter",
        "Guesses a word that was covered. BERT learned its language like this.",
        (_TEXT,), (_TEXT,), ("“Paris is the [MASK] of France.”", "capital"),
        "google-bert/bert-base-uncased", "Apache-2.0",
    ),
    FieldTask(
        Task.SENTENCE_SIMILARITY, "Sentence similarity", Area.LANGUAGE, "join_inner",
        "Says how alike the meanings of two sentences are, whatever their words.",
        (_TEXT,), (_NUMBER, _VECTOR), ("“It rains.” and “The weather is wet.”", "0.7 of 1"),
        "sentence-transformers/all-MiniLM-L6-v2", "Apache-2.0",
    ),
    FieldTask(
        "automatic-speech-recognition", "Speech recognition", Area.AUDIO, "mic",
        "Writes down what somebody says.",
        (_SOUND,), (_TEXT,), ("a spoken sentence", "the sentence in letters"),
        "openai/whisper-small", "Apache-2.0",
    ),
    FieldTask(
        "text-to-speech", "Text to speech", Area.AUDIO, "record_voice_over",
        "Reads a text aloud.",
        (_TEXT,), (_SOUND,), ("“Good morning.”", "a voice that says it"),
        "microsoft/speecht5_tts", "MIT",
    ),
    FieldTask(
        "audio-classification", "Audio classification", Area.AUDIO, "hearing",
        "Says what a sound is: a dog, a siren, a language, a mood.",
        (_SOUND,), (_LABEL,), ("three seconds of noise", "siren, 0.91"),
        "MIT/ast-finetuned-audioset-10-10-0.4593", "BSD-3-Clause",
    ),
    FieldTask(
        "audio-to-audio", "Audio to audio", Area.AUDIO, "graphic_eq",
        "Changes a recording: takes noise away, or parts two voices.",
        (_SOUND,), (_SOUND,), ("two people talking at once", "two recordings, one voice each"),
        "speechbrain/sepformer-wham", "Apache-2.0",
    ),
    FieldTask(
        "text-to-audio", "Text to music", Area.AUDIO, "music_note",
        "Makes music or sounds after a description.",
        (_TEXT,), (_SOUND,), ("“a slow tango with a bandoneon”", "ten seconds of it"),
        "facebook/musicgen-small", "CC-BY-NC-4.0",
    ),
    FieldTask(
        "image-to-text", "Image to text", Area.MULTIMODAL, "description",
        "Describes a picture in a sentence, or reads what is written in it.",
        (_PICTURE,), (_TEXT,), ("a photograph of a beach", "“a dog running along the sea”"),
        "Salesforce/blip-image-captioning-base", "BSD-3-Clause",
    ),
    FieldTask(
        "visual-question-answering", "Questions about pictures", Area.MULTIMODAL, "live_help",
        "Answers a question about a picture in a word or two.",
        (_PICTURE, _TEXT), (_TEXT,), ("a kitchen; “How many cups?”", "3"),
        "dandelin/vilt-b32-finetuned-vqa", "Apache-2.0",
    ),
    FieldTask(
        "document-question-answering", "Questions about documents", Area.MULTIMODAL, "receipt_long",
        "Answers from a scanned page: it reads the words and where they stand.",
        (_PICTURE, _TEXT), (_TEXT,), ("an invoice; “What is the total?”", "84.50"),
        "impira/layoutlm-document-qa", "MIT",
    ),
    FieldTask(
        "image-text-to-text", "Talking about pictures", Area.MULTIMODAL, "forum",
        "A writing model that also sees: it goes on with a text that has pictures in it.",
        (_PICTURE, _TEXT), (_TEXT,), ("a chart; “What does it show?”", "a paragraph about it"),
        "Qwen/Qwen2-VL-2B-Instruct", "Apache-2.0",
    ),
    FieldTask(
        "tabular-classification", "Table classification", Area.TABULAR, "table_rows",
        "Puts each row of a table under a label.",
        (_TABLE,), (_LABEL,), ("age, fare and class of a passenger", "survived, or not"),
        "Prior-Labs/TabPFN-v2-clf", "Prior Labs License",
    ),
    FieldTask(
        "tabular-regression", "Table regression", Area.TABULAR, "scatter_plot",
        "Predicts a number for each row of a table.",
        (_TABLE,), (_NUMBER,), ("length and height of a fish", "its weight"),
        "scikit-learn/Fish-Weight", "MIT",
    ),
    FieldTask(
        "time-series-forecasting", "Forecasting", Area.TABULAR, "trending_up",
        "Goes on with a curve: temperatures, sales, the power that a city needs.",
        (_TABLE,), (_NUMBER,), ("two years of daily sales", "the next thirty days"),
        "amazon/chronos-t5-small", "Apache-2.0",
    ),
    FieldTask(
        "reinforcement-learning", "Reinforcement learning", Area.REINFORCEMENT, "sports_esports",
        "Learns by trying: what brings reward is done more often.",
        (Thing.SITUATION,), (Thing.ACTION,), ("the state of a hopping robot", "which joint to move"),
        "edbeeching/decision-transformer-gym-hopper-medium",
    ),
    FieldTask(
        "robotics", "Robotics", Area.REINFORCEMENT, "precision_manufacturing",
        "Moves a real machine, from what its cameras see and what it is told.",
        (_PICTURE, _TEXT), (Thing.ACTION,), ("two cameras; “put the cube into the box”", "the next movements"),
        "lerobot/smolvla_base", "Apache-2.0",
    ),
)  # fmt: skip


def chosen(takes: Sequence[str], gives: Sequence[str], here: bool | None) -> list[FieldTask]:
    """The tasks that take one of `takes`, give one of `gives`, and are here or not; nothing chosen: all."""
    return [
        task
        for task in FIELD
        if (not takes or set(takes) & set(task.takes))
        and (not gives or set(gives) & set(task.gives))
        and here in (None, task.is_here)
    ]
