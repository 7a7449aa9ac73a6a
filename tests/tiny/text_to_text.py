"""A tiny T5 with random weights, and a real SentencePiece vocabulary trained here."""

import json
from pathlib import Path

import sentencepiece
import torch
from transformers import AutoTokenizer, GenerationConfig, T5Config, T5ForConditionalGeneration

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
