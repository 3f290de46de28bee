"""Moves the words of the four negatives alone, so that names themselves, taken for features, lose to them where they should.

    python negatives.py --data ROOMS --weights WEIGHTS --out FITTED [--steps 100] [--batches 16] [--share 0.6] [--names 0.5]

The relevancy loss of train_clip.py over the same features, each kind with its weight there, and over the text vectors of all names,
by Adam. Nothing else moves, so no answer among names changes, only which are above 0.5. A quarter of the batches is of rooms that
the step never uses: the words of the step that did best on them are what is moved to, --share of the way, since the last part of it
costs more false answers than it finds true ones.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from networks import Text, Vision
from rooms import disturb, load_rooms
from train_clip import LENGTH, PARTS, SCALE, Queries, draw, features, relevancy_loss
from vocabulary import BACKGROUND, NEGATIVES, Vocabulary

EVERY = 10  # steps between two looks at the rooms kept aside


class Fit:
    """Features of one set of batches by their kind, and the loss that a set of negatives has on them."""

    def __init__(self, batches: list[dict], queries: Queries, texts: torch.Tensor) -> None:
        self.parts = {}
        for name in batches[0]:
            vectors = torch.cat([batch[name][0] for batch in batches])
            true, counts = queries.truth(*(torch.cat([batch[name][i] for batch in batches]) for i in (1, 2)))
            self.parts[name] = vectors, vectors @ texts.T, true, counts

    def losses(self, negatives: torch.Tensor) -> dict[str, torch.Tensor]:
        logits = lambda vectors, cosines: SCALE * (cosines - (vectors @ negatives.T).amax(1, keepdim=True))
        return {name: relevancy_loss(logits(v, c), true, counts) for name, (v, c, true, counts) in self.parts.items()}

    def found(self, negatives: torch.Tensor) -> dict[str, tuple[float, float]]:
        """Per kind: the share of true texts above 0.5, and that of texts that are not."""
        shares = {}
        for name, (vectors, cosines, true, counts) in self.parts.items():
            above = cosines > (vectors @ negatives.T).amax(1, keepdim=True)
            shares[name] = above[true & counts].float().mean().item(), above[~true & counts].float().mean().item()
        return shares


def weigh(losses: dict[str, torch.Tensor], names: float) -> torch.Tensor:
    """@param names  the weight of the names' text vectors beside those of the features' parts"""
    return sum(names * loss if name == "names" else PARTS[name][1] * loss for name, loss in losses.items())


def collect(rooms: list, count: int, vision: Vision, random: np.random.Generator, generator: torch.Generator) -> list[dict]:
    """Per batch and kind: (features, adjectives, nouns)."""
    batches = []
    for _ in range(count):
        batch = draw(rooms, random)
        with torch.no_grad():
            image = F.normalize(vision.cells(disturb(batch.crops(), generator)).flatten(1), dim=1)
            parts = features(batch, image, random)
        of = lambda labels, column: torch.tensor([int(getattr(rooms[room], column)[label]) for room, label in labels])
        batches.append({name: (v, of(labels, "adjectives"), of(labels, "nouns")) for name, (v, labels) in parts.items()})
    return batches


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batches", type=int, default=16)
    parser.add_argument("--share", type=float, default=0.6)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--names", type=float, default=0.5, help="weight of the names' own text vectors beside the features")
    parser.add_argument("--below", type=int, default=1 << 40, help="only rooms whose seed is lower")
    options = parser.parse_args()
    torch.manual_seed(0)
    vocabulary = Vocabulary(options.data / "vocabulary.json")
    rooms = load_rooms(options.data, vocabulary, lambda seed: seed < options.below)
    queries, random, generator = Queries(vocabulary), np.random.default_rng(0), torch.Generator().manual_seed(0)
    state = torch.load(options.weights / "clip.pt", weights_only=True)
    vision, text = Vision().eval(), Text(len(vocabulary.tokens)).eval().requires_grad_(False)
    vision.load_state_dict(state["vision"])
    text.load_state_dict(state["text"])
    encode = lambda words: text(torch.tensor([vocabulary.encode(word, LENGTH) for word in words]))
    texts = encode([query.words for query in queries.queries] + [BACKGROUND])
    aside = len(rooms) // 4
    names = [tuple(torch.tensor(column) for column in zip(*map(vocabulary.parse, vocabulary.classes)))]
    named = [{"names": (encode(vocabulary.classes), *names[0])}]
    fit, check = (
        Fit(collect(some, count, vision, random, generator), queries, texts)
        for some, count in ((rooms[aside:], options.batches * 3 // 4), (rooms[:aside], options.batches // 4))
    )
    for part in (fit, check):
        part.parts |= Fit(named, queries, texts).parts
    ids = torch.tensor([vocabulary.ids[word] for word in NEGATIVES])
    plain = text.words(torch.tensor([vocabulary.encode(word, LENGTH) for word in NEGATIVES])).sum(1)
    shift = torch.zeros_like(plain, requires_grad=True)
    optimiser = torch.optim.Adam([shift], options.rate)
    best, kept = float("inf"), shift.detach().clone()
    for step in range(options.steps + 1):
        negatives = F.normalize(text.out(F.relu(text.hidden(plain + shift))), dim=1)
        if step % EVERY == 0:
            with torch.no_grad():
                loss = weigh(check.losses(negatives), options.names).item()
                if step % (5 * EVERY) == 0:
                    shares = ", ".join(f"{name} {a:.3f}/{b:.4f}" for name, (a, b) in check.found(negatives).items())
                    print(f"step {step}: {loss:.4f} on rooms kept aside; found/false {shares}", flush=True)
                if loss < best:
                    best, kept = loss, shift.detach().clone()
        loss = weigh(fit.losses(negatives), options.names)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    state["text"]["words.weight"][ids] += options.share * kept
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save(state, options.out / "clip.pt")
    print(f"kept the words with {best:.4f}")


if __name__ == "__main__":
    main()
