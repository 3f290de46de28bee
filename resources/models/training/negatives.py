"""Moves the words of the four negatives alone, so that names themselves, taken for features, lose to them where they should.

    python negatives.py --data ROOMS --weights WEIGHTS [--steps 31]

The relevancy loss of train_clip.py over single tiles and things of the rooms, and with half the weight over the text vectors of all
names, by Adam at 5e-3. Nothing else moves, so no answer among names changes, only which are above 0.5.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from networks import Text, Vision
from rooms import disturb, load_rooms
from train_clip import LENGTH, SCALE, Queries, draw, relevancy_loss
from vocabulary import BACKGROUND, NEGATIVES, Vocabulary


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=31)
    parser.add_argument("--below", type=int, default=1 << 40, help="only rooms whose seed is lower")
    options = parser.parse_args()
    vocabulary = Vocabulary(options.data / "vocabulary.json")
    rooms = load_rooms(options.data, vocabulary, lambda seed: seed < options.below)
    queries, random, generator = Queries(vocabulary), np.random.default_rng(0), torch.Generator().manual_seed(0)
    state = torch.load(options.weights / "clip.pt", weights_only=True)
    vision, text = Vision().eval(), Text(len(vocabulary.tokens)).eval().requires_grad_(False)
    vision.load_state_dict(state["vision"])
    text.load_state_dict(state["text"])
    images, labels = [], []
    for batch in (draw(rooms, random) for _ in range(8)):
        kept = batch.tiles + batch.isolated
        with torch.no_grad():
            images.append(F.normalize(vision.cells(disturb(batch.crops()[-len(kept) :], generator)).flatten(1), dim=1))
        labels += [(int(rooms[room].adjectives[c]), int(rooms[room].nouns[c])) for room, c in kept]
    encode = lambda words: text(torch.tensor([vocabulary.encode(word, LENGTH) for word in words]))
    features = torch.cat([*images, encode(vocabulary.classes)])
    labels += [vocabulary.parse(name) for name in vocabulary.classes]
    true, counts = queries.truth(*(torch.tensor(column) for column in zip(*labels)))
    cosines = features @ encode([query.words for query in queries.queries] + [BACKGROUND]).T
    shown = sum(len(part) for part in images)
    ids = torch.tensor([vocabulary.ids[word] for word in NEGATIVES])
    plain = text.words(torch.tensor([vocabulary.encode(word, LENGTH) for word in NEGATIVES])).sum(1)
    shift = torch.zeros_like(plain, requires_grad=True)
    optimiser = torch.optim.Adam([shift], 5e-3)
    for _ in range(options.steps):
        negatives = F.normalize(text.out(F.relu(text.hidden(plain + shift))), dim=1)
        logits = SCALE * (cosines - (features @ negatives.T).amax(1, keepdim=True))
        image = relevancy_loss(logits[:shown], true[:shown], counts[:shown])
        words = relevancy_loss(logits[shown:], true[shown:], counts[shown:])
        optimiser.zero_grad()
        (image + 0.5 * words).backward()
        optimiser.step()
    print(f"{options.steps} steps: crops {image.item():.3f}, names {words.item():.3f}")
    state["text"]["words.weight"][ids] += shift.detach()
    torch.save(state, options.weights / "clip.pt")


if __name__ == "__main__":
    main()
