"""Which weights exist: one ModelCard each. A table that looks at no disk; `models.weights` knows what is here.

Any other model gets its card from `models.weights.cards`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from models.tasks import Task as Task  # whoever needs cards needs their tasks


@dataclass(frozen=True)
class ModelCard:
    """One set of weights.

    Exactly one of `repository` (a Hugging Face id), `file` (the name of a YOLOv5 release file), `embedded` (a folder of
    models/embedded) and `path` (a folder or file on this machine) says where it comes from. Facts that could not be
    verified on a published page are None; `download_bytes` is the sum of the files that a wrapper needs, as published,
    rounded to megabytes. `languages` are those that it knows; one that turns text into text reads the first of them
    and writes any. `verbs` are what models of several tasks can be asked for alike: “translate”, “summarize”, “label”;
    empty where the task says it all, or only the model's own configuration does. `saved_in` is the precision that Aula
    saved a folder in, which is taken where none is asked for; `precision` is the same where the weights are quantized:
    then it is the only one that they can be loaded in. `former` are ids that it had, which commands may still name.
    """

    model_id: str
    task: Task
    summary: str = ""
    repository: str | None = None
    file: str | None = None
    embedded: str | None = None
    path: Path | None = None
    revision: str = "main"
    sha256: str | None = None
    parameters: int | None = None
    download_bytes: int | None = None
    licence: str | None = None
    languages: tuple[str, ...] = ()
    answers_no_answer: bool | None = None
    verbs: tuple[str, ...] = ()
    precision: str | None = None
    saved_in: str | None = None
    former: tuple[str, ...] = ()


CATALOG: tuple[ModelCard, ...] = (
    ModelCard(
        "deepset/roberta-base-squad2",
        Task.QUESTION_ANSWERING,
        "Finds the answer to a question in an English text, and says when the text does not hold one.",
        repository="deepset/roberta-base-squad2",
        parameters=124_000_000,
        download_bytes=497_000_000,
        licence="CC-BY-4.0",
        languages=("English",),
        answers_no_answer=True,
    ),
    ModelCard(
        "deepset/tinyroberta-squad2",
        Task.QUESTION_ANSWERING,
        "The same work with half the layers: about twice as fast, a little less accurate.",
        repository="deepset/tinyroberta-squad2",
        parameters=81_500_000,
        download_bytes=329_000_000,
        licence="CC-BY-4.0",
        languages=("English",),
        answers_no_answer=True,
    ),
    ModelCard(
        "distilbert/distilbert-base-cased-distilled-squad",
        Task.QUESTION_ANSWERING,
        "Small and quick. It was never shown a question without an answer, so it always gives one.",
        repository="distilbert/distilbert-base-cased-distilled-squad",
        parameters=65_000_000,
        download_bytes=262_000_000,
        licence="Apache-2.0",
        languages=("English",),
        answers_no_answer=False,
    ),
    ModelCard(
        "mrm8488/distill-bert-base-spanish-wwm-cased-finetuned-spa-squad2-es",
        Task.QUESTION_ANSWERING,
        "Questions and texts in Spanish; says when the text does not hold the answer.",
        repository="mrm8488/distill-bert-base-spanish-wwm-cased-finetuned-spa-squad2-es",
        parameters=110_000_000,
        download_bytes=439_000_000,
        licence="Apache-2.0",
        languages=("Spanish",),
        answers_no_answer=True,
    ),
    ModelCard(
        "aula/qa-minilm",
        Task.QUESTION_ANSWERING,
        "Small and embedded: finds short answers in plain English texts, and says when the text does not hold one.",
        embedded="qa-minilm",
        parameters=22_600_000,
        licence="CC-BY-SA-4.0",
        languages=("English",),
        answers_no_answer=True,
    ),
    ModelCard(
        "google-t5/t5-base",
        Task.TEXT_TO_TEXT,
        "Translates English into French, German and Romanian, and summarizes English texts.",
        repository="google-t5/t5-base",
        parameters=220_000_000,
        download_bytes=894_000_000,
        licence="Apache-2.0",
        languages=("English", "French", "German", "Romanian"),
        verbs=("translate", "summarize"),
    ),
    ModelCard(
        "google-t5/t5-small",
        Task.TEXT_TO_TEXT,
        "The same tasks with a quarter of the parameters: much faster, with more mistakes.",
        repository="google-t5/t5-small",
        parameters=60_000_000,
        download_bytes=244_000_000,
        licence="Apache-2.0",
        languages=("English", "French", "German", "Romanian"),
        verbs=("translate", "summarize"),
    ),
    ModelCard(
        "facebook/bart-large-cnn",
        Task.TEXT_TO_TEXT,
        "Summarizes English news in three or four sentences; reads 1,024 tokens at once, twice as many as T5.",
        repository="facebook/bart-large-cnn",
        parameters=406_000_000,
        licence="MIT",
        languages=("English",),
        verbs=("summarize",),
    ),
    ModelCard(
        "sshleifer/distilbart-cnn-12-6",
        Task.TEXT_TO_TEXT,
        "The same work with half the layers that write: faster, and a quarter smaller.",
        repository="sshleifer/distilbart-cnn-12-6",
        parameters=306_000_000,
        licence="Apache-2.0",
        languages=("English",),
        verbs=("summarize",),
    ),
    ModelCard(
        "facebook/bart-large-xsum",
        Task.TEXT_TO_TEXT,
        "Says in one sentence what an English news report is about, in its own words; invents more than the others.",
        repository="facebook/bart-large-xsum",
        parameters=406_000_000,
        licence="MIT",
        languages=("English",),
        verbs=("summarize",),
    ),
    ModelCard(
        "google/pegasus-xsum",
        Task.TEXT_TO_TEXT,
        "Also one sentence for a news report, by a model that was made for summaries from the start.",
        repository="google/pegasus-xsum",
        parameters=568_000_000,
        languages=("English",),
        verbs=("summarize",),
    ),
    ModelCard(
        "Helsinki-NLP/opus-mt-en-fr",
        Task.TEXT_TO_TEXT,
        "A Marian: translates English into French and nothing else, one sentence at a time.",
        repository="Helsinki-NLP/opus-mt-en-fr",
        parameters=75_100_000,
        licence="Apache-2.0",
        languages=("English", "French"),
        verbs=("translate",),
    ),
    ModelCard(
        "Helsinki-NLP/opus-mt-en-es",
        Task.TEXT_TO_TEXT,
        "The same kind of model, from English into Spanish.",
        repository="Helsinki-NLP/opus-mt-en-es",
        parameters=77_900_000,
        licence="Apache-2.0",
        languages=("English", "Spanish"),
        verbs=("translate",),
    ),
    ModelCard(
        "Helsinki-NLP/opus-mt-es-en",
        Task.TEXT_TO_TEXT,
        "Reads Spanish and writes English.",
        repository="Helsinki-NLP/opus-mt-es-en",
        parameters=77_900_000,
        licence="Apache-2.0",
        languages=("Spanish", "English"),
        verbs=("translate",),
    ),
    ModelCard(
        "Helsinki-NLP/opus-mt-fr-en",
        Task.TEXT_TO_TEXT,
        "Reads French and writes English.",
        repository="Helsinki-NLP/opus-mt-fr-en",
        parameters=75_100_000,
        licence="Apache-2.0",
        languages=("French", "English"),
        verbs=("translate",),
    ),
    ModelCard(
        "Helsinki-NLP/opus-mt-en-de",
        Task.TEXT_TO_TEXT,
        "The same kind of model, from English into German.",
        repository="Helsinki-NLP/opus-mt-en-de",
        parameters=74_400_000,
        licence="CC-BY-4.0",
        languages=("English", "German"),
        verbs=("translate",),
    ),
    ModelCard(
        "aula/t5-mini",
        Task.TEXT_TO_TEXT,
        "Small and embedded: translates English sentences into French and Spanish, everyday ones best.",
        embedded="t5-mini",
        parameters=13_900_000,
        licence="AGPL-3.0",
        languages=("English", "French", "Spanish"),
        verbs=("translate",),
        former=("aula/t5-mini-en-fr",),
    ),
    ModelCard(
        "aula/extractive",
        Task.SUMMARIZATION,
        "Small and embedded: chooses the sentences that say most of a text. It selects; it cannot rephrase.",
        embedded="minilm",
        parameters=22_700_000,
        licence="Apache-2.0",
        languages=("English",),
        verbs=("summarize",),
    ),
    ModelCard(
        "datificate/gpt2-small-spanish",
        Task.TEXT_GENERATION,
        "Continues a text in Spanish; GPT-2 trained further on the Spanish Wikipedia.",
        repository="datificate/gpt2-small-spanish",
        parameters=124_000_000,
        download_bytes=511_000_000,
        licence="Apache-2.0",
        languages=("Spanish",),
    ),
    ModelCard(
        "openai-community/gpt2",
        Task.TEXT_GENERATION,
        "The original small GPT-2: continues a text in English.",
        repository="openai-community/gpt2",
        parameters=124_000_000,
        download_bytes=551_000_000,
        licence="MIT",
        languages=("English",),
    ),
    ModelCard(
        "distilbert/distilgpt2",
        Task.TEXT_GENERATION,
        "GPT-2 with half the layers: continues a text in English about twice as fast, less coherently.",
        repository="distilbert/distilgpt2",
        parameters=82_000_000,
        download_bytes=356_000_000,
        licence="Apache-2.0",
        languages=("English",),
    ),
    ModelCard(
        "aula/gpt2-mini-es",
        Task.TEXT_GENERATION,
        "Small and embedded: writes Spanish sentences, most of them well formed; what they say is invented.",
        embedded="gpt2-mini-es",
        parameters=12_500_000,
        licence="AGPL-3.0",
        languages=("Spanish",),
    ),
    ModelCard(
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        Task.TEXT_CLASSIFICATION,
        "Tells whether an English sentence is positive or negative; learned from film reviews.",
        repository="distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        parameters=67_000_000,
        download_bytes=268_000_000,
        licence="Apache-2.0",
        languages=("English",),
    ),
    ModelCard(
        "nlptown/bert-base-multilingual-uncased-sentiment",
        Task.TEXT_CLASSIFICATION,
        "Gives a product review one to five stars, in six languages.",
        repository="nlptown/bert-base-multilingual-uncased-sentiment",
        parameters=167_000_000,
        download_bytes=671_000_000,
        licence="MIT",
        languages=("English", "Dutch", "German", "French", "Spanish", "Italian"),
    ),
    ModelCard(
        "lxyuan/distilbert-base-multilingual-cased-sentiments-student",
        Task.TEXT_CLASSIFICATION,
        "Positive, neutral or negative, in twelve languages, Spanish among them; learned from a zero-shot model.",
        repository="lxyuan/distilbert-base-multilingual-cased-sentiments-student",
        parameters=135_000_000,
        download_bytes=545_000_000,
        licence="Apache-2.0",
        languages=(
            "English",
            "Arabic",
            "German",
            "Spanish",
            "French",
            "Japanese",
            "Chinese",
            "Indonesian",
            "Hindi",
            "Italian",
            "Malay",
            "Portuguese",
        ),
    ),
    ModelCard(
        "j-hartmann/emotion-english-distilroberta-base",
        Task.TEXT_CLASSIFICATION,
        "Anger, disgust, fear, joy, sadness, surprise or none of them (neutral), in an English text.",
        repository="j-hartmann/emotion-english-distilroberta-base",
        parameters=82_000_000,
        download_bytes=332_000_000,
        licence="not stated",
        languages=("English",),
    ),
    ModelCard(
        "aula/sentiment-minilm",
        Task.TEXT_CLASSIFICATION,
        "Small and embedded: tells whether an English sentence is positive or negative; learned from film reviews.",
        embedded="sentiment-minilm",
        parameters=22_700_000,
        licence="AGPL-3.0",
        languages=("English",),
    ),
    ModelCard(
        "aula/sentiment-gpt2-mini-es",
        Task.TEXT_CLASSIFICATION,
        "Small and embedded: tells whether a Spanish text praises or blames; a writer that learned to judge.",
        embedded="sentiment-gpt2-mini-es",
        parameters=12_500_000,
        licence="AGPL-3.0",
        languages=("Spanish",),
    ),
    ModelCard(
        "aula/minilm",
        Task.SENTENCE_SIMILARITY,
        "Turns a sentence into 384 numbers, close together for sentences that mean the same; others build on it.",
        embedded="minilm",
        parameters=22_700_000,
        licence="Apache-2.0",
        languages=("English",),
    ),
    ModelCard(
        "facebook/bart-large-mnli",
        Task.ZERO_SHOT,
        "Labels of your own: asks of each whether the text implies it. Large, and the usual choice in English.",
        repository="facebook/bart-large-mnli",
        parameters=407_000_000,
        download_bytes=1_633_000_000,
        licence="MIT",
        languages=("English",),
        verbs=("label",),
    ),
    ModelCard(
        "MoritzLaurer/xtremedistil-l6-h256-zeroshot-v1.1-all-33",
        Task.ZERO_SHOT,
        "Labels of your own with a model of 51 MB: the quickest of its kind, less sure where the labels are subtle.",
        repository="MoritzLaurer/xtremedistil-l6-h256-zeroshot-v1.1-all-33",
        parameters=12_750_000,
        download_bytes=51_000_000,
        licence="MIT",
        languages=("English",),
        verbs=("label",),
    ),
    ModelCard(
        "MoritzLaurer/multilingual-MiniLMv2-L6-mnli-xnli",
        Task.ZERO_SHOT,
        "Labels of your own in many languages, Spanish among them; learned from pairs of sentences in fifteen.",
        repository="MoritzLaurer/multilingual-MiniLMv2-L6-mnli-xnli",
        parameters=107_000_000,
        download_bytes=450_000_000,
        licence="MIT",
        languages=(
            "English",
            "Arabic",
            "Bulgarian",
            "German",
            "Greek",
            "Spanish",
            "French",
            "Hindi",
            "Russian",
            "Swahili",
            "Thai",
            "Turkish",
            "Urdu",
            "Vietnamese",
            "Chinese",
        ),
        verbs=("label",),
    ),
    ModelCard(
        "aula/label-similarity",
        Task.LABEL_SIMILARITY,
        "Embedded: compares a text with a sentence for each label. It measures likeness; it judges nothing.",
        embedded="minilm",
        parameters=22_700_000,
        licence="Apache-2.0",
        languages=("English",),
        verbs=("label",),
    ),
    ModelCard(
        "google/vit-base-patch16-224",
        Task.IMAGE_CLASSIFICATION,
        "A vision transformer: says which of a thousand things a picture shows.",
        repository="google/vit-base-patch16-224",
        parameters=86_600_000,
        download_bytes=346_000_000,
        licence="Apache-2.0",
    ),
    ModelCard(
        "microsoft/resnet-50",
        Task.IMAGE_CLASSIFICATION,
        "The convolution network of many a course: the same thousand things, with a third of the parameters.",
        repository="microsoft/resnet-50",
        parameters=25_600_000,
        download_bytes=103_000_000,
        licence="Apache-2.0",
    ),
    ModelCard(
        "aula/efficientnet-lite0",
        Task.IMAGE_CLASSIFICATION,
        "Small and embedded: the same thousand things, quick on any laptop. People are not among them.",
        embedded="efficientnet-lite0",
        parameters=4_650_000,
        licence="Apache-2.0",
    ),
    # Of both, the half-precision files are fetched: half the bytes, and pictures that differ by less than one sees.
    ModelCard(
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        Task.TEXT_TO_IMAGE,
        "Stable Diffusion 1.5: draws what an English sentence describes, 512 pixels wide; the one of many a course.",
        repository="stable-diffusion-v1-5/stable-diffusion-v1-5",
        parameters=1_370_000_000,
        download_bytes=2_742_000_000,
        licence="CreativeML OpenRAIL-M",
        languages=("English",),
    ),
    ModelCard(
        "nota-ai/bk-sdm-tiny",
        Task.TEXT_TO_IMAGE,
        "The same with most blocks of the network that draws taken out: faster and smaller, with rougher pictures.",
        repository="nota-ai/bk-sdm-tiny",
        parameters=834_000_000,
        download_bytes=1_670_000_000,
        licence="CreativeML OpenRAIL-M",
        languages=("English",),
    ),
    ModelCard(
        "aula/yolov5s",
        Task.OBJECT_DETECTION,
        "The official YOLOv5s of 2021, embedded: finds objects of 80 everyday kinds.",
        embedded="yolov5s",
        parameters=7_200_000,
        licence="GPL-3.0",
    ),
    ModelCard(
        "yolov5su",
        Task.OBJECT_DETECTION,
        "The same body with the newer head of 2023: more accurate, and somewhat larger.",
        file="yolov5su.pt",
        parameters=9_100_000,
        licence="AGPL-3.0",
    ),
    ModelCard(
        "yolov5nu",
        Task.OBJECT_DETECTION,
        "The smallest and fastest; misses more small and crowded objects.",
        file="yolov5nu.pt",
        parameters=2_600_000,
        licence="AGPL-3.0",
    ),
    ModelCard(
        "yolov5mu",
        Task.OBJECT_DETECTION,
        "More accurate and slower; worth it on a fast machine.",
        file="yolov5mu.pt",
        parameters=25_100_000,
        licence="AGPL-3.0",
    ),
)

EMBEDDED = "aula/"  # in front of the name of a model that comes with the suite
# What the hub allows in "owner/name": letters, digits, and "-", "_" and "." between them, 96 signs at most.
_REPOSITORY = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}(?<!\.git)", re.ASCII)


def is_repository_id(model_id: str) -> bool:
    """Whether this can be the id of a repository on the hub; says nothing of whether there is one."""
    return _REPOSITORY.fullmatch(model_id) is not None and not model_id.startswith(EMBEDDED)


def card_of(model_id: str | None) -> ModelCard | None:
    """The catalog's card of an id, or of one that a model had before; None for any other id, and for none at all."""
    return next((card for card in CATALOG if model_id in (card.model_id, *card.former)), None)


def models_for(task: Task) -> list[ModelCard]:
    """The catalog's models of a task, its default first; embedded ones last, but for one that is the default."""
    return [card for card in CATALOG if card.task == task]


def models_that(verb: str) -> list[ModelCard]:
    """The catalog's models that “translate”, “summarize” or “label”, in the same order."""
    return [card for card in CATALOG if verb in card.verbs]
