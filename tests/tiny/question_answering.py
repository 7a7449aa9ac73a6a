"""Tiny question-answering checkpoints: real RoBERTa and BERT with random weights, and tokenizers trained here.

Their answers mean nothing, but everything that a real checkpoint brings is there: offsets, special tokens, positions.
RoBERTa reads at most 192 tokens and has no token types, BERT reads 128 and has two; both are shorter than the usual
384, so that a text of a few paragraphs already needs several windows.
"""

import json
from pathlib import Path

SENTENCES = (
    "Marie Curie was born in Warsaw in 1867 and moved to Paris in 1891 to study physics and mathematics.",
    "She won the Nobel Prize in Physics in 1903, and the Nobel Prize in Chemistry in 1911.",
    "The Amazon rainforest covers about 5.5 million square kilometres, most of it in Brazil and Peru.",
    "Who wrote this book? When was the bridge built? Where does the river end? What is the answer?",
    "The library opens at nine o'clock, and its 12,000 books may be borrowed for two weeks.",
    "“Reading is to the mind what exercise is to the body,” said the teacher (in her first lesson).",
    "Miguel de Cervantes nació en Alcalá de Henares en 1547 y escribió Don Quijote de la Mancha.",
    "El río más largo de la península ibérica es el Tajo, que desemboca en Lisboa.",
    "¿Quién escribió este libro? ¿Cuándo se construyó el puente? ¿Dónde nació la pintora? ¡Qué niño!",
    "La biblioteca abre a las nueve y los alumnos pueden llevarse los libros durante dos semanas.",
    "Me gusta mucho el fútbol, pero mañana iré con mi familia a la montaña para caminar y comer.",
)
VOCABULARY_SIZE = 600
SEED = 20


def save_roberta(target: Path) -> None:
    """Save a RobertaForQuestionAnswering with a byte-level BPE tokenizer in the folder `target`."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaForQuestionAnswering, RobertaTokenizer

    special_tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(
        SENTENCES, VOCABULARY_SIZE, min_frequency=1, special_tokens=special_tokens, show_progress=False
    )
    merges = [tuple(pair) for pair in _model_of(trained)["merges"]]
    tokenizer = RobertaTokenizer(vocab=trained.get_vocab(), merges=merges, model_max_length=192)
    config = RobertaConfig(
        **_sizes(len(tokenizer)),
        max_position_embeddings=194,  # RoBERTa numbers positions from pad_token_id + 1, so two are never used
        type_vocab_size=1,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    _save(RobertaForQuestionAnswering, config, tokenizer, target)


def save_bert(target: Path) -> None:
    """Save a BertForQuestionAnswering with a cased WordPiece tokenizer in the folder `target`."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizer

    trained = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    trained.train_from_iterator(
        SENTENCES, VOCABULARY_SIZE, min_frequency=1, special_tokens=_fixed_word_pieces(), show_progress=False
    )
    tokenizer = BertTokenizer(vocab=trained.get_vocab(), do_lower_case=False, strip_accents=False, model_max_length=128)
    config = BertConfig(
        **_sizes(len(tokenizer)), max_position_embeddings=128, type_vocab_size=2, pad_token_id=tokenizer.pad_token_id
    )
    _save(BertForQuestionAnswering, config, tokenizer, target)


def _fixed_word_pieces() -> list[str]:
    """Special tokens and single characters: given in this order, because the trainer numbers characters at random."""
    characters = sorted(set("".join(SENTENCES)) - {" "})
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{character}" for character in characters)]


def _model_of(tokenizer) -> dict:
    return json.loads(tokenizer.to_str())["model"]


def _sizes(vocabulary: int) -> dict[str, int | float]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        # Ten times the usual spread: with 0.02 all tokens would be nearly equally likely, and no test could rank them.
        "initializer_range": 0.2,
    }


def _save(model_class: type, config, tokenizer, target: Path) -> None:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model_class(config).save_pretrained(target)
    tokenizer.save_pretrained(target)
