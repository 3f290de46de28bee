"""Trains the toy CLIP: crops and texts into one space in which METHOD §5's relevancy works.

    python train_clip.py --data ROOMS --out WEIGHTS [--minutes 90] [--seed 1] [--start FOLDER]

For a feature f and the query texts t (a, the: at random) with the negatives n ("object", "things", "stuff", "texture"):

  relevancy   rel(t) = sigmoid(10 (f.t - max_n f.n)), cross-entropy against "t is true of f": own texts must beat every
              negative, all others must lose to one. Negatives so come to lie where generic content lies.
  naming      softmax at scale 16 over the names of the crop's room, which is what is asked, and with less weight over all
              names, over the nouns and over the adjectives.

The features f are what the app makes of crops:

  cell        the pyramid's tiles, bilinear at a cell of the dense grid, their mean over levels (METHOD §2)
  pooled      the sum of a region's cells of one class, which is how truth and superpixels pool them
  entry       the same over regions of one instance in several photos, which is what an entry of the codebook becomes
  tile        single tiles of the whole pyramid; label: the class at the tile's centre
  isolated    a thing's bounding square

Every third batch is of recoloured rooms. --start goes on from a shipped model folder; --minutes ends the schedule.
"""

import argparse
import copy
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from muon import Muon
from networks import Text, Vision
from rooms import Region, Room, disturb, isolated, load_rooms, recoloured, regions_of_one, tile
from thaw import thaw_clip
from vocabulary import BACKGROUND, NEGATIVES, PREFIXES, Vocabulary

SCALE = 10.0
NAMING_SCALE = 16.0
INSTANCES, VIEWS = 6, 2  # regions: each of so many instances in so many photos
CELLS = 8  # of a region
CROPS = 544  # in a batch: what regions and isolated things leave is for single tiles of the pyramid
ISOLATED = 80
LOOSE = 16  # of the pyramid, at least
# Part: weight of naming, of relevancy.
PARTS = {
    "cell": (1.0, 0.8),
    "pooled": (2.4, 1.2),
    "entry": (0.8, 1.0),
    "tile": (1.2, 0.3),
    "isolated": (0.6, 0.4),
}
TWINS = 64  # recoloured rooms at a time
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

    def names_of(self, room: Room) -> torch.Tensor:
        """[full] which full names a room has."""
        named = {(int(a), int(n)) for a, n in zip(room.adjectives[1:], room.nouns[1:])}
        return torch.tensor([(self.queries[i].adjective, self.queries[i].noun) in named for i in self.full.tolist()])

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


def naming_loss(
    cosines: torch.Tensor, queries: Queries, adjectives: torch.Tensor, nouns: torch.Tensor, present: torch.Tensor
) -> torch.Tensor:
    """@param present  [B, full] the names of each row's room"""
    scaled = NAMING_SCALE * cosines
    full = scaled[:, queries.full]
    match = (queries.adjectives[None] == adjectives[:, None]) & (queries.nouns[None] == nouns[:, None])
    target = match[:, queries.full].float().argmax(1)
    total = F.cross_entropy(full.masked_fill(~present, -1e4), target) + 0.4 * F.cross_entropy(full, target)
    total = total + 0.3 * F.cross_entropy(scaled[:, queries.bare], nouns)
    coloured = adjectives >= 0
    if coloured.any():
        total = total + 0.3 * F.cross_entropy(scaled[coloured][:, queries.colour], adjectives[coloured])
    return total


@dataclass
class Batch:
    """Crops in the order regions, loose tiles, isolated things; labels are (room, class of the room), in the order of PARTS."""

    regions: list[tuple[int, int, list[Region]]] = field(default_factory=list)  # room, class, VIEWS regions
    singles: list[torch.Tensor] = field(default_factory=list)
    tiles: list[tuple[int, int]] = field(default_factory=list)
    isolated: list[tuple[int, int]] = field(default_factory=list)

    def crops(self) -> torch.Tensor:
        return torch.stack([c for _, _, views in self.regions for r in views for c in r.crops] + self.singles)


