"""The steps of each task, written as cells: from a text to an answer with plain lines of transformers and torch.

Knows how code is written, not how it is run.
"""

from typing import Any

from models.catalog import Task
from models.steps.cells import (
    ANSWER,
    ATTENTION,
    LOGITS,
    MODEL,
    OTHER,
    PIPELINE,
    SAYS,
    START,
    STEP_NAMES,
    STRINGS,
    TITLES,
    TOKENIZER,
    TOKENS,
    Cell,
    call,
    constant,
    indented,
    lines,
    literal,
    options,
    with_remarks,
)
from models.steps.plan import Plan
from models.text.answer_spans import MAX_ANSWER_TOKENS
from models.text.stated_tasks import longest_output

_CAUGHT = 'except Exception as error:\n    print(f"{type(error).__name__}: {error}")'


def cells_of(plan: Plan) -> list[Cell]:
    """All steps of a plan, in their order."""
    sources = {START: _start(plan), TOKENIZER: _TOKENIZER, MODEL: _model(plan), STRINGS: _strings(plan)}
    sources |= _RECIPES[plan.asked.task](plan)
    return [Cell(name, TITLES[name], SAYS[name], with_remarks(sources[name])) for name in STEP_NAMES]


_TOKENIZER = """from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(MODEL)"""


def _start(plan: Plan) -> str:
    asked = plan.asked
    return lines(
        constant("MODEL", plan.shown["MODEL"]),
        constant("BASE", plan.shown["BASE"], "MODEL changes it") if plan.adapter else "",
        constant("OTHER", plan.shown["OTHER"], "for the last step"),
        constant("DEVICE", plan.device.type),
        constant("QUESTION", asked.question) if asked.question else "",
        constant("CONTEXT" if asked.question else "TEXT", asked.text),
        constant("PREFIX", plan.prefix, "the words that tell the model its task") if plan.prefix else "",
        constant("NEW_TOKENS", asked.new_tokens) if asked.task == Task.TEXT_GENERATION else "",
    )


def _tokens(plan: Plan, *texts: str, by: str = "tokenizer", truncation: object = True, more: str = "") -> str:
    """The call that cuts texts into tokens."""
    given = options({"truncation": truncation, "max_length": plan.window, **plan.options})
    return call(by, *texts, *given, *([more] if more else []), 'return_tensors="pt"')


# Loading


def _model(plan: Plan) -> str:
    loading = plan.precision.load_arguments(plan.device.type)
    settings = loading.get("quantization_config")
    auto = str(plan.asked.task.row.auto_class)
    names = [*(["AutoConfig"] if plan.adapter else []), auto, *(["BitsAndBytesConfig"] if settings else [])]
    return lines(
        "import torch",
        "from peft import PeftModel" if plan.adapter else "",
        f"from transformers import {', '.join(names)}\n",
        _adapted(plan, auto) if plan.adapter else "",
        _settings(settings),
        _read(plan, auto, loading),
    )


def _adapted(plan: Plan, auto: str) -> str:
    return lines(
        "config = AutoConfig.from_pretrained(MODEL)",
        call(f"base = {auto}.from_pretrained", "BASE", "config=config", "dtype=torch.float32"),
        "# The pooler reads the first token; here all of them count.\nbase.bert.pooler = None" if plan.pooled else "",
        "# LoRA: a small change that is added to the base",
        "merged = PeftModel.from_pretrained(base, MODEL)",
        "merged = merged.merge_and_unload()",
    )


def _settings(settings: Any) -> str:
    if settings is None:
        return ""
    stated = {name: value for name, value in settings.to_diff_dict().items() if name != "quant_method"}
    return call("settings = BitsAndBytesConfig", *options(stated))


