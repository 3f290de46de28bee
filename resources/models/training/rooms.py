"""The rendered training rooms, and the crops that the vision network learns from.

A room is a folder room-SEED with room.json { seed, views, width, height, classes: [name of id 1, ...] } and three raw files:
rgb.bin [V, H, W, 3], classes.bin and instances.bin [V, H, W], all 8 bits; id 0 is nothing.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from networks import CROP
from vocabulary import Vocabulary

# METHOD's pyramid: seven tile sizes as shares of the image height; the stride is the tile times this.
LEVELS = np.linspace(0.05, 0.5, 7)
STRIDES = np.interp(LEVELS, [0.05, 0.15], [1.0, 0.5])
MARGIN = 80  # zero padding of every photo, more than half of the largest tile


@dataclass
class Photo:
    pixels: torch.Tensor  # [1, 3, H + 2 MARGIN, W + 2 MARGIN] uint8, channels last
    classes: np.ndarray  # [H, W], ids of the room
    instances: np.ndarray  # [H, W]
    room: int
    places: list[np.ndarray]  # [n, 2] x, y of the pixels of each instance that shows at least 12
    odds: np.ndarray  # cumulative: how often to draw each
    boxes: list[tuple[int, int, int, int, int]]  # instance id, x0, y0, x1, y1 of its visible pixels


@dataclass
class Room:
    seed: int
    adjectives: np.ndarray  # by class id; -1: none
    nouns: np.ndarray
    names: list[str]
    photos: list[Photo]


def load_room(folder: Path, vocabulary: Vocabulary, index: int) -> Room:
    raw = json.loads((folder / "room.json").read_text())
    views, height, width = raw["views"], raw["height"], raw["width"]
    rgb = np.fromfile(folder / "rgb.bin", np.uint8).reshape(views, height, width, 3)
    classes = np.fromfile(folder / "classes.bin", np.uint8).reshape(views, height, width)
    instances = np.fromfile(folder / "instances.bin", np.uint8).reshape(views, height, width)
    parsed = [vocabulary.parse(name) for name in raw["classes"]]
    room = Room(
        raw["seed"],
        np.array([-1] + [adjective for adjective, _ in parsed]),
        np.array([-1] + [noun for _, noun in parsed]),
        ["nothing", *raw["classes"]],
        [],
    )
    for view in range(views):
        padded = np.zeros((height + 2 * MARGIN, width + 2 * MARGIN, 3), np.uint8)
        padded[MARGIN:-MARGIN, MARGIN:-MARGIN] = rgb[view]
        ids, counts = np.unique(instances[view], return_counts=True)
        ids, counts = ids[(ids > 0) & (counts >= 12)], counts[(ids > 0) & (counts >= 12)]
        boxes, places = [], []
        order = np.argsort(instances[view], axis=None, kind="stable")
        starts = np.searchsorted(instances[view].reshape(-1)[order], ids)
        for instance, start, count in zip(ids, starts, counts):
            rows, columns = np.divmod(order[start : start + count], width)
            boxes.append((int(instance), columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
            places.append(np.stack([columns, rows], 1).astype(np.int16))
        odds = counts**0.1
        room.photos.append(
            Photo(
                torch.from_numpy(padded).permute(2, 0, 1)[None],
                classes[view],
                instances[view],
                index,
                places,
                np.cumsum(odds / odds.sum()),
                boxes,
            )
        )
    return room


def linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB bytes to linear light, with a plain power for the curve: it is undone the same way."""
    return (np.asarray(srgb, np.float32) / 255) ** 2.2


VIVID = {"red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"}


