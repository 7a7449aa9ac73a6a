"""A tiny T5, BART, PEGASUS and Marian with random weights, and real vocabularies trained here."""

import json
from pathlib import Path

import sentencepiece
import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    GenerationConfig,
    MarianConfig,
    MarianMTModel,
    PegasusConfig,
    PegasusForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

SENTENCES = (
    "The teacher opens the window because the room is warm.",
    "In spring the river is higher than in autumn, and the old bridge is closed.",
    "My brother works in a small library near the station.",
    "We read a long book about the sea, and then we wrote a short letter to the author.",
    "Nobody knows how many people will come to the concert tomorrow.",
    "The train to the mountains leaves at seven; please do not be late!",
    "Why is the sky blue? A child asked, and the class had to think.",
    "Water boils at 100 degrees, but on a high mountain it boils sooner.",
    "Translate English to German, translate English to French, translate English to Romanian.",
    "To summarize: the museum opens again, the tickets are cheap, and children pay nothing.",
    "Le professeur ouvre la fenêtre parce qu'il fait chaud dans la salle.",
    "Mon frère travaille dans une petite bibliothèque près de la gare.",
    "Où est passé le garçon qui habitait à côté de l'école ?",
    "Der Lehrer öffnet das Fenster, weil es im Zimmer warm ist.",
    "Mein Bruder arbeitet in einer kleinen Bücherei, die für alle geöffnet ist.",
    "Der Zug fährt über die Brücke und hält vor dem großen Haus.",
    "Profesorul deschide fereastra pentru că este cald în cameră.",
    "Fratele meu lucrează într-o bibliotecă mică lângă gară și citește în fiecare zi.",
    "Țara are munți înalți, râuri și câmpii întinse.",
    "Numbers: 0 1 2 3 4 5 6 7 8 9, 12, 365 and 1,492. A B C D E F G H I J K L M N O P Q R S T U V W X Y Z.",
)

# As published with t5-base and t5-small, word for word.
TASKS = {
    "summarization": {
        "early_stopping": True,
        "length_penalty": 2.0,
        "max_length": 200,
        "min_length": 30,
        "no_repeat_ngram_size": 3,
        "num_beams": 4,
        "prefix": "summarize: ",
    },
    **{
        f"translation_en_to_{code}": {
            "early_stopping": True,
            "max_length": 300,
            "num_beams": 4,
            "prefix": f"translate English to {language}: ",
        }
        for code, language in (("de", "German"), ("fr", "French"), ("ro", "Romanian"))
    },
}


def save_t5(target: Path) -> None:
    """Write the checkpoint: config with task settings, safetensors, `spiece.model`, `tokenizer.json`."""
    target.mkdir(parents=True)
    tokenizer = _save_tokenizer(target)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, n_positions=512,
        dropout_rate=0.1, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, task_specific_params=TASKS,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config).eval()
    _listen_to_the_input(model)
    _never_end(model, tokenizer)
    # The published checkpoints carry no more than these three, so every other setting must come from the wrapper.
    model.generation_config = GenerationConfig(decoder_start_token_id=0, eos_token_id=1, pad_token_id=0)
    model.save_pretrained(target)