def _read(plan: Plan, auto: str, loading: dict[str, Any]) -> str:
    """The lines that read the weights in the precision and put them on the device."""
    quantized = "quantization_config" in loading
    source = ["MODEL"]
    if plan.adapter:
        auto, source = "type(merged)", ["None", "config=config", "state_dict=merged.state_dict()"]
    told = [f"dtype={loading['dtype']}"]  # “torch.bfloat16”: as it stands in code
    told += ["quantization_config=settings", 'device_map={"": DEVICE}'] if quantized else []
    return lines(
        call(f"model = {auto}.from_pretrained", *source, *told),
        "del base, merged" if plan.adapter else "",
        "model.bert.pooler = None" if plan.pooled else "",
        "model = model.eval()" if quantized else "model = model.to(DEVICE).eval()",
    )


# What does not work


def _strings(plan: Plan) -> str:
    return f"try:\n    model({'CONTEXT' if plan.asked.question else 'TEXT'})\n{_CAUGHT}"


def _wrong(plan: Plan, *texts: str, then: tuple[str, ...], truncation: object = True) -> str:
    """What another tokenizer's numbers lead to; whatever it raises is caught and printed."""
    on_card = plan.device.type == "cuda"
    body = lines(
        "other = AutoTokenizer.from_pretrained(OTHER)",
        f"wrong = {_tokens(plan, *texts, by='other', truncation=truncation)}",
        'wrong_ids = wrong["input_ids"].to(DEVICE)',
        # A number beyond the table ends the work of a graphics card for the whole process.
        "assert wrong_ids.max() < model.get_input_embeddings().num_embeddings" if on_card else "",
        "as_read = tokenizer.decode(wrong_ids[0])  # what these numbers mean to the model",
        "with torch.inference_mode():",
        indented(lines(*then)),
    )
    return f"try:\n{indented(body)}\n{_CAUGHT}"


# The tasks


def _classification(plan: Plan) -> dict[str, str]:
    return {
        TOKENS: f"inputs = {_tokens(plan, 'TEXT')}",
        LOGITS: _CLASSIFY_BY_MEAN if plan.pooled else _CLASSIFY,
        ANSWER: _LABELS.format("sigmoid()" if plan.sigmoid else "softmax(dim=-1)"),
        PIPELINE: _pipeline_of_vectors(plan) if plan.pooled else _pipeline_of_labels(plan),
        ATTENTION: _attention("model.bert" if plan.pooled else "model", "**inputs"),
        OTHER: _wrong(
            plan,
            "TEXT",
            then=(
                *(_WRONG_BY_MEAN if plan.pooled else ("wrong_logits = model(wrong_ids).logits",)),
                "wrong_answer = labels[int(wrong_logits[0].argmax())]",
            ),
        ),
    }


_CLASSIFY = """inputs = inputs.to(DEVICE)
with torch.inference_mode():
    logits = model(**inputs).logits  # (1, labels): a score for each label"""
_CLASSIFY_BY_MEAN = """inputs = inputs.to(DEVICE)
with torch.inference_mode():
    # (1, tokens, width): what the model made of each token
    vectors = model.bert(**inputs).last_hidden_state
    # (1, labels): their mean stands for the text
    logits = model.classifier(vectors.mean(dim=1))"""
_LABELS = """scores = logits[0].double().{}  # (labels,): from 0 to 1
labels = model.config.id2label
answer = labels[int(scores.argmax())]
answer, float(scores.max())"""
_WRONG_BY_MEAN = (
    "wrong_vectors = model.bert(wrong_ids).last_hidden_state",
    "wrong_logits = model.classifier(wrong_vectors.mean(dim=1))",
)


def _told(plan: Plan) -> dict[str, object]:
    return {"truncation": True, "max_length": plan.window, **plan.options}


def _pipeline_of_labels(plan: Plan) -> str:
    return f"""from transformers import pipeline

classify = pipeline("text-classification", model=model, tokenizer=tokenizer)
{call("piped = classify", "TEXT", *options(_told(plan)), tail="[0]")}
difference = abs(piped["score"] - float(scores.max()))
same = piped["label"] == answer and difference < 0.001
piped, same"""