def recoloured(room: Room, vocabulary: Vocabulary, random: np.random.Generator) -> Room:
    """
    The same room with most coloured things in another colour that their kind comes in, so that colour does not tell the kind.

    What of an instance has about the chromaticity of its old colour gets shade * new colour + highlight, with shade = the
    share of the old colour's strongest channel, highlight = what all channels have beyond it.
    """
    adjectives, nouns, names = list(room.adjectives), list(room.nouns), list(room.names)
    fresh: dict[int, int] = {}
    for label in range(1, len(room.names)):
        old = vocabulary.adjectives[room.adjectives[label]] if room.adjectives[label] >= 0 else ""
        noun = vocabulary.nouns[room.nouns[label]]
        others = [c for c in vocabulary.colours if c != old and f"{c} {noun}" in vocabulary.classes]
        if old in VIVID and others and random.random() < 0.75:
            new = others[random.integers(len(others))]
            fresh[label] = len(names)
            adjectives.append(vocabulary.adjectives.index(new))
            nouns.append(room.nouns[label])
            names.append(f"{new} {noun}")
    photos = []
    for photo in room.photos:
        pixels, classes = photo.pixels.clone(memory_format=torch.channels_last), photo.classes.copy()
        for instance, x0, y0, x1, y1 in photo.boxes:
            inside = photo.instances[y0:y1, x0:x1] == instance
            label = int(photo.classes[y0:y1, x0:x1][inside][0])
            if label not in fresh:
                continue
            classes[y0:y1, x0:x1][inside] = fresh[label]
            window = pixels[0, :, MARGIN + y0 : MARGIN + y1, MARGIN + x0 : MARGIN + x1].permute(1, 2, 0).numpy()
            light = linear(window[inside])
            before = linear(vocabulary.colours[vocabulary.adjectives[room.adjectives[label]]])
            after = linear(vocabulary.colours[vocabulary.adjectives[adjectives[fresh[label]]]])
            chroma = light / np.maximum(light.sum(1, keepdims=True), 1e-3)
            like = np.abs(chroma - before / before.sum()).sum(1) < 0.45
            strongest = int(before.argmax())
            shade = light[:, strongest : strongest + 1] / before[strongest]
            highlight = np.maximum(0, (light - shade * before).min(1, keepdims=True))
            changed = 255 * np.clip(shade * after + highlight, 0, 1) ** (1 / 2.2)
            window[inside] = np.where(like[:, None], changed.astype(np.uint8), window[inside])
        photos.append(Photo(pixels, classes, photo.instances, photo.room, photo.places, photo.odds, photo.boxes))
    return Room(room.seed, np.array(adjectives), np.array(nouns), names, photos)


def load_rooms(folder: Path, vocabulary: Vocabulary, keep=lambda seed: True, have: list[Room] | None = None) -> list[Room]:
    """The rooms of a folder whose seed is kept; those in `have` are not read again, so that rendering may go on meanwhile."""
    rooms = list(have or [])
    known = {room.seed for room in rooms}
    for path in sorted(folder.glob("room-*")):
        seed = path.name.removeprefix("room-")
        if seed.isdigit() and int(seed) not in known and keep(int(seed)):
            rooms.append(load_room(path, vocabulary, len(rooms)))
    return rooms


def cut(photo: Photo, x: float, y: float, side: float, stretch: float = 1.0) -> torch.Tensor:
    """The square of that side around (x, y), zeros outside the photo, resized to [3, CROP, CROP] uint8 (area-correct)."""
    height, width = photo.classes.shape
    wide, high = max(4, round(side * stretch)), max(4, round(side / stretch))
    x0 = min(max(round(x - wide / 2) + MARGIN, 0), width + 2 * MARGIN - wide)
    y0 = min(max(round(y - high / 2) + MARGIN, 0), height + 2 * MARGIN - high)
    window = photo.pixels[:, :, y0 : y0 + high, x0 : x0 + wide]
    return F.interpolate(window, (CROP, CROP), mode="bilinear", antialias=True)[0]


def class_at(photo: Photo, x: float, y: float) -> int:
    height, width = photo.classes.shape
    return int(photo.classes[min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)])


CELL = 4  # px of a 240-px photo: the app's grid at standard detail
REGION = 4  # cells a side
# Tile edges in photo heights and the stride's factor: the app's default preset at standard, full and fast detail, METHOD's levels.
PYRAMIDS = [
    (np.array([0.1, 0.15, 0.2]), 1.0),
    (np.array([0.05, 0.1, 0.15, 0.2]), 1.0),
    (np.array([0.1, 0.2]), np.sqrt(2)),
    (LEVELS[1:], 1.0),
]
PYRAMID_ODDS = [0.8, 0.08, 0.04, 0.08]


@dataclass
class Region:
    """A square of the dense features: the tiles that it is interpolated from, and what is there."""

    crops: list[torch.Tensor]
    weights: np.ndarray  # [cells, tiles] bilinear, the sum over a level is 1
    labels: np.ndarray  # [cells] class at each cell's centre


