"""The weighted mean of trained networks that come from one another, often better on unseen rooms than each (Wortsman et al. 2022).

    python blend.py --data ROOMS --models FOLDER ... --shares 0.4 0.6 --out WEIGHTS

Folders are exported models. Their convolutions hold their normalisation (thaw.py), so weights and shifts are averaged as what they
are in the function. A model without the centre branch counts as one whose branch adds nothing.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from networks import Text, Vision
from rooms import disturb, load_rooms
from thaw import thaw_clip
from train_clip import draw
from vocabulary import Vocabulary

BRANCH = ("whole", "near", "nearest", "norm")


def thawed(folder: Path, words: int, crops: torch.Tensor) -> tuple[Vision, Text, bool]:
    """(image network, text network, has the centre branch)"""
    vision, text = Vision(), Text(words)
    thaw_clip(folder, vision, text, crops)
    names = {item.name for item in onnx.load(folder / "onnx/vision_model.onnx").graph.initializer}
    return vision.eval(), text.eval(), "norm.weight" in names


def blended(states: list[dict], shares: list[float]) -> dict:
    total = sum(shares)
    mean = lambda values: sum(share / total * value for share, value in zip(shares, values))
    first = states[0]
    return {k: mean([s[k] for s in states]) if first[k].is_floating_point() else first[k] for k in first}


def blend(options: argparse.Namespace) -> None:
    torch.manual_seed(0)
    random, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    vocabulary = Vocabulary(options.data / "vocabulary.json")
    rooms = load_rooms(options.data, vocabulary, lambda seed: seed < options.below)
    crops = disturb(torch.cat([draw(rooms, random).crops() for _ in range(4)]), generator)
    found = [thawed(folder, len(vocabulary.tokens), crops) for folder in options.models]
    every = blended([vision.state_dict() for vision, _, _ in found], options.shares)
    having = [(vision.state_dict(), share) for (vision, _, has), share in zip(found, options.shares) if has]
    branch = blended([state for state, _ in having], [share for _, share in having])
    mixed = Vision()
    mixed.load_state_dict({k: branch[k] if k.split(".")[0] in BRANCH else every[k] for k in every})
    for module in mixed.modules():
        # The mean of the networks' shifts, and a gain of exactly 1, as each of them has.
        if isinstance(module, nn.BatchNorm2d) and module is not mixed.norm:
            module.weight.data.copy_((module.running_var + module.eps).sqrt())
    words = blended([text.state_dict() for _, text, _ in found], options.shares)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save({"vision": mixed.state_dict(), "text": words}, options.out / "clip.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, nargs="+", required=True)
    parser.add_argument("--shares", type=float, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--below", type=int, default=1 << 40, help="only rooms whose seed is lower")
    blend(parser.parse_args())
