"""Which pages there are: one row each. The launcher, Home, the terminal and the tables of the README are made from it.

Knows neither Streamlit nor torch: the terminal reads it too. What a page is made of stands in its room, `apps/<room>/`:
`page.py`, and `command.py` where it has commands.
"""

from dataclasses import dataclass

from models.tasks import Task


@dataclass(frozen=True)
class Line:
    """What the table of a README says of a page: what you do there, and two columns about weights.

    `embedded` None: the models of the page's tasks that come with the suite. `full` are those to be downloaded.
    """

    what: str
    full: str = ""
    embedded: str | None = None


@dataclass(frozen=True)
class Page:
    """One page.

    `room` is its folder below apps/; the last name of it is the page's name and its address. `icon` is the name of a
    Material symbol, `section` the heading in the navigation. `sentence` stands on Home: in a card of its own, or, where
    there is a `step` of the laboratory, in that step's column. `tasks` are those whose models it runs. `commands` are
    functions of the room's `command.py`, with “-” for “_”. `english` and `spanish` are the READMEs' lines.

    Models are loaded in the precision that the visitor chooses, by “auto” until then; with `as_saved` as they were
    saved, else in fp32: there their numbers, what they learn, or the precisions themselves are the subject.
    """

    room: str
    title: str
    icon: str
    section: str
    sentence: str
    english: Line
    spanish: Line
    step: str | None = None
    tasks: tuple[Task, ...] = ()
    commands: tuple[str, ...] = ()
    as_saved: bool = False

    @property
    def name(self) -> str:
        """The page's name in its address, and in tests."""
        return self.room.rpartition("/")[2]

    @property
    def file(self) -> str:
        """The page's script, relative to the launcher, as Streamlit wants it."""
        return f"{self.room}/page.py"

    @property
    def package(self) -> str:
        """The room as Python names it."""
        return f"apps.{self.room.replace('/', '.')}"

    @property
    def symbol(self) -> str:
        """The icon as Streamlit wants it."""
        return f":material/{self.icon}:"