def region(photo: Photo, pick: int, random: np.random.Generator) -> Region:
    """
    Around a pixel of the photo's instance of that index, the tiles where the app cuts them: centres from edge to edge of the photo,
    at most a stride apart, bilinear in between (METHOD §2).
    """
    height, width = photo.classes.shape
    x, y = photo.places[pick][random.integers(len(photo.places[pick]))]
    cells = []
    for at, length in ((y, height), (x, width)):
        first = min(max(int(at) // CELL - REGION // 2, 0), length // CELL - REGION)
        cells.append((first + np.arange(REGION)) * CELL + CELL / 2)
    levels, factor = PYRAMIDS[random.choice(len(PYRAMIDS), p=PYRAMID_ODDS)]
    crops, weights = [], []
    for level in levels:
        stride = level * height * min(1, factor * np.interp(level, [0.05, 0.15], [1.0, 0.5]))
        axes = []
        for positions, length in zip(cells, (height, width)):
            count = int(np.ceil(length / stride - 1e-9)) + 1
            places = positions / (length / (count - 1))
            low = np.minimum(places.astype(int), count - 2)
            start, stop = low[0], low[-1] + 2
            share = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(start, stop)[None]))
            axes.append((share, np.linspace(0, length, count)[start:stop]))
        (down, ys), (across, xs) = axes
        weights.append(np.einsum("ai,bj->abij", down, across).reshape(REGION * REGION, -1))
        for tile_y in ys:
            for tile_x in xs:
                crops.append(cut(photo, tile_x, tile_y, level * height))
    rows, columns = (axis.astype(int) for axis in cells)
    labels = photo.classes[np.ix_(rows, columns)].reshape(-1).astype(int)
    return Region(crops, np.concatenate(weights, 1).astype(np.float32), labels)


def regions_of_one(room: Room, count: int, random: np.random.Generator) -> tuple[int, list[Region]]:
    """A class and `count` regions around its instance, over the photos that show it; one of little area is drawn almost as often."""
    photo = room.photos[random.integers(len(room.photos))]
    pick = min(int(np.searchsorted(photo.odds, random.random())), len(photo.places) - 1)
    instance, x0, y0, x1, y1 = photo.boxes[pick]
    label = int(photo.classes[y0:y1, x0:x1][photo.instances[y0:y1, x0:x1] == instance][0])
    seen = [(p, i) for p in room.photos for i, box in enumerate(p.boxes) if box[0] == instance]
    return label, [region(*seen[random.integers(len(seen))], random) for _ in range(count)]


# How many of a 4:3 photo's tiles are of each level.
TILES = np.array([(np.ceil(1 / step) + 1) * (np.ceil(4 / 3 / step) + 1) for step in LEVELS * STRIDES])


def tile(photo: Photo, random: np.random.Generator) -> tuple[int, torch.Tensor]:
    """A tile of the pyramid, each as likely as any other, and the class at its centre."""
    height, width = photo.classes.shape
    level = LEVELS[int(np.searchsorted(np.cumsum(TILES) / TILES.sum(), random.random()))]
    x, y = random.uniform(0, width), random.uniform(0, height)
    return class_at(photo, x, y), cut(photo, x, y, level * height)


def isolated(photo: Photo, random: np.random.Generator) -> tuple[int, torch.Tensor] | None:
    """The bounding square of one instance's visible pixels, a little off and a little large, as a person would cut it."""
    instance, x0, y0, x1, y1 = photo.boxes[random.integers(len(photo.boxes))]
    side = max(x1 - x0, y1 - y0)
    if side < 10 or side > 150:
        return None
    inside = photo.instances[y0:y1, x0:x1] == instance
    if inside.mean() < 0.2:
        return None
    x, y = (x0 + x1) / 2 + random.normal(0, 0.05) * side, (y0 + y1) / 2 + random.normal(0, 0.05) * side
    label = int(photo.classes[y0:y1, x0:x1][inside][0])
    return label, cut(photo, x, y, side * random.uniform(0.88, 1.3), random.uniform(0.92, 1.09))


def disturb(crops: torch.Tensor, generator: torch.Generator, mirror: bool = True) -> torch.Tensor:
    """
    All mirrored or none, each a little brighter or darker and tinted: [B, 3, S, S] uint8 -> about -1...1, channels last. Little,
    because rooms, exposures and JPEG differ as they are, and a plain ceiling and a white table differ by their shade alone.
    """
    uniform = lambda reach, *shape: 1 + reach * (2 * torch.rand(shape, generator=generator) - 1)
    if mirror and torch.rand((), generator=generator) < 0.5:
        crops = crops.flip(3)
    gain = uniform(0.05, len(crops), 1, 1, 1) * uniform(0.015, len(crops), 3, 1, 1)
    x = crops.float().mul_(gain).clamp_(0, 255).mul_(2 / 255).sub_(1)
    return x.contiguous(memory_format=torch.channels_last)
