"""Measures the shipped models (the ONNX files, on onnxruntime) on rooms that training never saw.

    python evaluate.py --data UNSEEN_ROOMS --models .. [--stride 1]

isolated   the bounding square of every instance's visible pixels (>= 150 of them, filling a quarter of the box or more,
           side <= 160 px, not cut by the photo's edge), no margin; label: the instance's class
pyramid    every tile of METHOD §2's pyramid, zeros outside the photo; label: the class at the tile's centre, because the
           dense features put a tile's vector there. "clear": of these, the tiles whose middle ninth is mostly that class
dense      the mean over the seven levels, bilinear between tile centres, at every 4th pixel; label: the class there
pooled     the dense features averaged over a class's true pixels in the whole room, named by the nearest text

Top-1 is over the names of the room (20 and more) and over every name of the vocabulary; "mean of classes" weighs
each class of each room alike. relevancy: own text >= 0.5 ("found"), other names of the room >= 0.5 ("false").
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch.nn import functional as F

from networks import PATCH
from rooms import LEVELS, STRIDES, Photo, Room, cut, load_rooms
from vocabulary import NEGATIVES, Vocabulary


class Models:
    def __init__(self, folder: Path, vocabulary: Vocabulary):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        open_ = lambda path: onnxruntime.InferenceSession(str(folder / path), options)
        self.vision = open_("toy-clip/onnx/vision_model.onnx")
        self.text = open_("toy-clip/onnx/text_model.onnx")
        self.patches = open_("toy-dino/onnx/model.onnx")
        self.vocabulary = vocabulary

    def image(self, crops: list[torch.Tensor]) -> np.ndarray:
        pixels = torch.stack(crops).float().numpy() / 127.5 - 1
        parts = [
            self.vision.run(["image_embeds"], {"pixel_values": pixels[i : i + 64]})[0] for i in range(0, len(pixels), 64)
        ]
        return np.concatenate(parts)

    def texts(self, words: list[str]) -> np.ndarray:
        ids = np.array([self.vocabulary.encode(word, 8) for word in words], np.int64)
        return self.text.run(None, {"input_ids": ids})[0]

    def tokens(self, photo: Photo) -> np.ndarray:
        height, width = photo.classes.shape
        margin = (photo.pixels.shape[2] - height) // 2
        pixels = photo.pixels[:, :, margin : margin + height, margin : margin + width].float().numpy() / 127.5 - 1
        return self.patches.run(None, {"pixel_values": pixels})[0][0, 1:]


def boxes(photo: Photo):
    for instance, x0, y0, x1, y1 in photo.boxes:
        inside = photo.instances[y0:y1, x0:x1] == instance
        side, (height, width) = max(x1 - x0, y1 - y0), photo.classes.shape
        whole = x0 > 0 and y0 > 0 and x1 < width and y1 < height
        if whole and inside.sum() >= 150 and inside.mean() >= 0.25 and side <= 160:
            yield int(photo.classes[y0:y1, x0:x1][inside][0]), cut(photo, (x0 + x1) / 2, (y0 + y1) / 2, side)


def pyramid(photo: Photo):
    """Per level: (rows, columns, crops in row order, labels at the centres, which are clear)."""
    height, width = photo.classes.shape
    for level, stride in zip(LEVELS, STRIDES):
        side = round(level * height)
        # Centres from edge to edge, at most a stride apart.
        centres = lambda length: np.linspace(0, length, int(np.ceil(length / (level * height * stride) - 1e-9)) + 1)
        ys, xs = centres(height), centres(width)
        crops, labels, clear = [], [], []
        for y in ys:
            for x in xs:
                row, column = min(int(y), height - 1), min(int(x), width - 1)
                third = side // 6
                middle = photo.classes[max(0, row - third) : row + third + 1, max(0, column - third) : column + third + 1]
                crops.append(cut(photo, x, y, side))
                labels.append(int(photo.classes[row, column]))
                clear.append(bool((middle == labels[-1]).mean() > 0.5))
        yield ys, xs, crops, np.array(labels), np.array(clear)


class Share:
    """Correct answers, in all and per (room, class)."""

    def __init__(self) -> None:
        self.cells = defaultdict(lambda: [0, 0])

    def add(self, room: int, labels: np.ndarray, correct: np.ndarray) -> None:
        for label in np.unique(labels):
            cell = self.cells[room, int(label)]
            cell[0] += int(correct[labels == label].sum())
            cell[1] += int((labels == label).sum())

    def figures(self) -> dict[str, float]:
        right, total = np.array(list(self.cells.values())).T
        return {"top1": right.sum() / total.sum(), "mean_of_classes": (right / total).mean(), "count": int(total.sum())}


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


def measure(rooms: list[Room], models: Models, stride: int, confusion: dict) -> dict[str, object]:
    shares = defaultdict(Share)
    relevancy = defaultdict(list)
    negatives = models.texts(NEGATIVES)
    every = [models.vocabulary.parse(name) for name in models.vocabulary.classes]
    every_texts = models.texts(models.vocabulary.classes)
    pooled_iou, counts = [], []
    for index, room in enumerate(rooms):
        present = sorted({int(c) for photo in room.photos for c in np.unique(photo.classes) if c > 0})
        counts.append(len(present))
        texts = models.texts([room.names[label] for label in present])
        column = {label: i for i, label in enumerate(present)}
        whole = {label: every.index((room.adjectives[label], room.nouns[label])) for label in present}

        def score(name: str, vectors: np.ndarray, labels: np.ndarray) -> None:
            keep = labels > 0
            vectors, labels = vectors[keep], labels[keep]
            cosines = vectors @ texts.T
            own = np.array([column[label] for label in labels])
            best = cosines.argmax(1)
            shares[name].add(index, labels, best == own)
            wide = np.array([whole[label] for label in labels])
            shares[f"{name} of the whole vocabulary"].add(index, labels, (vectors @ every_texts.T).argmax(1) == wide)
            beats = cosines > (vectors @ negatives.T).max(1, keepdims=True)
            relevancy[f"{name} found"].append(beats[np.arange(len(own)), own])
            others = beats.copy()
            others[np.arange(len(own)), own] = False
            relevancy[f"{name} false"].append(others.sum(1) / (len(present) - 1))
            for a, b in zip(own[best != own], best[best != own]):
                pair = (name, room.names[present[a]], room.names[present[b]])
                confusion[pair] = confusion.get(pair, 0) + 1

        sums, areas = defaultdict(float), defaultdict(int)
        dense_all, dense_labels = [], []
        for photo in room.photos[::stride]:
            found = list(boxes(photo))
            if found:
                score("isolated", models.image([crop for _, crop in found]), np.array([label for label, _ in found]))
            height, width = photo.classes.shape
            rows, columns = np.arange(2, height, 4), np.arange(2, width, 4)
            dense = 0
            for ys, xs, crops, labels, clear in pyramid(photo):
                vectors = models.image(crops)
                score("pyramid", vectors, labels)
                score("pyramid clear", vectors[clear], labels[clear])
                grid = vectors.reshape(len(ys), len(xs), -1)
                fy, fx = rows / ys[1], columns / xs[1]
                y0, x0 = np.minimum(fy.astype(int), len(ys) - 2), np.minimum(fx.astype(int), len(xs) - 2)
                wy, wx = (fy - y0)[:, None, None], (fx - x0)[None, :, None]
                top = grid[y0][:, x0] * (1 - wx) + grid[y0][:, x0 + 1] * wx
                bottom = grid[y0 + 1][:, x0] * (1 - wx) + grid[y0 + 1][:, x0 + 1] * wx
                dense = dense + top * (1 - wy) + bottom * wy
            dense = unit(dense).reshape(-1, negatives.shape[1])
            labels = photo.classes[np.ix_(rows, columns)].reshape(-1).astype(int)
            score("dense", dense, labels)
            for label in np.unique(labels[labels > 0]):
                sums[label] = sums[label] + dense[labels == label].sum(0)
                areas[label] += int((labels == label).sum())
        known = sorted(sums)
        means = unit(np.stack([sums[label] for label in known]))
        score("pooled", means, np.array(known))
        # Every pixel carries its class's pooled vector: IoU of each name, with the threshold of METHOD §5.
        beats = (means @ texts.T) > (means @ negatives.T).max(1, keepdims=True)
        answer = np.where(beats.any(1), (means @ texts.T).argmax(1), -1)
        for i, label in enumerate(known):
            mine = sum(areas[other] for j, other in enumerate(known) if answer[j] == column[label] or j == i)
            pooled_iou.append(areas[label] / mine if answer[i] == column[label] else 0.0)
    return {
        "rooms": len(rooms),
        "classes_in_a_room": [min(counts), max(counts)],
        **{name: share.figures() for name, share in shares.items()},
        "relevancy": {name: float(np.concatenate(values).mean()) for name, values in relevancy.items()},
        "pooled_iou": float(np.mean(pooled_iou)),
        **patches(rooms, models, stride),
    }


def patches(rooms: list[Room], models: Models, stride: int) -> dict[str, object]:
    """Patch vectors: cosine to the own instance's mean and to the nearest other instance's, and how often own is nearest."""
    own, other, right, edge_right = [], [], [], []
    for room in rooms:
        for photo in room.photos[::stride]:
            ids = photo.instances[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH].astype(int)
            tokens = unit(models.tokens(photo))
            flat = ids.reshape(-1)
            known = [i for i in np.unique(flat) if i > 0 and (flat == i).sum() >= 4]
            means = unit(np.stack([tokens[flat == i].mean(0) for i in known]))
            edge = np.zeros(ids.shape, bool)
            edge[:, 1:] |= ids[:, 1:] != ids[:, :-1]
            edge[:, :-1] |= ids[:, 1:] != ids[:, :-1]
            edge[1:] |= ids[1:] != ids[:-1]
            edge[:-1] |= ids[1:] != ids[:-1]
            keep = np.isin(flat, known)
            mine = np.searchsorted(known, flat[keep])
            cosines = tokens[keep] @ means.T
            own.append(cosines[np.arange(len(mine)), mine])
            hidden = cosines.copy()
            hidden[np.arange(len(mine)), mine] = -1
            other.append(hidden.max(1))
            right.append(own[-1] > other[-1])
            edge_right.append(right[-1][edge.reshape(-1)[keep]])
    mean = lambda parts: float(np.concatenate(parts).mean())
    return {
        "patches": {
            "own_instance_cosine": mean(own),
            "nearest_other_cosine": mean(other),
            "own_instance_nearest": mean(right),
            "own_instance_nearest_beside_a_boundary": mean(edge_right),
        }
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--stride", type=int, default=1, help="every so many photos")
    parser.add_argument("--from-seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    vocabulary = Vocabulary(options.data / "vocabulary.json")
    rooms = load_rooms(options.data, vocabulary, lambda seed: seed >= options.from_seed)
    confusion: dict = {}
    print(json.dumps(measure(rooms, Models(options.models, vocabulary), options.stride, confusion), indent=1))
    for (name, truth, answer), count in sorted(confusion.items(), key=lambda item: -item[1])[:30]:
        print(f"{count:6} {name}: {truth} -> {answer}")


if __name__ == "__main__":
    main()