def _pipeline_of_vectors(plan: Plan) -> str:
    told = ", ".join(f"{literal(name)}: {literal(value)}" for name, value in _told(plan).items())
    return f"""from transformers import pipeline

# No pipeline takes the mean of all tokens.
# This one gives their vectors.
read = pipeline(
    "feature-extraction",
    model=model.bert,
    tokenizer=tokenizer,
    tokenize_kwargs={{{told}}},
)
piped_vectors = read(TEXT, return_tensors=True)
piped_vectors = piped_vectors.to(DEVICE, vectors.dtype)
with torch.inference_mode():
    piped_logits = model.classifier(piped_vectors.mean(dim=1))
piped = labels[int(piped_logits.argmax())]
difference = float((piped_logits - logits).abs().max())
same = piped == answer and difference < 0.001
piped, same"""


def _attention(model: str, given: str) -> str:
    return f"""model.set_attn_implementation("eager")  # the faster kinds do not keep these numbers
with torch.inference_mode():
    attentions = {model}({given}, output_attentions=True).attentions
len(attentions), tuple(attentions[0].shape)  # layers; (1, heads, tokens, tokens)"""


def _answering(plan: Plan) -> dict[str, str]:
    cut = _tokens(plan, "QUESTION", "CONTEXT", truncation="only_second", more="return_offsets_mapping=True")
    return {
        TOKENS: lines(
            f"inputs = {cut}",
            "# where in the text each token stands",
            'offsets = inputs.pop("offset_mapping")[0].tolist()',
            "# 0: of the question, 1: of the text, None: of neither",
            "parts = inputs.sequence_ids(0)",
        ),
        LOGITS: _START_AND_END,
        ANSWER: lines(_SPAN, *(_NO_ANSWER if plan.card.answers_no_answer else ()), "answer, score"),
        PIPELINE: _no_pipeline('"question-answering"', "question=QUESTION, context=CONTEXT"),
        ATTENTION: _attention("model", "**inputs"),
        OTHER: _wrong(
            plan,
            "QUESTION",
            "CONTEXT",
            then=(
                "output = model(wrong_ids)",
                "start, end = output.start_logits.argmax(), output.end_logits.argmax()",
                "wrong_answer = other.decode(wrong_ids[0, start : end + 1])",
            ),
            truncation="only_second",
        ),
    }


_START_AND_END = """inputs = inputs.to(DEVICE)
with torch.inference_mode():
    output = model(**inputs)
start_logits = output.start_logits[0]  # (tokens,): does the answer start here?
end_logits = output.end_logits[0]  # (tokens,): does it end here?"""
_SPAN = f"""# [CLS], then the tokens of the text; each start with each end:
places = [0] + [place for place, part in enumerate(parts) if part == 1]
start = start_logits.cpu().double()[places].log_softmax(dim=0)
end = end_logits.cpu().double()[places].log_softmax(dim=0)
spans = start[1:, None] + end[None, 1:]  # (tokens, tokens)
# forwards, and of at most {MAX_ANSWER_TOKENS} tokens
allowed = torch.ones_like(spans).triu().tril({MAX_ANSWER_TOKENS - 1}).bool()
best = spans.masked_fill(~allowed, -torch.inf).argmax()
first, last = divmod(int(best), len(spans))
score = float(spans[first, last].exp())
begins = offsets[places[first + 1]][0]
ends = offsets[places[last + 1]][1]
answer = CONTEXT[begins:ends]"""
_NO_ANSWER = (
    "# both at [CLS]: “the text does not tell”",
    "no_answer = float((start[0] + end[0]).exp())",
    "if no_answer > score:",
    '    answer, score = "", no_answer',
)


def _no_pipeline(task: str, given: str) -> str:
    return f"""from transformers import pipeline

try:
    answerer = pipeline({task}, model=model, tokenizer=tokenizer)
    piped = answerer({given})
except KeyError as error:
    print(error.args[0])"""


