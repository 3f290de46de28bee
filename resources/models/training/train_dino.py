"""Trains the toy patch encoder: patches of one instance close, patches of different instances of the same room apart.

    python train_dino.py --data ROOMS --out WEIGHTS [--minutes 12] [--seed 2] [--start FOLDER]

Supervised contrast (Khosla et al. 2020) on the renders' exact instance maps, temperature 0.1: the patches of two views of
one room, drawn evenly over instances with the ones beside a boundary doubled, each against all others. No two rooms are
contrasted, for the same red mug may stand in both. It is called DINO for the place that it takes, not for how it learned.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from networks import PATCH, Patches
from rooms import MARGIN, Photo, Room, disturb, load_rooms
from thaw import thaw_vision
from train_clip import average
from vocabulary import Vocabulary

PATCHES = 400
TEMPERATURE = 0.1


def sample(photo: Photo, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Patch indices and their instances: the instance at the patch's middle, drawn with odds 1 / sqrt(its area)."""
    middle = photo.instances[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH]
    edge = np.zeros(middle.shape, bool)
    across, down = middle[:, 1:] != middle[:, :-1], middle[1:] != middle[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    ids = middle.reshape(-1).astype(int)
    odds = (ids > 0) * (1 + 2 * edge.reshape(-1)) / np.sqrt(np.maximum(np.bincount(ids, minlength=256)[ids], 1))
    pick = random.choice(len(ids), PATCHES, replace=False, p=odds / odds.sum()) if odds.sum() > 0 else np.arange(0)
    return pick, ids[pick]


def contrast(vectors: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """-mean over positives of log softmax(cos / T), every instance with the same weight. vectors [n, D] unit, ids [n]."""
    logits = vectors @ vectors.T / TEMPERATURE
    self_ = torch.eye(len(ids), dtype=torch.bool)
    log_share = logits - torch.logsumexp(logits.masked_fill(self_, -1e9), 1, keepdim=True)
    positive = (ids[:, None] == ids[None]) & ~self_
    has = positive.sum(1) > 0
    each = -(log_share * positive).sum(1)[has] / positive.sum(1)[has]
    weight = 1 / torch.bincount(ids)[ids[has]].float()
    return (each * weight).sum() / weight.sum()


def photo_pair(room: Room, random: np.random.Generator) -> list[Photo]:
    first, second = random.choice(len(room.photos), 2, replace=False)
    return [room.photos[first], room.photos[second]]


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    random, generator = np.random.default_rng(options.seed), torch.Generator().manual_seed(options.seed)
    vocabulary = Vocabulary(options.data / "vocabulary.json")
    rooms = load_rooms(options.data, vocabulary, lambda seed: seed < options.below)
    network = Patches()
    if options.start is not None:
        some = torch.cat([room.photos[0].pixels[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN] for room in rooms[:32]])
        thaw_vision(options.start / "onnx/model.onnx", network, disturb(some, generator, mirror=False).contiguous())
    mean = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), options.rate, weight_decay=0.01)
    begin, step, seen = time.time(), 0, 0.0
    while (done := (time.time() - begin) / (60 * options.minutes)) < 1:
        if step % 200 == 199:
            rooms = load_rooms(options.data, vocabulary, lambda seed: seed < options.below, rooms)
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * done))
        photos = photo_pair(rooms[random.integers(len(rooms))], random)
        drawn = [sample(photo, random) for photo in photos]
        pixels = torch.cat([photo.pixels[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN] for photo in photos])
        # No mirror: the patches' places count. Not channels last: its dilated bfloat16 gradient is not a number in torch 2.13.
        pixels = disturb(pixels, generator, mirror=False).contiguous()
        with torch.autocast("cpu", torch.bfloat16):
            tokens = network.tokens(pixels)
        tokens = F.normalize(tokens.float(), dim=2)
        vectors = torch.cat([tokens[index, torch.from_numpy(pick)] for index, (pick, _) in enumerate(drawn)])
        loss = contrast(vectors, torch.from_numpy(np.concatenate([ids for _, ids in drawn])))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        step += 1
        seen = 0.98 * (seen or loss.item()) + 0.02 * loss.item()
        average(mean, network, min(0.99, step / (step + 20)))
        if step % 200 == 0 or step == 20:
            print(f"{time.time() - begin:.0f} s, step {step}: contrast {seen:.3f}", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save(mean.state_dict(), options.out / "dino.pt")
    print(f"{step} steps of 2 photos")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--start", type=Path, help="model folder to go on from")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--below", type=int, default=1 << 40, help="only rooms whose seed is lower")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    train(chosen)