PAGES: tuple[Page, ...] = (
    Page(
        "course/courses",
        "Courses",
        "school",
        "Course",
        "Walk through the pages step by step, with a quiz at the end of each: three courses, in English and Spanish.",
        Line("walk through the pages step by step, with a quiz behind each; write walkthroughs of your own"),
        Line("recorrer las páginas paso a paso, con un cuestionario al final de cada una; escribir guías propias"),
        commands=("courses",),
    ),
    Page(
        "course/tasks",
        "The tasks",
        "map",
        "Course",
        "What models can do: vision, language, audio and more, as a map: what goes in, what comes out.",
        Line("the tasks of the field as a map: what goes in, what comes out, an example, a model, and the page for it"),
        Line(
            "las tareas para las que hay modelos, en un mapa: qué entra, qué sale, un ejemplo, un modelo y la página "
            "que muestra cada una"
        ),
        commands=("tasks",),
    ),
    Page(
        "course/glossary",
        "Words of the field",
        "dictionary",
        "Course",
        "Attention, token, overfitting, perplexity: what the words mean, in English or Spanish, and where to see it.",
        Line("look up what the words mean, in English or Spanish, and go to the page that shows it"),
        Line("consultar qué significan las palabras, en español o en inglés, e ir a la página que lo muestra"),
        commands=("words",),
    ),
    Page(
        "demos/question_answering",
        "Question answering",
        "quiz",
        "Language",
        "Ask about a text. The model marks the words that answer, or says that the text does not tell.",
        Line(
            "ask about a text; the answer is marked in it, with scores, alternatives and “the text does not tell”",
            "RoBERTa, TinyRoBERTa, DistilBERT, a Spanish BERT",
        ),
        Line(
            "preguntar sobre un texto: la respuesta se marca en él, con puntuaciones, alternativas y «el texto no lo "
            "dice»",
            "RoBERTa, TinyRoBERTa, DistilBERT, un BERT en español",
            "`aula/qa-minilm` (inglés)",
        ),
        tasks=(Task.QUESTION_ANSWERING,),
        commands=("answer",),
    ),
    Page(
        "demos/translate_summarize",
        "Translate and summarize",
        "translate",
        "Language",
        "Between English, Spanish, French, German; long texts made short, in a model's words or by choosing sentences.",
        Line(
            "between English, Spanish, French, German, Romanian; long texts made short",
            "T5, BART, PEGASUS, Marian (opus-mt)",
        ),
        Line(
            "traducir entre inglés, español, francés, alemán y rumano; resumir textos largos",
            "T5, BART, PEGASUS, Marian (opus-mt)",
        ),
        tasks=(Task.TEXT_TO_TEXT, Task.SUMMARIZATION),
        commands=("translate", "summarize"),
    ),
    Page(
        "demos/text_classification",
        "Text classification",
        "label",
        "Language",
        "Positive or negative, and why? Compare models, sort by labels of your own, grade a model on a file.",
        Line(
            "positive or negative, several texts at once; the words that matter; models side by side; labels of your "
            "own (zero-shot); a model against gold labels: accuracy, confusion, calibration, the worst mistakes",
            "DistilBERT SST-2, two multilingual ones (stars; positive, neutral, negative), emotions; BART and two "
            "small ones for labels of your own",
        ),
        Line(
            "positivo o negativo, varios textos a la vez; las palabras que importan; varios modelos a la vez; "
            "etiquetas propias (zero-shot); un modelo frente a etiquetas de referencia: exactitud, confusión, "
            "calibración y los peores errores",
            "DistilBERT SST-2, dos multilingües (estrellas; positivo, neutral, negativo), emociones; BART y dos "
            "pequeños para etiquetas propias",
            "`aula/sentiment-minilm`, `aula/label-similarity` (inglés), `aula/sentiment-gpt2-mini-es` (español)",
        ),
        tasks=(Task.TEXT_CLASSIFICATION, Task.ZERO_SHOT, Task.LABEL_SIMILARITY),
        commands=("classify", "zero-shot", "grade"),
    ),
    Page(
        "demos/tokenizers",
        "Tokenizers",
        "content_cut",
        "Language",
        "How texts become numbers: several tokenizers side by side, English beside Spanish, and one of your own.",
        Line(
            "several tokenizers on one text, side by side: tokens, ids, cost, what is lost; languages compared; "
            "padding and masks; train one of your own",
            "those of every model on this machine",
            "GPT-2, o200k (GPT-4o), Qwen 3, Mistral v3, and those of the models",
        ),
        Line(
            "varios tokenizadores con un mismo texto: tokens, ids, coste y lo que se pierde; idiomas comparados; "
            "relleno y máscaras; entrenar uno propio",
            "los de cada modelo que haya en la máquina",
            "GPT-2, o200k (GPT-4o), Qwen 3, Mistral v3 y los de los modelos",
        ),
        commands=("tokenize",),
    ),
    Page(
        "demos/step_by_step",
        "Step by step",
        "footprint",
        "Language",
        "From text to answer, as in a notebook: tokens, logits, answer, with the code that ran and what came of it.",
        Line(
            "tokenizer, tokens, model, logits, answer: each step with its lines of code, live; attention, the next "
            "token under temperature, top-k and top-p, two ways that fail; the steps as a notebook",
            "the full ones of these tasks",
        ),
        Line(
            "tokenizador, tokens, modelo, logits, respuesta: cada paso con su código, en vivo; la atención, el "
            "siguiente token con temperatura, top-k y top-p, dos caminos que fallan; los pasos como cuaderno",
            "los completos de estas tareas",
            "los pequeños de estas tareas",
        ),
        tasks=(Task.TEXT_CLASSIFICATION, Task.QUESTION_ANSWERING, Task.TEXT_GENERATION, Task.TEXT_TO_TEXT),
        commands=("steps",),
        as_saved=True,
    ),
    Page(
        "demos/object_detection",
        "Object detection",
        "image_search",
        "Pictures",
        "YOLOv5 finds people, cars, cats and more in photographs and films, yours included.",
        Line(
            "photographs, uploads, the camera, a folder or a film; confidence, overlap and classes act at once; crops, "
            "CSV, COCO and YOLO labels to take home",
            "YOLOv5 n, s, m with the newer head, and your own `best.pt`",
        ),
        Line(
            "fotografías, archivos propios, la cámara, una carpeta o un video; confianza, solapamiento y clases "
            "actúan al momento; recortes, CSV, COCO y etiquetas YOLO para llevar",
            "YOLOv5 n, s, m con la cabeza nueva y tu propio `best.pt`",
        ),
        tasks=(Task.OBJECT_DETECTION,),
        commands=("detect",),
    ),
    Page(
        "demos/image_classification",
        "Image classification",
        "category",
        "Pictures",
        "Which of a thousand things does a picture show? Compare models, and see where they looked.",
        Line(
            "photographs, uploads, the camera or a folder; several models side by side, and what each looked at",
            "ViT, ResNet-50, any classifier of the hub",
        ),
        Line(
            "fotografías, archivos propios, la cámara o una carpeta; varios modelos a la vez y dónde miró cada uno",
            "ViT, ResNet-50 y cualquier clasificador del hub",
        ),
        tasks=(Task.IMAGE_CLASSIFICATION,),
        commands=("classify-images",),
    ),
    Page(
        "demos/text_to_image",
        "Text to image",
        "palette",
        "Pictures",
        "Noise becomes a picture, step by step: from your sentence, and in two dimensions, where nothing is hidden.",
        Line(
            "a sentence becomes a picture, its steps as a filmstrip; seed, guidance, size, safety checker; diffusion "
            "in two dimensions, which needs no weights. An extra: `pip install -r requirements-image.txt`",
            "Stable Diffusion 1.5, BK-SDM-Tiny, any text-to-image folder of diffusers",
            "none; the figures in two dimensions need none",
        ),
        Line(
            "una frase se vuelve imagen, con sus pasos como tira de fotogramas; semilla, guía, tamaño, filtro de "
            "seguridad; la difusión en dos dimensiones, sin pesos. Un extra: `pip install -r requirements-image.txt`",
            "Stable Diffusion 1.5, BK-SDM-Tiny y cualquier carpeta de diffusers que dibuje desde texto",
            "ninguno; las figuras en dos dimensiones no lo necesitan",
        ),
        tasks=(Task.TEXT_TO_IMAGE,),
        commands=("imagine",),
    ),
    Page(
        "demos/datasets",
        "Datasets",
        "dataset",
        "Training",
        "Look at texts or pictures before you train on them: labels, lengths, duplicates, leaks, languages.",
        Line(
            "a CSV, JSON lines or Parquet file, a folder of pictures or a dataset of the hub: columns, label balance, "
            "duplicates and near-duplicates, languages, leaks between the parts",
        ),
        Line(
            "un archivo CSV, JSON lines o Parquet, una carpeta de fotos o un conjunto de datos del hub: columnas, "
            "equilibrio de etiquetas, duplicados y casi duplicados, idiomas, fugas entre las partes",
        ),
        commands=("explore",),
    ),
    Page(
        "demos/transfer_learning",
        "Transfer learning",
        "model_training",
        "Training",
        "Teach a model labels of your own in a minute, watch it learn, and see where it goes wrong.",
        Line(
            "train a classifier on your own sentences, watch it learn, see where it errs, and use it on the other "
            "pages",
            "any BERT of the hub",
        ),
        Line(
            "entrenar un clasificador con frases propias, ver cómo aprende y dónde se equivoca, y usarlo en las demás "
            "páginas",
            "cualquier BERT del hub",
        ),
        tasks=(Task.SENTENCE_SIMILARITY,),
        commands=("train",),
        as_saved=True,
    ),
    Page(
        "demos/teach_pictures",
        "Teach it by showing",
        "photo_camera",
        "Training",
        "Shoot twenty pictures of a mug and twenty of a pen, and a model tells them apart seconds later.",
        Line(
            "teach classes of your own with the camera, uploads, a ZIP or a folder; see in pictures where it errs, and "
            "try it live",
            "ViT, and any picture classifier of the hub",
            "`aula/efficientnet-lite0`",
        ),
        Line(
            "enseñar clases propias con la cámara, archivos, un ZIP o una carpeta; ver en imágenes dónde se equivoca y "
            "probarlo en vivo",
            "ViT y cualquier clasificador de imágenes del hub",
            "`aula/efficientnet-lite0`",
        ),
        commands=("train-images",),
        as_saved=True,
    ),
    Page(
        "laboratory/model_memory",
        "Model memory",
        "memory",
        "Quantization",
        "What a model needs before it is loaded: each part, each precision, a long context, training.",
        Line(
            "predict what a model needs in each precision, by part, with a long context or for training, and whether "
            "it fits here",
            "any id or folder; only its configuration is read",
            "the shapes of every model of the catalog, and of Llama-3-8B",
        ),
        Line(
            "predecir cuánta memoria necesita un modelo en cada precisión, por partes, con un contexto largo o para "
            "entrenarlo, y si cabe aquí",
            "cualquier id o carpeta: solo se lee su configuración",
            "la forma de todos los modelos del catálogo y de Llama-3-8B",
        ),
        step="Predict",
        commands=("memory",),
        as_saved=True,
    ),
    Page(
        "laboratory/number_formats",
        "Number formats",
        "pin",
        "Quantization",
        "The bits of a number in 32, 16, 8 and 4 bits, and what is really stored.",
        Line(
            "type a number: its bits in fp32, fp16, bf16 and two kinds of fp8, its code in int8 and NF4, and what is "
            "really stored"
        ),
        Line(
            "escribir un número y ver sus bits en fp32, fp16, bf16 y dos tipos de fp8, su código en int8 y NF4, y qué "
            "se guarda de verdad"
        ),
        step="See",
        commands=("bits",),
        as_saved=True,
    ),
    Page(
        "laboratory/tensor_quantization",
        "Quantize a layer",
        "grid_on",
        "Quantization",
        "The weights of one layer in 2–8 bits, and the error that this makes.",
        Line(
            "the weights of one layer in 2–8 bits: the error, where it is, and what groups and clipping do to it",
            "the text models and the picture classifiers",
            "the text models and the picture classifiers",
        ),
        Line(
            "los pesos de una capa en 2–8 bits: el error, dónde está y qué logran los grupos y el recorte",
            "los modelos de texto y los clasificadores de imágenes",
            "los modelos de texto y los clasificadores de imágenes",
        ),
        step="See",
        tasks=(
            Task.TEXT_GENERATION,
            Task.QUESTION_ANSWERING,
            Task.TEXT_TO_TEXT,
            Task.TEXT_CLASSIFICATION,
            Task.IMAGE_CLASSIFICATION,
        ),
        commands=("tensor",),
        as_saved=True,
    ),
    Page(
        "laboratory/gpt2_quantization",
        "GPT-2 quantization",
        "compress",
        "Quantization",
        "Shrink a Spanish GPT-2 and measure what it costs: size, speed, perplexity and the text it writes.",
        Line(
            "one model in every precision that runs here: file, memory, speed, perplexity, agreement with fp32 and the "
            "text it writes; keep the best as a model of your own",
            "GPT-2 small Spanish, GPT-2, DistilGPT-2",
        ),
        Line(
            "un mismo modelo en todas las precisiones que funcionan aquí: archivo, memoria, velocidad, perplejidad, "
            "coincidencia con fp32 y el texto que escribe; guardar la mejor como modelo propio",
            "GPT-2 small Spanish, GPT-2, DistilGPT-2",
        ),
        tasks=(Task.TEXT_GENERATION,),
        commands=("quantize",),
        as_saved=True,
    ),
    Page(
        "laboratory/layer_sensitivity",
        "Which layer hurts",
        "healing",
        "Quantization",
        "A heat map of what each layer costs when it alone is quantized.",
        Line("quantize one layer at a time; a heat map of what that does to the perplexity", "the same"),
        Line("cuantizar una capa cada vez: un mapa de calor de lo que cuesta en perplejidad", "los mismos"),
        step="Measure",
        tasks=(Task.TEXT_GENERATION,),
        commands=("sensitivity",),
        as_saved=True,
    ),
    Page(
        "laboratory/task_quality",
        "Quality and speed",
        "balance",
        "Quantization",
        "The points of F1 or BLEU that int8 costs, and the speed that it gives.",
        Line(
            "the points of F1 or BLEU that int8 costs, on 60 questions or sentences, and the speed that it gives; keep "
            "it, if it is worth it",
            "the full ones",
        ),
        Line(
            "los puntos de F1 o BLEU que cuesta int8, con 60 preguntas o frases, y la velocidad que da; guardarlo, si "
            "vale la pena",
            "los completos",
        ),
        step="Measure",
        tasks=(Task.QUESTION_ANSWERING, Task.TEXT_TO_TEXT),
        as_saved=True,
    ),
    Page(
        "laboratory/speed_here",
        "Speed here",
        "speed",
        "Quantization",
        "How fast models answer on this machine, against plain PyTorch; and two laptops side by side.",
        Line(
            "questions, sentences, words and pictures a second on this machine, and how many times as fast that is as "
            "plain PyTorch; two laptops compared by their files; from the terminal also thirty students at once",
            "the full ones on this machine",
            "all that come with the suite",
        ),
        Line(
            "preguntas, frases, palabras y fotos por segundo en esta máquina, y cuántas veces más rápido es que "
            "PyTorch a secas; dos portátiles comparados por sus archivos; en la terminal, también treinta estudiantes "
            "a la vez",
            "los completos que haya en la máquina",
            "todos los que trae Aula",
        ),
        step="Measure",
        commands=("benchmark",),
        as_saved=True,
    ),
    Page(
        "laboratory/memory_freed",
        "Memory freed",
        "recycling",
        "Quantization",
        "Whether the memory comes back when a model is unloaded.",
        Line(
            "load, use, unload, again: what comes back, without restarting anything",
            "GPT-2 small Spanish, GPT-2, DistilGPT-2",
        ),
        Line(
            "cargar un modelo, usarlo y soltarlo, varias veces: cuánta memoria vuelve, sin reiniciar nada",
            "GPT-2 small Spanish, GPT-2, DistilGPT-2",
        ),
        step="Measure",
        tasks=(Task.TEXT_GENERATION,),
        commands=("freed",),
        as_saved=True,
    ),
)


def page_named(name: str) -> Page:
    """The page with this name, such as “question_answering”. Raises KeyError where there is none."""
    return {page.name: page for page in PAGES}[name]
