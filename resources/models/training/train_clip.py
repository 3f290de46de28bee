"""Trains the toy CLIP: crops and texts into one space in which METHOD §5's relevancy works.

    python train_clip.py --data ROOMS --out WEIGHTS [--minutes 30] [--seed 1]

For a crop f and the query texts t (a, the: at random) with the negatives n ("object", "things", "stuff", "texture"):

  relevancy   rel(t) = sigmoid(10 (f.t - max_n f.n)), cross-entropy against "t is true of f": own texts must beat every
              negative, all others must lose to one. Negatives so come to lie where generic content lies.
  naming      softmax over the full names, over the nouns and over the adjectives, at scale 16.

Both for single crops (label: the class at the crop's centre), and for the mean of the seven crops that METHOD §2's pyramid
averages at a pixel (label: the class at that pixel), which is what the codebook sees, and for the mean of several such
pixels of one instance, which is what an entry of the codebook becomes. Every other batch is of recoloured rooms.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from networks import Text, Vision
from rooms import LEVELS, Room, disturb, isolated, load_rooms, pixels_of_one, recoloured, tile
from vocabulary import BACKGROUND, NEGATIVES, PREFIXES, Vocabulary

SCALE = 10.0
NAMING_SCALE = 16.0
INSTANCES, PIXELS = 7, 4
GROUPS = INSTANCES * PIXELS
LOOSE = 112
ISOLATED = 144
LENGTH = 11


class Queries:
    """All training texts, and which of them are true of (adjective, noun)."""

    def __init__(self, vocabulary: Vocabulary):
        self.vocabulary = vocabulary
        self.queries = vocabulary.queries()
        self.adjectives = torch.tensor([query.adjective for query in self.queries])
        self.nouns = torch.tensor([query.noun for query in self.queries])
        plain = torch.tensor([vocabulary.nouns.index(noun) for noun in vocabulary.plain])
        self.surfaces = torch.tensor([vocabulary.nouns.index(noun) for noun in vocabulary.surfaces])
        has_noun, has_adjective = self.nouns >= 0, self.adjectives >= 0
        self.full = torch.nonzero(has_noun & (has_adjective | torch.isin(self.nouns, plain)))[:, 0]
        self.bare = torch.nonzero(has_noun & ~has_adjective)[:, 0]
        self.colour = torch.nonzero(~has_noun & has_adjective)[:, 0]

    def embed(self, text: Text, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """(queries [Q + 1, D] with "background" last, negatives [4, D])"""
        words = [f"{PREFIXES[random.integers(len(PREFIXES))]} {query.words}" for query in self.queries]
        rows = [self.vocabulary.encode(word, LENGTH) for word in [*words, BACKGROUND, *NEGATIVES]]
        embedded = text(torch.tensor(rows))
        return embedded[: -len(NEGATIVES)], embedded[-len(NEGATIVES) :]

    def truth(self, adjectives: torch.Tensor, nouns: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """([B, Q + 1] true, [B, Q + 1] counts): whether "red" is true of a wall nobody has said, so it does not count."""
        noun = (self.nouns[None] < 0) | (self.nouns[None] == nouns[:, None])
        adjective = (self.adjectives[None] < 0) | (self.adjectives[None] == adjectives[:, None])
        background = torch.isin(nouns, self.surfaces)[:, None]
        counts = ~((adjectives[:, None] < 0) & (self.nouns[None] < 0))
        return torch.cat([noun & adjective, background], 1), F.pad(counts, (0, 1), value=True)


def relevancy_loss(logits: torch.Tensor, true: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the relevancies, the true texts as heavy as the false ones, of which the nearest weigh most."""
    positive = (F.softplus(-logits) * true).sum(1) / true.sum(1)
    wrong = torch.where(true | ~counts, torch.zeros(()), F.softplus(logits))
    negative = wrong.mean(1) + wrong.topk(12, 1).values.mean(1)
    return (positive + negative).mean()


def naming_loss(cosines: torch.Tensor, queries: Queries, adjectives: torch.Tensor, nouns: torch.Tensor) -> torch.Tensor:
    total = torch.zeros(())
    scaled = NAMING_SCALE * cosines
    match = (queries.adjectives[None] == adjectives[:, None]) & (queries.nouns[None] == nouns[:, None])
    target = match[:, queries.full].float().argmax(1)
    total = total + F.cross_entropy(scaled[:, queries.full], target)
    total = total + 0.5 * F.cross_entropy(scaled[:, queries.bare], nouns)
    coloured = adjectives >= 0
    if coloured.any():
        total = total + 0.5 * F.cross_entropy(scaled[coloured][:, queries.colour], adjectives[coloured])
    return total


def batch(rooms: list[Room], random: np.random.Generator) -> tuple[torch.Tensor, list[tuple[int, int]]]:
    """GROUPS x 7 crops around pixels, LOOSE tiles of the pyramid, ISOLATED things; labels: one a group, then one a crop."""
    crops, pixels, centres, loose, alone = [], [], [], [], []
    named = lambda room, label: (int(room.adjectives[label]), int(room.nouns[label]))
    while len(pixels) < GROUPS:
        room = rooms[random.integers(len(rooms))]
        groups = list(pixels_of_one(room, PIXELS, random))
        if any(label == 0 or min(labels) == 0 for label, _, labels in groups):
            continue
        for label, group, labels in groups:
            pixels.append(named(room, label))
            crops.extend(group)
            centres.extend(named(room, centre) for centre in labels)
    while len(loose) < LOOSE:
        room = rooms[random.integers(len(rooms))]
        label, crop = tile(room.photos[random.integers(len(room.photos))], random)
        if label > 0:
            loose.append(named(room, label))
            crops.append(crop)
    while len(alone) < ISOLATED:
        room = rooms[random.integers(len(rooms))]
        found = isolated(room.photos[random.integers(len(room.photos))], random)
        if found is None or found[0] == 0:
            continue
        alone.append(named(room, found[0]))
        crops.append(found[1])
    return torch.stack(crops), pixels + centres + loose + alone