def draw(rooms: list[Room], random: np.random.Generator) -> Batch:
    batch = Batch()
    while len(batch.regions) < INSTANCES:
        index = int(random.integers(len(rooms)))
        label, views = regions_of_one(rooms[index], VIEWS, random)
        if label > 0:
            batch.regions.append((index, label, views))
    taken = sum(len(view.crops) for _, _, views in batch.regions for view in views)
    if taken + LOOSE + ISOLATED > CROPS:  # one batch in many thousands
        return draw(rooms, random)
    while len(batch.tiles) < CROPS - taken - ISOLATED:
        index = int(random.integers(len(rooms)))
        photos = rooms[index].photos
        label, crop = tile(photos[random.integers(len(photos))], random)
        if label > 0:
            batch.tiles.append((index, label))
            batch.singles.append(crop)
    while len(batch.isolated) < ISOLATED:
        index = int(random.integers(len(rooms)))
        photos = rooms[index].photos
        found = isolated(photos[random.integers(len(photos))], random)
        if found is not None and found[0] > 0:
            batch.isolated.append((index, found[0]))
            batch.singles.append(found[1])
    return batch


def features(
    batch: Batch, image: torch.Tensor, random: np.random.Generator
) -> dict[str, tuple[torch.Tensor, list[tuple[int, int]]]]:
    """Vectors and labels of every part. @param image  [crops, D] unit"""
    cells, pooled, entries = [], [], []
    cell_labels, pooled_labels, entry_labels = [], [], []
    at = 0
    for room, label, views in batch.regions:
        sums = []
        for view in views:
            tiles = image[at : at + len(view.crops)]
            at += len(view.crops)
            dense = F.normalize(torch.from_numpy(view.weights) @ tiles, dim=1)
            inside = np.flatnonzero(view.labels > 0)
            odds = 1 / np.sqrt(np.bincount(view.labels)[view.labels[inside]])
            pick = random.choice(inside, min(CELLS, len(inside)), replace=False, p=odds / odds.sum())
            cells.append(dense[torch.from_numpy(pick)])
            cell_labels += [(room, int(view.labels[i])) for i in pick]
            for other in np.unique(view.labels[inside]):
                pooled.append(dense[torch.from_numpy(view.labels == other)].sum(0))
                pooled_labels.append((room, int(other)))
                if other == label:
                    sums.append(pooled[-1])
        if sums:  # a thing thinner than a cell may have none
            entries.append(torch.stack(sums).sum(0))
            entry_labels.append((room, label))
    return {
        "cell": (torch.cat(cells), cell_labels),
        "pooled": (F.normalize(torch.stack(pooled), dim=1), pooled_labels),
        "entry": (F.normalize(torch.stack(entries), dim=1), entry_labels),
        "tile": (image[at:-ISOLATED], batch.tiles),
        "isolated": (image[-ISOLATED:], batch.isolated),
    }


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    random, generator = np.random.default_rng(options.seed), torch.Generator().manual_seed(options.seed)
    vocabulary = Vocabulary(options.data / "vocabulary.json")
    rooms = load_rooms(options.data, vocabulary, options.keep)
    print(f"{len(rooms)} rooms, {sum(len(room.photos) for room in rooms)} photos", flush=True)
    twin = lambda: recoloured(rooms[random.integers(len(rooms))], vocabulary, random)
    twins = [twin() for _ in range(TWINS)]
    vision, text, queries = Vision(), Text(len(vocabulary.tokens)), Queries(vocabulary)
    if options.start is not None:
        some = torch.cat([draw(rooms, random).crops() for _ in range(8)])
        thaw_clip(options.start, vision, text, disturb(some, generator))
    vision = vision.to(memory_format=torch.channels_last)
    both = nn.ModuleList([vision, text])
    mean = copy.deepcopy(both).eval()
    cells = torch.compile(vision.cells) if options.compile else vision.cells
    optimisers = optimisers_of(both, options.rate)
    names = lambda kept: torch.stack([queries.names_of(room) for room in kept])
    present, twin_present = names(rooms), names(twins)
    begin, step, seen = time.time(), 0, {}
    while (done := (time.time() - begin) / (60 * options.minutes)) < 1:
        if step % 200 == 199:
            rooms = load_rooms(options.data, vocabulary, options.keep, rooms)
            for index in random.integers(TWINS, size=6):
                twins[index] = twin()
            present, twin_present = names(rooms), names(twins)
        for group in (group for optimiser in optimisers for group in optimiser.param_groups):
            group["lr"] = options.rate * min(1, (step + 1) / 200) * (0.5 + 0.5 * np.cos(np.pi * done))
        asked, having = (twins, twin_present) if step % 3 == 2 else (rooms, present)
        batch = draw(asked, random)
        crops = batch.crops()
        with torch.autocast("cpu", torch.bfloat16):
            raw = cells(disturb(crops, generator)).flatten(1)
        parts = features(batch, F.normalize(raw.float(), dim=1), random)
        vectors = torch.cat([vector for vector, _ in parts.values()])
        labels = [label for _, some in parts.values() for label in some]
        in_room = torch.tensor([room for room, _ in labels])
        adjectives = torch.tensor([int(asked[room].adjectives[label]) for room, label in labels])
        nouns = torch.tensor([int(asked[room].nouns[label]) for room, label in labels])
        texts, negatives = queries.embed(text, random)
        cosines = vectors @ texts.T
        logits = SCALE * (cosines - (vectors @ negatives.T).amax(1, keepdim=True))
        true, counts = queries.truth(adjectives, nouns)
        loss, a = torch.zeros(()), 0
        for name, (naming, relevancy) in PARTS.items():
            rows = slice(a, a := a + len(parts[name][1]))
            one = naming_loss(cosines[rows], queries, adjectives[rows], nouns[rows], having[in_room[rows]])
            two = relevancy_loss(logits[rows], true[rows], counts[rows])
            loss = loss + naming * one + relevancy * two
            for key, value in ((f"{name} naming", one), (f"{name} relevancy", two)):
                seen[key] = 0.98 * seen.get(key, value.item()) + 0.02 * value.item()
        both.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(both.parameters(), 5.0)
        for optimiser in optimisers:
            optimiser.step()
        step += 1
        if step % 4 == 0:
            average(mean, both, min(0.995, step / (step + 80)))
        if step % 250 == 0 or step == 20:
            figures = ", ".join(f"{key} {value:.3f}" for key, value in seen.items())
            print(f"{time.time() - begin:.0f} s, step {step}, {len(rooms)} rooms: {figures}", flush=True)
            save(options.out, mean)
    save(options.out, mean)
    print(f"{step} steps of {CROPS} crops, {len(rooms)} rooms")


def optimisers_of(both: nn.ModuleList, rate: float) -> list[torch.optim.Optimizer]:
    """Matrices by Muon; words, of which a step sees few, and vectors by AdamW."""
    named = list(both.named_parameters())
    is_matrix = lambda name, parameter: parameter.ndim >= 2 and "words" not in name
    matrices = [parameter for name, parameter in named if is_matrix(name, parameter)]
    others = [parameter for name, parameter in named if not is_matrix(name, parameter)]
    return [Muon(matrices, rate), torch.optim.AdamW(others, rate, weight_decay=0.02)]


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
    parser.add_argument("--start", type=Path, help="model folder to go on from")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--compile", action="store_true", help="a third faster, after a minute or two; needs a C++ compiler")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--below", type=int, default=1 << 40, help="only rooms whose seed is lower")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    chosen.keep = lambda seed: seed < chosen.below
    train(chosen)
