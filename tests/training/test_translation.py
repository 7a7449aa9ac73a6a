import gzip
from functools import partial
from pathlib import Path

import pytest
import sacrebleu
import torch
from transformers import AutoTokenizer

from models.catalog import Task
from models.errors import InvalidInput
from models.text.task_settings import TextToTextSettings
from models.text_to_text import TextToText
from models.weights.card_file import figures, front_matter
from models.weights.cards import find_card
from tests.training.runs import assert_same_weights, events, interrupting, run_in, saved_types
from training import translation
from training.sentence_pairs import (
    MAX_TOKENS,
    PREFIX,
    collate,
    read_rows,
    tokenize,
    train_tokenizer,
    with_joined,
)
from training.word_for_word import bilingual_vectors

PEOPLE = (("The teacher", "Le professeur"), ("My brother", "Mon frère"), ("The boy", "Le garçon"), ("Anna", "Anna"))
DOINGS = (("reads a book", "lit un livre"), ("works here", "travaille ici"), ("is at school", "est à l'école"))
WHENS = (("today", "aujourd'hui"), ("now", "maintenant"), ("on Monday", "lundi"))
WORDS = (("dog", "chien"), ("book", "livre"), ("house", "maison"), ("water", "eau"), ("friend", "ami"))
PAIRS = [
    (f"{person} {doing} {when}.", f"{personne} {action} {quand}.")
    for person, personne in PEOPLE
    for doing, action in DOINGS
    for when, quand in WHENS
]


