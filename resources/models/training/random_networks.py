"""
Encoders of real sizes with random weights, to measure what features cost without downloading any: the answers mean nothing.

  vit-b16/     CLIP ViT-B/16's shape: 224 px, patches of 16, 12 layers of width 768, 12 heads, projected to 512; 86 M weights
  mobile-s0/   MobileCLIP-S0's class: 256 px, stem and four stages of convolution mixers (64, 128, 256, 512 wide; 2, 6, 10, 2 deep),
               attention in the last, projected to 512; 12 M weights
  vit-s14/     DINOv2 ViT-S/14's shape: 12 layers of width 384, 6 heads, any size in whole patches; 22 M weights

  python3 resources/models/training/random_networks.py FOLDER
  legato features CAPTURE --clip-model FOLDER/vit-b16 --dino-model FOLDER/vit-s14

Needs torch and onnx.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.heads, self.depth = heads, width // heads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, count = x.shape[0], x.shape[1]
        q, k, v = self.qkv(self.norm1(x)).reshape(batch, count, 3, self.heads, self.depth).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(self.depth), -1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(batch, count, self.heads * self.depth))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class VisionTransformer(nn.Module):
    """A ViT; with `project`, its class token in the shared space, else all tokens."""

    def __init__(self, size: int, patch: int, width: int, heads: int, layers: int, project: int | None):
        super().__init__()
        self.embed = nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.side = size // patch
        self.position = nn.Parameter(0.02 * torch.randn(1, width, self.side, self.side))
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, project, bias=False) if project else None

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.embed(pixels)
        position = self.position
        if self.project is None:
            position = F.interpolate(position, size=x.shape[2:], mode="bilinear", align_corners=False)
        tokens = (x + position).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(tokens.shape[0], -1, -1), tokens], 1)
        tokens = self.norm(self.blocks(tokens))
        return tokens if self.project is None else self.project(tokens[:, 0])


class Mixer(nn.Module):
    """Depthwise 7×7, then a pointwise MLP."""

    def __init__(self, width: int, ratio: int = 3):
        super().__init__()
        self.spatial = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.up, self.down = nn.Conv2d(width, ratio * width, 1), nn.Conv2d(ratio * width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(F.gelu(self.up(self.spatial(x))))


class MobileEncoder(nn.Module):
    """Stem, four stages at strides 4 … 32, attention in the last."""

    def __init__(self, widths=(64, 128, 256, 512), depths=(2, 6, 10, 2), project: int = 512):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, 2, 1), nn.GELU(), nn.Conv2d(widths[0], widths[0], 3, 2, 1), nn.GELU()
        )
        stages: list[nn.Module] = []
        for i, (width, depth) in enumerate(zip(widths, depths)):
            if i > 0:
                stages.append(nn.Conv2d(widths[i - 1], width, 3, 2, 1))
            if i < 3:
                stages.extend(Mixer(width) for _ in range(depth))
        self.stages = nn.Sequential(*stages)
        self.attention = nn.Sequential(*[Block(widths[3], 16) for _ in range(depths[3])])
        self.project = nn.Linear(widths[3], project, bias=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        tokens = self.stages(self.stem(pixels)).flatten(2).transpose(1, 2)
        return self.project(self.attention(tokens).mean(1))


def write(folder: Path, network: nn.Module, size: int, clip: bool, config: dict, preprocessor: dict) -> None:
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    file = folder / "onnx" / ("vision_model.onnx" if clip else "model.onnx")
    output = "image_embeds" if clip else "last_hidden_state"
    axes = {"pixel_values": {0: "batch"}, output: {0: "batch"}}
    if not clip:
        axes = {"pixel_values": {0: "batch", 2: "height", 3: "width"}, output: {0: "batch", 1: "tokens"}}
    torch.onnx.export(
        network.eval(),
        (torch.zeros(2, 3, size, size),),
        str(file),
        input_names=["pixel_values"],
        output_names=[output],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    (folder / "config.json").write_text(json.dumps(config) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor) + "\n")
    if clip:
        # The layout asks for a text half; nothing here has words.
        (folder / "onnx" / "text_model.onnx").write_bytes(file.read_bytes()[:64])
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (folder / name).write_text("{}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    torch.manual_seed(0)
    imagenet = {"resample": 3, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    clip_mean = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
    with torch.no_grad():
        vit = VisionTransformer(224, 16, 768, 12, 12, 512)
        write(folder / "vit-b16", vit, 224, True, {"model_type": "clip"}, {"size": 224, "crop_size": 224, **clip_mean})
        mobile = {"size": 256, "crop_size": 256, "resample": 2, "do_normalize": False}
        write(folder / "mobile-s0", MobileEncoder(), 256, True, {"model_type": "clip"}, mobile)
        small = VisionTransformer(518, 14, 384, 6, 12, None)
        write(folder / "vit-s14", small, 224, False, {"model_type": "dinov2", "patch_size": 14}, {"size": 224, **imagenet})


if __name__ == "__main__":
    main()
