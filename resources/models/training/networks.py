"""The three toy networks: small convolutional and bag-of-words stand-ins with the inputs and outputs of CLIP and DINO.

Vision   pixel_values [B, 3, H, W] -> image_embeds [B, 64], patch_embeds [B, (H/8 - 3)(W/8 - 3), 64]; H = W = 32 for a crop
Text     input_ids [B, S] -> text_embeds [B, 64]
Patches  pixel_values [B, 3, H, W] -> last_hidden_state [B, 1 + (H/8)(W/8), 48], the mean ("CLS") first

All outputs but the CLS token have unit length.
"""

import torch
from torch import nn
from torch.nn import functional as F

EMBEDDING = 64
CROP = 32
PATCH_WIDTH = 48
CENTRE_WIDTH = 192
PATCH = 8


def block(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation=dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class Residual(nn.Module):
    def __init__(self, width: int, dilation: int = 1):
        super().__init__()
        # Starts as the identity (the last scale is 0), so that blocks can be put on a trained network.
        self.first = block(width, width, dilation=dilation)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, dilation, dilation=dilation, bias=False), nn.BatchNorm2d(width)
        )
        nn.init.zeros_(self.second[1].weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.second(self.first(x)))


class Vision(nn.Module):
    """
    Three halvings. What a tile's vector must name is what lies at its centre, so two things know where that is: the last
    convolutions see the 4x4 map of a 32-px crop whole, and the middle 16 px also reach the end past the halvings, from the
    8x8 and the 16x16 map, where a thing of a few pixels is still there.

        cells = head(c) + out(relu(norm(whole(c) + near(b without its border) + nearest(a without its border))))

    On a larger picture the same weights slide by 8 px: patch (i, j) is the 32-px tile whose corner lies at (8 i, 8 j).
    """

    def __init__(self) -> None:
        super().__init__()
        self.fine = block(3, 16, 2)
        self.middle = nn.Sequential(block(16, 32, 2), Residual(32))
        self.coarse = nn.Sequential(
            block(32, 64, 2), Residual(64), block(64, 96), Residual(96), Residual(96)
        )
        self.head = nn.Conv2d(96, EMBEDDING, 4)
        self.whole = nn.Conv2d(96, CENTRE_WIDTH, 4, bias=False)
        self.near = nn.Conv2d(32, CENTRE_WIDTH, 4, 2, bias=False)
        self.nearest = nn.Conv2d(16, CENTRE_WIDTH, 8, 4, bias=False)
        self.norm = nn.BatchNorm2d(CENTRE_WIDTH)
        self.out = nn.Conv2d(CENTRE_WIDTH, EMBEDDING, 1, bias=False)
        # Starts as the plain head, so that the branch can be put on a trained network.
        nn.init.zeros_(self.out.weight)

    def cells(self, pixels: torch.Tensor) -> torch.Tensor:
        """[B, 64, H/8 - 3, W/8 - 3], before normalising."""
        a = self.fine(pixels)
        b = self.middle(a)
        c = self.coarse(b)
        plain = self.head(c)
        seen = self.whole(c) + self.near(b[:, :, 2:-2, 2:-2]) + self.nearest(a[:, :, 4:-4, 4:-4])
        return plain + self.out(F.relu(self.norm(seen)))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        cells = self.cells(pixels)
        patches = F.normalize(cells.flatten(2).transpose(1, 2), dim=2)
        return F.normalize(cells.mean((2, 3)), dim=1), patches


class Text(nn.Module):
    """The sum of the words' vectors (padding is zero) through a two-layer perceptron, so that a pair is more than its sum."""

    def __init__(self, words: int, width: int = 128):
        super().__init__()
        self.words = nn.Embedding(words, width, padding_idx=0)
        self.hidden = nn.Linear(width, 2 * width)
        self.out = nn.Linear(2 * width, EMBEDDING)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        total = self.words(ids).sum(1)
        return F.normalize(self.out(F.relu(self.hidden(total))), dim=1)


class Patches(nn.Module):
    """One vector for each 8x8 px: three halvings and residual blocks, dilated last (context of about +-60 px)."""

    def __init__(self, width: int = 32):
        super().__init__()
        self.trunk = nn.Sequential(
            block(3, 24, 2),
            block(24, width, 2),
            Residual(width),
            block(width, 2 * width, 2),
            Residual(2 * width),
            Residual(2 * width, 2),
        )
        self.head = nn.Conv2d(2 * width, PATCH_WIDTH, 1)

    def tokens(self, pixels: torch.Tensor) -> torch.Tensor:
        """[B, (H/8)(W/8), 48], before normalising."""
        return self.head(self.trunk(pixels)).flatten(2).transpose(1, 2)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        tokens = F.normalize(self.tokens(pixels), dim=2)
        return torch.cat([tokens.mean(1, keepdim=True), tokens], 1)
