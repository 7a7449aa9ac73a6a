"""A tiny GPT-2 with random weights, and a real byte-level BPE vocabulary trained here."""

import json
import shutil
from pathlib import Path

import torch
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import GPT2Config, GPT2LMHeadModel, GPT2TokenizerFast, PreTrainedTokenizerFast

END_OF_TEXT = "<|endoftext|>"

SENTENCES = (
    "Me gusta mucho el fútbol, y los domingos juego con mis amigos en el parque.",
    "El equipo ganó el partido en el último minuto y toda la ciudad salió a celebrarlo.",
    "La niña leyó un cuento sobre un pingüino que quería aprender a volar.",
    "¿Dónde está la biblioteca? Está detrás de la estación, junto al río.",
    "Mañana por la mañana iremos a la montaña si no llueve demasiado.",
    "El corazón late unas cien mil veces al día; ¡qué músculo tan fuerte!",
    "La profesora abrió la ventana porque hacía calor en el aula.",
    "En otoño las hojas caen y el camino al colegio se vuelve dorado.",
    "Los científicos midieron la temperatura del agua durante todo el año.",
    "Aquella canción me recuerda los veranos en casa de mis abuelos.",
    "I like football very much, and on Sundays I play with my friends in the park.",
    "The team won the match in the last minute, and the whole town came out to celebrate.",
    "The teacher opened the window because it was warm in the classroom.",
    "Where is the library? It is behind the station, next to the river.",
    "A model reads one token after another and guesses the next one.",
    "0 1 2 3 4 5 6 7 8 9, 1930, 2010, A B C D E F G H I J K L M N O P Q R S T U V W X Y Z.",
)


def save_gpt2(target: Path) -> None:
    """Write the checkpoint: config, safetensors, `vocab.json`, `merges.txt`, `tokenizer.json`."""
    target.mkdir(parents=True)
    tokenizer = _save_tokenizer(target)
    end = tokenizer.convert_tokens_to_ids(END_OF_TEXT)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=256, n_embd=32, n_layer=2, n_head=4, bos_token_id=end, eos_token_id=end,
        initializer_range=0.1,  # the usual 0.02 gives logits so flat that rounding decides between words
    )  # fmt: skip
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        # A logit of 0, below the best words', so that a generation runs to its length limit.
        model.transformer.wte.weight[end] = 0.0
    model.save_pretrained(target)


def _save_tokenizer(target: Path) -> GPT2TokenizerFast:
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(
        SENTENCES, vocab_size=600, min_frequency=2, special_tokens=[END_OF_TEXT], show_progress=False
    )
    trained.save_model(str(target))
    tokenizer = GPT2TokenizerFast.from_pretrained(target, model_max_length=256)
    tokenizer.save_pretrained(target)
    return tokenizer


def fill_up(file: Path, size: int) -> None:
    """Give a tokenizer as many tokens as the model has: whatever text there is, the new ones do not occur in it."""
    content = json.loads(file.read_text(encoding="utf-8"))
    vocabulary = content["model"]["vocab"]
    vocabulary |= {f"unused {number}": number for number in range(len(vocabulary), size)}
    file.write_text(json.dumps(content), encoding="utf-8")


def save_few_words(source: Path, target: Path) -> None:
    """A copy of a tiny GPT-2 that reads a few Spanish words only; every other word is the unknown token."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("vocab.json", "merges.txt", "tokenizer*"))
    words = [END_OF_TEXT, "[UNK]", "me", "gusta", "mucho", "el", "mar", "y", "la", "casa", "del", "río"]
    size = json.loads((target / "config.json").read_text())["vocab_size"]
    words += [f"word{number}" for number in range(len(words), size)]  # a smaller one would be another model's
    backend = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    backend.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="[UNK]", eos_token=END_OF_TEXT, bos_token=END_OF_TEXT, model_max_length=256
    )
    tokenizer.save_pretrained(target)