def _save_tokenizer(target: Path):
    corpus = target / "corpus.txt"
    corpus.write_text("\n".join(SENTENCES), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(target / "spiece"), vocab_size=500, hard_vocab_limit=False, num_threads=1,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    corpus.unlink()
    (target / "spiece.vocab").unlink()
    settings = {
        "tokenizer_class": "T5Tokenizer", "model_max_length": 512, "extra_ids": 100,
        "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>",
    }  # fmt: skip
    (target / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (target / "config.json").write_text('{"model_type": "t5"}', encoding="utf-8")
    tokenizer = AutoTokenizer.from_pretrained(target)
    tokenizer.save_pretrained(target)
    return tokenizer


SMALL = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "dropout": 0.1,
}  # fmt: skip
# As published with facebook/bart-large-cnn, in config.json and once more for the one task.
CNN = {
    "early_stopping": True, "length_penalty": 2.0, "max_length": 142, "min_length": 56, "no_repeat_ngram_size": 3,
    "num_beams": 4,
}  # fmt: skip
# As published with facebook/bart-base, which was not trained to summarize.
SUGGESTIONS = {
    "summarization": {"length_penalty": 1.0, "max_length": 128, "min_length": 12, "num_beams": 4},
    "summarization_cnn": {"length_penalty": 2.0, "max_length": 142, "min_length": 56, "num_beams": 4},
    "summarization_xsum": {"length_penalty": 1.0, "max_length": 62, "min_length": 11, "num_beams": 6},
}
# As published with google/pegasus-xsum.
XSUM = {"length_penalty": 0.6, "max_length": 64, "num_beams": 8}


def save_bart(target: Path) -> None:
    """Write a summarizer as they were published: all settings in config.json, and no row for the mark of a gap."""
    target.mkdir(parents=True)
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(SENTENCES, vocab_size=500, special_tokens=["<s>", "<pad>", "</s>", "<unk>"])
    bpe.save_model(str(target))
    _write(target / "tokenizer_config.json", {"model_max_length": 1024})
    _write(target / "config.json", {"model_type": "bart"})
    tokenizer = AutoTokenizer.from_pretrained(target)
    tokenizer.save_pretrained(target)
    torch.manual_seed(0)
    config = BartConfig(vocab_size=len(tokenizer) - 1, forced_bos_token_id=0, **SMALL)
    model = BartForConditionalGeneration(config).eval()
    _be_choosy(model)
    model.save_pretrained(target)
    _as_before_2023(target, CNN | {"forced_bos_token_id": 0, "task_specific_params": {"summarization": CNN}})


def save_pegasus(target: Path) -> None:
    """Write a PEGASUS: settings in generation_config.json; no weights for positions, which are computed."""
    target.mkdir(parents=True)
    _train_pieces(target / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    _write(target / "tokenizer_config.json", {"model_max_length": 512, "offset": 2})
    _write(target / "config.json", {"model_type": "pegasus"})
    tokenizer = AutoTokenizer.from_pretrained(target)
    tokenizer.save_pretrained(target)
    torch.manual_seed(0)
    config = PegasusConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=512,
        activation_function="relu",
        scale_embedding=True,
        **SMALL,
    )
    model = PegasusForConditionalGeneration(config).eval()
    _be_choosy(model)
    model.generation_config.update(**XSUM)
    state = {name: weight for name, weight in model.state_dict().items() if "embed_positions" not in name}
    model.save_pretrained(target, state_dict=state)


def save_marian(target: Path, source: str = "en", goal: str = "fr", marks: tuple[str, ...] = ()) -> None:
    """Write a translator: two vocabularies, one list of numbers; padding, with which it begins, must not be written."""
    target.mkdir(parents=True)
    pieces = [*_train_pieces(target / "source.spm"), *_train_pieces(target / "target.spm", vocab_size=450)]
    names = dict.fromkeys(["</s>", "<unk>", *marks, *(piece for piece in pieces if piece != "<s>"), "<pad>"])
    numbers = {name: number for number, name in enumerate(names)}
    _write(target / "vocab.json", numbers)
    _write(target / "tokenizer_config.json", {"source_lang": source, "target_lang": goal, "model_max_length": 512})
    torch.manual_seed(0)
    pad = numbers["<pad>"]
    config = MarianConfig(
        vocab_size=len(numbers), max_position_embeddings=512, pad_token_id=pad, decoder_start_token_id=pad,
        eos_token_id=0, forced_eos_token_id=0, activation_function="swish", scale_embedding=True, **SMALL,
    )  # fmt: skip
    model = MarianMTModel(config).eval()
    _be_choosy(model)
    model.save_pretrained(target)
    _as_before_2023(target, {"bad_words_ids": [[pad]], "max_length": 512, "num_beams": 4, "forced_eos_token_id": 0})


def _train_pieces(file: Path, vocab_size: int = 500, **numbers: int) -> list[str]:
    """Train a SentencePiece model; its pieces in the order of their numbers."""
    corpus = file.with_name("corpus.txt")
    corpus.write_text("\n".join(SENTENCES), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(file.with_suffix("")), vocab_size=vocab_size, hard_vocab_limit=False,
        num_threads=1, minloglevel=2, **numbers,
    )  # fmt: skip
    corpus.unlink()
    file.with_suffix(".vocab").unlink()
    made = file.with_suffix(".model")
    if made != file:
        made.rename(file)
    read = sentencepiece.SentencePieceProcessor(model_file=str(file))
    return [read.id_to_piece(number) for number in range(read.get_piece_size())]


def _be_choosy(model) -> None:
    """Strengthen attention and feed-forward, so that the output depends on what is read and no decision is close."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2 and "embed" not in name and "shared" not in name:
                weight *= 12
            elif "shared" in name:
                weight *= 20


def _as_before_2023(target: Path, settings: dict) -> None:
    """Say how to generate in config.json, as published checkpoints do that are older than generation_config.json."""
    (target / "generation_config.json").unlink()
    _write(target / "config.json", json.loads((target / "config.json").read_text()) | settings)


def _write(file: Path, content: dict) -> None:
    file.write_text(json.dumps(content), encoding="utf-8")


def _listen_to_the_input(model: T5ForConditionalGeneration) -> None:
    """Strengthen attention and feed-forward: as initialized, the output hardly depends on what is read."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith((".o.weight", ".wo.weight")):
                weight *= 8
            elif name.endswith(".q.weight"):
                weight *= 4


def _never_end(model: T5ForConditionalGeneration, tokenizer) -> None:
    """Give `</s>` and its like a logit of 0, below the best words', so that a generation runs to its length limit."""
    with torch.no_grad():
        model.shared.weight[tokenizer.all_special_ids] = 0.0
        model.shared.weight[tokenizer.convert_tokens_to_ids([f"<extra_id_{number}>" for number in range(100)])] = 0.0