def _generation(plan: Plan) -> dict[str, str]:
    return {
        TOKENS: f"inputs = {_tokens(plan, 'TEXT')}",
        LOGITS: _NEXT,
        ANSWER: _LOOP,
        PIPELINE: _PIPELINE_OF_TEXT,
        ATTENTION: _attention("model", "ids"),
        OTHER: _wrong(
            plan,
            "TEXT",
            then=(
                "wrong_new = go_on(wrong_ids)[0, wrong_ids.shape[1] :]",
                "wrong_answer = tokenizer.decode(wrong_new)",
            ),
        ),
    }


_NEXT = """inputs = inputs.to(DEVICE)
with torch.inference_mode():
    logits = model(**inputs).logits  # (1, tokens, vocabulary)
next_logits = logits[0, -1].float()  # (vocabulary,): a score for each next token"""
_LOOP = """@torch.inference_mode()
def go_on(ids):
    # The cache keeps what was read, so that only the new token is read.
    unread, cache = ids, None
    for _ in range(NEW_TOKENS):
        output = model(unread, past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        unread = output.logits[:, -1:].argmax(dim=-1)  # the likeliest
        if int(unread) == tokenizer.eos_token_id:
            break
        ids = torch.cat([ids, unread], dim=1)
    return ids

ids = go_on(inputs["input_ids"])
new = ids[0, inputs["input_ids"].shape[1] :]
answer = tokenizer.decode(new, skip_special_tokens=True)
answer"""
_PIPELINE_OF_TEXT = """from transformers import pipeline

write = pipeline("text-generation", model=model, tokenizer=tokenizer)
read = tokenizer.decode(inputs["input_ids"][0], skip_special_tokens=True)
piped = write(
    read,
    max_new_tokens=NEW_TOKENS,
    do_sample=False,
    num_beams=1,  # the loop above does not ask how the model would be drawn from
    no_repeat_ngram_size=0,
    repetition_penalty=1.0,
    suppress_tokens=[],
    return_full_text=False,
)[0]["generated_text"]
same = piped == answer
piped, same"""


def _translating(plan: Plan) -> dict[str, str]:
    text = "PREFIX + TEXT" if plan.prefix else "TEXT"
    return {
        TOKENS: f"inputs = {_tokens(plan, text)}",
        LOGITS: _FIRST_TOKEN,
        ANSWER: _search(plan),
        PIPELINE: _no_pipeline('"translation"', text),
        ATTENTION: _CROSS_ATTENTION,
        OTHER: _wrong(
            plan,
            text,
            then=(
                f"wrong_new = model.generate(wrong_ids, max_length={_shortest(plan)})[0]",
                "wrong_answer = tokenizer.decode(wrong_new, skip_special_tokens=True)",
            ),
        ),
    }


_FIRST_TOKEN = """inputs = inputs.to(DEVICE)
begin = torch.tensor([[model.config.decoder_start_token_id]], device=DEVICE)
with torch.inference_mode():
    output = model(**inputs, decoder_input_ids=begin)
logits = output.logits  # (1, 1, vocabulary)
next_logits = logits[0, -1].float()  # a score for each first token of the translation"""
_CROSS_ATTENTION = """model.set_attn_implementation("eager")  # the faster kinds do not keep these numbers
with torch.inference_mode():
    output = model(**inputs, decoder_input_ids=ids, output_attentions=True)
cross_attentions = output.cross_attentions  # what is written looks at what was read
encoder_attentions = output.encoder_attentions  # what is read looks at itself
len(cross_attentions), tuple(cross_attentions[0].shape)  # layers; (1, heads, written, read)"""


def _search(plan: Plan) -> str:
    return lines(
        call("ids = model.generate", "**inputs", *options(plan.translation)),
        "answer = tokenizer.decode(ids[0], skip_special_tokens=True).strip()",
        "answer",
    )


def _shortest(plan: Plan) -> int:
    """Tokens of a nonsensical translation that are enough to see that it is one."""
    return min(longest_output(plan.translation), 40)


_RECIPES = {
    Task.TEXT_CLASSIFICATION: _classification,
    Task.QUESTION_ANSWERING: _answering,
    Task.TEXT_GENERATION: _generation,
    Task.TEXT_TO_TEXT: _translating,
}