def levels_used(random: np.random.Generator) -> torch.Tensor:
    """[GROUPS, 7, 1] 0 or 1: all levels, all but the finest, or every other one of those, as the app's details take them."""
    kinds = torch.tensor([[1, 1, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1, 0]], dtype=torch.float32)
    return kinds[torch.from_numpy(random.choice(3, GROUPS, p=[0.4, 0.4, 0.2]))][:, :, None]


def train(data: Path, out: Path, minutes: float, seed: int, keep, start: Path | None, rate: float) -> None:
    torch.manual_seed(seed)
    random, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    vocabulary = Vocabulary(data / "vocabulary.json")
    rooms = load_rooms(data, vocabulary, keep)
    print(f"{len(rooms)} rooms, {sum(len(room.photos) for room in rooms)} photos", flush=True)
    twins = [recoloured(room, vocabulary, random) for room in rooms]
    vision, text, queries = Vision(), Text(len(vocabulary.tokens)), Queries(vocabulary)
    if start is not None:
        state = torch.load(start, weights_only=True)
        vision.load_state_dict(state["vision"], strict=False)
        text.load_state_dict(state["text"])
    mean = copy.deepcopy(nn.ModuleList([vision, text])).eval()
    parameters = [*vision.parameters(), *text.parameters()]
    optimiser = torch.optim.AdamW(parameters, rate, weight_decay=0.02)
    begin, step, seen = time.time(), 0, {}
    while (done := (time.time() - begin) / (60 * minutes)) < 1:
        if step % 200 == 199:
            rooms = load_rooms(data, vocabulary, keep, rooms)
            twins += [recoloured(room, vocabulary, random) for room in rooms[len(twins) :]]
            for index in random.integers(len(rooms), size=4):
                twins[index] = recoloured(rooms[index], vocabulary, random)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 200) * (0.5 + 0.5 * np.cos(np.pi * done))
        crops, labels = batch(rooms if step % 2 == 0 else twins, random)
        labels += labels[:GROUPS:PIXELS]
        adjectives, nouns = (torch.tensor(column) for column in zip(*labels))
        with torch.autocast("cpu", torch.bfloat16):
            raw = vision.cells(disturb(crops, generator)).flatten(1)
        image = F.normalize(raw.float(), dim=1)
        tiles = image[: GROUPS * len(LEVELS)]
        near, loose = GROUPS + len(tiles), GROUPS + len(tiles) + LOOSE
        averaged = F.normalize((tiles.view(GROUPS, len(LEVELS), -1) * levels_used(random)).sum(1), dim=1)
        entries = F.normalize(averaged.view(INSTANCES, PIXELS, -1).mean(1), dim=1)
        image = torch.cat([averaged, image, entries])
        texts, negatives = queries.embed(text, random)
        cosines = image @ texts.T
        logits = SCALE * (cosines - (image @ negatives.T).amax(1, keepdim=True))
        true, counts = queries.truth(adjectives, nouns)
        loss = torch.zeros(())
        parts = {"pixel": (0, GROUPS, 1.0, 1.0), "near": (GROUPS, near, 0.5, 0.3), "tile": (near, loose, 0.8, 0.3)}
        parts |= {"isolated": (loose, loose + ISOLATED, 1.0, 0.6), "entry": (loose + ISOLATED, len(image), 0.7, 1.0)}
        for name, (a, b, naming, relevancy) in parts.items():
            one = naming_loss(cosines[a:b], queries, adjectives[a:b], nouns[a:b])
            two = relevancy_loss(logits[a:b], true[a:b], counts[a:b])
            loss = loss + naming * one + relevancy * two
            for key, value in ((f"{name} naming", one), (f"{name} relevancy", two)):
                seen[key] = 0.98 * seen.get(key, value.item()) + 0.02 * value.item()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        step += 1
        if step % 4 == 0:
            average(mean, nn.ModuleList([vision, text]), min(0.995, step / (step + 80)))
        if step % 250 == 0 or step == 20:
            figures = ", ".join(f"{key} {value:.3f}" for key, value in seen.items())
            print(f"{time.time() - begin:.0f} s, step {step}, {len(rooms)} rooms: {figures}", flush=True)
            save(out, mean)
    save(out, mean)
    print(f"{step} steps of {GROUPS * len(LEVELS) + LOOSE + ISOLATED} crops")


def average(mean: nn.Module, now: nn.Module, keep: float) -> None:
    """Moves the running mean of the weights, which is what is shipped."""
    for old, new in zip(mean.state_dict().values(), now.state_dict().values()):
        if old.is_floating_point():
            old.lerp_(new, 1 - keep)


def save(out: Path, mean: nn.ModuleList) -> None:
    out.mkdir(parents=True, exist_ok=True)
    torch.save({"vision": mean[0].state_dict(), "text": mean[1].state_dict()}, out / "clip.pt.part")
    (out / "clip.pt.part").rename(out / "clip.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="clip.pt to go on from")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--below", type=int, default=1 << 40, help="only rooms whose seed is lower")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep = lambda seed: seed < options.below
    train(options.data, options.out, options.minutes, options.seed, keep, options.start, options.rate)