def write(file: Path, rows: list[tuple[str, ...]]) -> None:
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines("\t".join(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A collection of 36 pairs, of which two are the test, one with two translations."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "translation").mkdir()
    write(folder / "translation/en-fr.train.tsv.gz", PAIRS[2:] * 2)
    write(folder / "translation/en-fr.valid.tsv.gz", PAIRS[2:6])
    write(folder / "translation/en-fr.test.multiref.tsv.gz", [(*PAIRS[0], "Il lit."), PAIRS[1]])
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Batches of a few pairs, and short outputs: what has learned nothing writes until it must end."""
    monkeypatch.setattr(translation, "VOCABULARY", 120)
    monkeypatch.setattr(translation, "TARGET_TOKENS_A_STEP", 100)
    monkeypatch.setattr(translation, "QUICK", TextToTextSettings(beams=1, max_new_tokens=8))
    monkeypatch.setattr(translation, "TASK", translation.TASK | {"max_length": 24})


def train(data: Path, folder: Path, **options) -> dict[str, float]:
    start_from, run = options.pop("start_from", None), run_in(folder, **options)
    new = partial(translation.new_model, encoder_layers=1, decoder_layers=1, width=64)
    return translation.train(data, folder / "model", run, start_from, new)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> Path:
    """A folder in which four steps were trained."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        small.__wrapped__(patch)
        train(data, folder, steps=4)
    return folder


def translator_of(folder: Path) -> TextToText:
    return TextToText.load(find_card(str(folder / "model"), Task.TEXT_TO_TEXT), device="cpu")


def losses(folder: Path) -> list[float]:
    return [event["loss"] for event in events(folder, "step")]


def test_the_folder_loads_through_the_wrapper_and_translates(trained):
    translator = translator_of(trained)
    assert translator.targets == ("french",)
    assert not translator.summarizes
    pieces = list(translator.translate("My brother works here.\nAnna reads."))
    assert [piece.source for piece in pieces] == ["My brother works here.", "Anna reads."]


def test_many_texts_at_once_come_out_as_from_the_wrapper_one_by_one(trained):
    translator = translator_of(trained)
    translator.model.double()  # padding changes the last bits of a sum, which must not turn a close decision
    with torch.no_grad():  # as initialized, the output hardly depends on what is read
        for name, weight in translator.model.named_parameters():
            weight *= 4 if name.endswith((".o.weight", ".wo.weight", ".q.weight")) else 1
    texts = ["Anna reads.", *(english for english, _ in PAIRS[:4])]
    settings = TextToTextSettings(beams=2)
    together = translation.translate(translator.model, translator.tokenizer, texts, settings)
    alone = [next(translator.translate(text, settings=settings)).text for text in texts]
    assert together == alone
    assert len(set(alone)) > 1


def test_training_lowers_the_loss_and_says_when_it_ends(trained):
    found = losses(trained)
    assert len(found) == 4
    assert found[-1] < found[0]
    assert events(trained, "end")[-1]["reason"] == "budget"


def test_weights_are_saved_in_half_precision(trained):
    assert saved_types(trained) == {torch.float16}


def test_the_card_tells_the_figures_that_measuring_gives(trained, data):
    measured = translation.evaluate(trained / "model", data)
    assert figures(trained / "model") == pytest.approx(measured, abs=1e-4)
    assert front_matter(trained / "model")["language"] == ["en", "fr"]
    card = (trained / "model/README.md").read_text(encoding="utf-8")
    for part in ("manythings.org/anki", "4 steps of about 200 tokens", "1 encoder and 1 decoder layers of width 64"):
        assert part in card
    for text in translation.EXAMPLES:
        assert f"| {text} |" in card


def test_the_score_counts_every_translation_of_a_row(trained, monkeypatch):
    written = ["Il lit un livre ici.", "Anna travaille ici."]
    monkeypatch.setattr(translation, "translate", lambda *rest: written)
    rows = [("…", "Elle lit un livre ici.", "Il lit un livre ici."), ("…", "Anna travaille là.")]
    found = translation.score(None, None, rows, TextToTextSettings())
    references = [["Elle lit un livre ici.", "Anna travaille là."], ["Il lit un livre ici.", None]]
    assert found["BLEU"] == pytest.approx(sacrebleu.corpus_bleu(written, references).score)
    assert found["chrF"] == pytest.approx(sacrebleu.corpus_chrf(written, references).score)
    assert found["BLEU"] > translation.score(None, None, [row[:2] for row in rows], TextToTextSettings())["BLEU"]


def test_an_interrupted_training_resumes_to_the_same_weights(trained, data, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(translation, "collate", interrupting(collate, 2))
        train(data, tmp_path, steps=4)
    [stopped] = events(tmp_path, "end")
    assert stopped["reason"] == "stopped"
    assert stopped["step"] < 4
    translator_of(tmp_path)

    train(data, tmp_path, steps=4, resume=True)
    assert losses(tmp_path)[-1] == pytest.approx(losses(trained)[-1], rel=1e-6)
    assert_same_weights(translator_of(tmp_path).model, translator_of(trained).model)


def test_the_time_budget_ends_it_and_leaves_a_model(data, tmp_path):
    train(data, tmp_path, minutes=0.0001)
    assert events(tmp_path, "end")[-1]["step"] == 1
    assert list(translator_of(tmp_path).translate("Anna reads."))


def test_training_goes_on_from_a_finished_folder(trained, data, tmp_path):
    finished, folder = translator_of(trained), tmp_path / "finished"
    with torch.no_grad():
        for weight in finished.model.parameters():
            weight *= 1.5  # unlike those of any new model
    finished.model.half().save_pretrained(folder)
    finished.tokenizer.save_pretrained(folder)
    train(data, tmp_path, steps=1, start_from=folder)
    before, after = (path.read_text(encoding="utf-8") for path in tmp_path.glob("*/tokenizer.json"))
    assert before == after
    # One step of the warm-up hardly moves them.
    assert_same_weights(translator_of(tmp_path).model, finished.model.float(), atol=1e-4, rtol=2e-3)


def test_the_tokenizer_writes_what_it_read_and_has_one_token_for_the_prefix(tmp_path):
    tokenizer = train_tokenizer([*PAIRS, ("“Œ” ’ ; ! ?", "œ «À» 0123456789")], 150, tmp_path)
    for known in (tokenizer, AutoTokenizer.from_pretrained(tmp_path)):
        for text in ("À l'école ?", "Œ œ «maintenant» !", "Le garçon’s 1984"):
            ids = known(PREFIX + text)["input_ids"]
            assert ids[0] == len(tokenizer) - 1
            assert ids[-1] == known.eos_token_id
            assert known.unk_token_id not in ids
            assert known.decode(ids[1:], skip_special_tokens=True) == text


def test_batches_hold_what_is_read_what_is_written_and_what_is_not_learned(tmp_path):
    tokenizer = train_tokenizer(PAIRS, 120, tmp_path)
    one, other = tokenize(tokenizer, [("Anna reads a book now.", "Anna lit un livre maintenant."), ("Anna", "Anna")])
    batch = collate([one, other])
    assert batch["attention_mask"].sum(1).tolist() == [len(one.source), len(other.source)]
    assert batch["labels"][0].tolist() == one.target
    assert batch["decoder_input_ids"][0].tolist() == [0, *one.target[:-1]]
    assert batch["labels"][1, len(other.target) :].unique().tolist() == [-100]


def test_first_embeddings_are_a_dictionary(tmp_path):
    pairs = [(f"{english} {other}", f"{french} {autre}") for english, french in WORDS for other, autre in WORDS]
    tokenizer = train_tokenizer(pairs, 200, tmp_path)
    vectors = bilingual_vectors(list(tokenize(tokenizer, pairs)), len(tokenizer), 32)
    assert vectors.pow(2).mean().item() == pytest.approx(1, rel=1e-4)
    ids = {word: tokenizer.convert_tokens_to_ids(f"▁{word}") for pair in WORDS for word in pair}
    french = torch.tensor([ids[word] for _, word in WORDS])
    closest = [(vectors[french] @ vectors[ids[word]]).argmax().item() for word, _ in WORDS]
    assert closest == list(range(len(WORDS)))
    assert all(vectors[ids[english], -1] < 0 < vectors[ids[word], -1] for english, word in WORDS)


def test_a_new_model_looks_at_the_word_after_the_one_it_translated_last(tmp_path):
    pairs = [(f"{english} {other}", f"{french} {autre}") for english, french in WORDS for other, autre in WORDS]
    tokenizer = train_tokenizer(pairs, 200, tmp_path)
    examples = list(tokenize(tokenizer, pairs))
    model = translation.new_model(tokenizer, examples, encoder_layers=1, decoder_layers=1, width=128).eval()
    (example,) = tokenize(tokenizer, [("dog water friend book house", "chien eau ami livre maison")])
    batch = collate([example])
    with torch.inference_mode():
        encoder = model.encoder(batch["input_ids"]).last_hidden_state
        words = model.shared(batch["decoder_input_ids"])
        attention = model.decoder.block[0].layer[1].EncDecAttention
        normed = model.decoder.block[0].layer[1].layer_norm(words)
        queries, keys = (part.unflatten(-1, (2, 64)).sum(-2) for part in (attention.q(normed), attention.k(encoder)))
    # The source is the prefix, five words and the end; the output begins where the prefix is.
    assert (queries @ keys.mT).argmax(-1)[0, :5].tolist() == [1, 2, 3, 4, 5]


def test_long_pairs_are_left_out(tmp_path):
    tokenizer = train_tokenizer(PAIRS, 120, tmp_path)
    long = " ".join(["book"] * MAX_TOKENS)
    assert list(tokenize(tokenizer, [(long, "livre"), ("book", long)])) == []


def test_some_pairs_are_joined_the_same_for_a_seed():
    joined = with_joined(PAIRS, 0, share=0.5)
    assert joined[: len(PAIRS)] == PAIRS
    assert len(joined) == len(PAIRS) * 3 // 2
    for english, french in joined[len(PAIRS) :]:
        assert english.count(".") == french.count(".") == 2
    assert joined == with_joined(PAIRS, 0, share=0.5) != with_joined(PAIRS, 1, share=0.5)


def test_half_of_the_joined_pairs_have_the_apostrophes_of_print():
    joined = with_joined([("It's", "C'est"), ("isn't", "n'est pas")], 0, share=2)[2:]
    assert [("’" in english, "'" in english) for english, _ in joined] == [(True, False), (False, True)] * 2
    assert not any("’" in french for _, french in joined)


def test_rows_are_read_once_each_with_all_their_translations(tmp_path):
    write(tmp_path / "rows.gz", [("a", "b", "c"), ("d", "e"), ("a", "b", "c")])
    assert read_rows(tmp_path / "rows.gz") == [("a", "b", "c"), ("d", "e")]


def test_a_line_without_a_translation_is_named(tmp_path):
    write(tmp_path / "rows.gz", [("a", "b"), ("alone",)])
    with pytest.raises(InvalidInput, match=r"Line 2 of .*rows\.gz has no translation"):
        read_rows(tmp_path / "rows.gz")


def test_a_folder_without_the_collection_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"There is no .*en-fr\.train\.tsv\.gz\. Give --data"):
        train(tmp_path, tmp_path / "made")
