"""Tiny models of every kind of cache that transformers has, as configurations: what decides the shape and little else.

Each is small enough to be run for real on a CPU in a moment, so that what it keeps can be counted.
"""

from typing import Any

SIZES = {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
SHARED = SIZES | {"num_key_value_heads": 2, "max_position_embeddings": 128, "tie_word_embeddings": False}
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
LATENT = {
    **{"q_lora_rank": 16, "kv_lora_rank": 12, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 8},
    **{"n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2, "topk_group": 1, "moe_intermediate_size": 16},
    **{"first_k_dense_replace": 1, "n_shared_experts": 1, "num_key_value_heads": 4, "head_dim": 4},
}
STATES = {"mamba_d_state": 8, "mamba_d_conv": 4, "mamba_expand": 2}
HEADS_OF_STATES = STATES | {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_n_groups": 1, "mamba_chunk_size": 8}
ENDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
TWO_SIDES = {
    **{"vocab_size": 99, "d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_attention_heads": 4},
    **{"decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 128},
    **ENDS,
    **{"decoder_start_token_id": 2, "forced_eos_token_id": None},
}
DELTA = {
    **{"linear_key_head_dim": 8, "linear_value_head_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 4},
    **{"layer_types": ["linear_attention", "full_attention"], "head_dim": 8, "moe_intermediate_size": 16},
    **{"shared_expert_intermediate_size": 16, "num_experts": 4, "num_experts_per_tok": 2},
}
HALF_SLIDING = {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 16, "head_dim": 8}

WRITERS: dict[str, dict[str, Any]] = {
    "gpt2": {"n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 99, "n_positions": 128},
    "llama": SHARED,
    "mistral": SHARED | {"sliding_window": 16},
    "mixtral": SHARED | EXPERTS | {"sliding_window": None},
    "jetmoe": SIZES | EXPERTS | {"num_key_value_heads": 2, "kv_channels": 8},
    "granitemoe": SHARED | EXPERTS,
    "qwen2": SHARED | {"use_sliding_window": True, "sliding_window": 12, "max_window_layers": 1},
    "qwen3": SHARED | {"head_dim": 16},
    "qwen3_moe": SHARED | {"head_dim": 16, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16},
    "gemma": SHARED | {"head_dim": 8},
    "gemma2": SHARED | HALF_SLIDING,
    "gemma3_text": SHARED | HALF_SLIDING,
    "cohere2": SHARED | HALF_SLIDING,
    "gpt_oss": SHARED | HALF_SLIDING | EXPERTS,
    "olmo2": SHARED,
    "llama4_text": SHARED | EXPERTS | {"attention_chunk_size": 16, "intermediate_size_mlp": 48, "head_dim": 8},
    "falcon": SIZES | {"multi_query": True, "new_decoder_architecture": False, "alibi": False},
    "falcon-with-groups": SIZES | {"new_decoder_architecture": True, "num_kv_heads": 2, "model_type": "falcon"},
    "gpt_bigcode": {"n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 99, "n_positions": 128, "multi_query": True},
    "deepseek_v2": SIZES | LATENT | {"topk_method": "greedy"},
    "deepseek_v3": SIZES | LATENT,
    "bloom": {"n_layer": 2, "hidden_size": 32, "n_head": 4, "vocab_size": 99},
    "opt": SIZES | {"ffn_dim": 48, "word_embed_proj_dim": 32, "max_position_embeddings": 128},
    "gpt_neo": {
        **{"vocab_size": 99, "hidden_size": 32, "num_layers": 2, "num_heads": 4, "window_size": 8},
        **{"attention_types": [[["global", "local"], 1]], "max_position_embeddings": 128},
    },
    "gpt_neox": SIZES | {"max_position_embeddings": 128},
    "gptj": {"n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 99, "rotary_dim": 4, "n_positions": 128},
    "mpt": {"n_layers": 2, "d_model": 32, "n_heads": 4, "vocab_size": 99, "max_seq_len": 128},
    "phi": SHARED,
    "phi3": SHARED | ENDS | {"sliding_window": 16},
    "mamba": {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 8},
    "falcon_mamba": {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 8},
    "mamba2": {
        **{
            "vocab_size": 99,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "state_size": 8,
            "num_heads": 4,
            "head_dim": 16,
        },
        **{"n_groups": 1, "chunk_size": 8},
    },
    "jamba": SHARED
    | {
        **{"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2, "num_experts": 2},
        **{"mamba_d_state": 8, "mamba_dt_rank": 4},
    },
    "falcon_h1": SHARED | HEADS_OF_STATES | {"mamba_d_ssm": 64, "head_dim": 8},
    "bamba": SHARED | HEADS_OF_STATES | {"attn_layer_indices": [1]},
    "zamba2": SIZES
    | {
        **{"num_key_value_heads": 4, "mamba_d_state": 8, "mamba_headdim": 16, "n_mamba_heads": 4, "mamba_ngroups": 1},
        **{"layers_block_type": ["mamba", "hybrid"], "chunk_size": 8, "num_mem_blocks": 1, "adapter_rank": 4},
    },
    "lfm2": SHARED | {"layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False},
    "recurrent_gemma": SIZES
    | {
        **{"num_key_value_heads": 1, "lru_width": 32, "attention_window_size": 16, "head_dim": 8},
        **{"block_types": ["recurrent", "attention"]},
    },
    "qwen3_next": SHARED | DELTA,
    "rwkv": {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "attention_hidden_size": 32},
}
READERS_AND_WRITERS: dict[str, dict[str, Any]] = {
    "t5": {
        **{"vocab_size": 99, "d_model": 32, "d_kv": 12, "d_ff": 48, "num_layers": 2, "num_decoder_layers": 2},
        **{"num_heads": 4, "decoder_start_token_id": 0},
    },
    "bart": TWO_SIDES,
    "pegasus": TWO_SIDES,
    "marian": TWO_SIDES | {"pad_token_id": 0, "decoder_vocab_size": 99},
    "m2m_100": TWO_SIDES,
}
WITHOUT: dict[str, dict[str, Any]] = {
    "bert": SIZES,
    "roberta": SIZES,
    "distilbert": {"vocab_size": 99, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48},
    "modernbert": SIZES | ENDS,
    "openai-gpt": {"n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 99},
}


def settings(name: str) -> dict[str, Any]:
    """The content of a config.json, without `architectures`."""
    return {"model_type": name} | (WRITERS | READERS_AND_WRITERS | WITHOUT)[name]
