"""The words that the toy encoders know, and the texts that they are trained on.

`vocabulary.json` is written next to the training rooms by renderRooms.ts from the demo's catalogue:
{ colours: { red: [r, g, b], ... }, adjectives: [...], nouns: [...], plain: [nouns without an adjective], surfaces: [...], classes: ["red mug", ...] }.

A text is a pair (adjective, noun), either of which may be missing: "red mug", "mug", "red". Articles change nothing.
"""

import json
from dataclasses import dataclass
from pathlib import Path

PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "<|startoftext|>", "<|endoftext|>"
SPECIAL = [PAD, UNKNOWN, START, END]
NEGATIVES = ["object", "things", "stuff", "texture"]
BACKGROUND = "background"
FILLERS = ["a", "an", "the", "photo", "of", "close", "up"]
PREFIXES = ["", "", "", "a", "an", "the", "a photo of a", "a photo of the", "photo of", "a close up photo of a"]


@dataclass
class Query:
    """One query: what an image must show to match it."""

    words: str
    adjective: int  # -1: any
    noun: int  # -1: any


class Vocabulary:
    def __init__(self, path: Path):
        raw = json.loads(Path(path).read_text())
        self.adjectives: list[str] = raw["adjectives"]
        self.colours: dict[str, list[int]] = raw["colours"]
        self.nouns: list[str] = raw["nouns"]
        self.plain: list[str] = raw["plain"]
        self.surfaces: list[str] = raw["surfaces"]
        self.classes: list[str] = raw["classes"]
        words = SPECIAL + NEGATIVES + [BACKGROUND] + FILLERS + self.adjectives + self.nouns
        self.tokens = list(dict.fromkeys(words))
        self.ids = {word: index for index, word in enumerate(self.tokens)}

    def parse(self, name: str) -> tuple[int, int]:
        """(adjective, noun) of a class name; -1 where there is no adjective."""
        *adjective, noun = name.split(" ")
        return (self.adjectives.index(adjective[0]) if adjective else -1, self.nouns.index(noun))

    def encode(self, text: str, length: int) -> list[int]:
        words = [self.ids.get(word, self.ids[UNKNOWN]) for word in text.lower().split()]
        row = [self.ids[START], *words, self.ids[END]]
        return row + [self.ids[PAD]] * (length - len(row))

    def queries(self) -> list[Query]:
        """Every query of training: all adjective-noun pairs (also those that no room holds), nouns and adjectives alone."""
        coloured = [noun for noun in self.nouns if noun not in self.plain]
        pairs = [
            Query(f"{adjective} {noun}", self.adjectives.index(adjective), self.nouns.index(noun))
            for noun in coloured
            for adjective in self.adjectives
        ]
        nouns = [Query(noun, -1, index) for index, noun in enumerate(self.nouns)]
        adjectives = [Query(adjective, index, -1) for index, adjective in enumerate(self.adjectives)]
        return pairs + nouns + adjectives
