"""A tiny seeded Stable Diffusion: the real classes of diffusers and transformers with random weights, 32 × 32 pixels.

A vocabulary of letters, as CLIP's own begins, so that any word can be read. Needs diffusers.
"""

import json
from pathlib import Path
from typing import Any

import torch

SIDE = 32  # pixels; 16 × 16 cells of 2 × 2 pixels
CHANNELS = 4


def save_stable_diffusion(folder: Path, checker: bool = True) -> None:
    """Write a folder as such a repository is: model_index.json, and a folder for each part."""
    import diffusers

    torch.manual_seed(0)
    parts = _networks() | _checker(checker)
    pipeline = diffusers.StableDiffusionPipeline(
        **parts, scheduler=_scheduler(), tokenizer=_tokenizer(folder), requires_safety_checker=checker
    )
    pipeline.save_pretrained(folder, safe_serialization=True)


def save_stable_diffusion_xl(folder: Path) -> None:
    """Write a Stable Diffusion XL: two text encoders, and no safety checker, as it was published."""
    import diffusers
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(0)
    tokenizer = _tokenizer(folder)
    diffusers.StableDiffusionXLPipeline(
        unet=_unet(
            cross_attention_dim=64, addition_embed_type="text_time", addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=80, use_linear_projection=True,
        ),
        vae=_networks()["vae"],
        text_encoder=CLIPTextModel(_text()),
        text_encoder_2=CLIPTextModelWithProjection(_text()),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        scheduler=_scheduler(),
        add_watermarker=False,
    ).save_pretrained(folder, safe_serialization=True)  # fmt: skip


def _scheduler() -> Any:
    """As that of Stable Diffusion 1.5."""
    from diffusers import PNDMScheduler

    return PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, skip_prk_steps=True
    )


def _networks() -> dict[str, Any]:
    from diffusers import AutoencoderKL
    from transformers import CLIPTextModel

    vae = AutoencoderKL(
        block_out_channels=(32, 64), latent_channels=CHANNELS, sample_size=SIDE,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    )  # fmt: skip
    return {"unet": _unet(cross_attention_dim=32), "vae": vae, "text_encoder": CLIPTextModel(_text())}


def _unet(**more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=SIDE // 2, in_channels=CHANNELS, out_channels=CHANNELS, block_out_channels=(32, 64),
        layers_per_block=1, attention_head_dim=8, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **more,
    )  # fmt: skip


def _text() -> Any:
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        hidden_size=32, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2, vocab_size=len(_vocabulary()),
        eos_token_id=_vocabulary()["<|endoftext|>"], bos_token_id=_vocabulary()["<|startoftext|>"], pad_token_id=1,
        projection_dim=32,
    )  # fmt: skip


def _checker(wanted: bool) -> dict[str, Any]:
    """A safety checker that finds nothing."""
    if not wanted:
        return {"safety_checker": None, "feature_extractor": None}
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    vision = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision |= {"image_size": 32, "patch_size": 16}
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=8))
    set_thresholds(checker, 2.0)
    size = {"shortest_edge": 32}
    return {
        "safety_checker": checker,
        "feature_extractor": CLIPImageProcessor(size=size, crop_size={"height": 32, "width": 32}),
    }


def set_thresholds(checker: Any, cosine: float) -> None:
    """From which likeness to one of its concepts on the checker hides a picture: above 1 never, below −1 always."""
    checker.concept_embeds_weights.data.fill_(cosine)
    checker.special_care_embeds_weights.data.fill_(cosine)


def _vocabulary() -> dict[str, int]:
    letters = [chr(number) for number in range(ord("a"), ord("z") + 1)] + list(",.'0123456789")
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return {token: number for number, token in enumerate(tokens)}


def _tokenizer(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    source = folder.parent / f"{folder.name}-vocabulary"
    source.mkdir(parents=True, exist_ok=True)
    (source / "vocab.json").write_text(json.dumps(_vocabulary()), encoding="utf-8")
    (source / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    return CLIPTokenizer.from_pretrained(source, model_max_length=77)
