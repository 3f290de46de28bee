"""Writes the trained networks as two Hugging Face model folders.

    python export.py --data ROOMS --weights WEIGHTS --out ..

WEIGHTS holds clip.pt and dino.pt, as train_clip.py and train_dino.py leave them.
"""

import argparse
import json
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

from networks import CROP, EMBEDDING, PATCH, PATCH_WIDTH, Patches, Text, Vision
from vocabulary import END, PAD, SPECIAL, START, UNKNOWN, Vocabulary

CONTEXT = 16
HALF = [0.5, 0.5, 0.5]


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def tokenizer(vocabulary: Vocabulary) -> dict[str, object]:
    """Word by word: WordPiece without continuing pieces, so that a word is known whole or not at all."""
    special = lambda word: {"SpecialToken": {"id": word, "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": vocabulary.ids[word],
                "content": word,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for word in SPECIAL
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFC"},
                {"type": "Lowercase"},
                {"type": "Replace", "pattern": {"Regex": "[\\s.,;:!?\"'()_-]+"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special(START), {"Sequence": {"id": "A", "type_id": 0}}, special(END)],
            "pair": [special(START), {"Sequence": {"id": "A", "type_id": 0}}, special(END)],
            "special_tokens": {
                word: {"id": word, "ids": [vocabulary.ids[word]], "tokens": [word]} for word in (START, END)
            },
        },
        "decoder": None,
        "model": {
            "type": "WordPiece",
            "unk_token": UNKNOWN,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary.ids,
        },
    }


def tokenizer_config() -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": START,
        "eos_token": END,
        "pad_token": PAD,
        "unk_token": UNKNOWN,
        "model_max_length": CONTEXT,
        "padding_side": "right",
        "clean_up_tokenization_spaces": False,
    }


def preprocessor(kind: str, size: dict[str, int], crop: dict[str, int] | None) -> dict[str, object]:
    return {
        "image_processor_type": kind,
        "do_convert_rgb": True,
        "do_resize": True,
        "size": size,
        "resample": 2,
        "do_center_crop": crop is not None,
        **({} if crop is None else {"crop_size": crop}),
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": HALF,
        "image_std": HALF,
    }


def flops(network: nn.Module, example: torch.Tensor) -> int:
    """Two for each multiply-add of the convolutions and linear layers."""
    total = 0

    def count(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += 2 * output.numel() * module.in_channels * module.kernel_size[0] * module.kernel_size[1]
        elif isinstance(module, nn.Linear):
            total += 2 * output.numel() * module.in_features

    hooks = [module.register_forward_hook(count) for module in network.modules()]
    network(example)
    for hook in hooks:
        hook.remove()
    return total


def to_onnx(network: nn.Module, example: torch.Tensor, path: Path, source: str, outputs: list[str], axes: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=[source],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    model = onnx.load(path)
    onnx.checker.check_model(model)
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, path)


def export_clip(vocabulary: Vocabulary, weights: Path, folder: Path) -> None:
    state = torch.load(weights, weights_only=True)
    vision, text = Vision().eval(), Text(len(vocabulary.tokens)).eval()
    vision.load_state_dict(state["vision"])
    text.load_state_dict(state["text"])
    image = torch.zeros(2, 3, CROP, CROP)
    to_onnx(
        vision,
        image,
        folder / "onnx/vision_model.onnx",
        "pixel_values",
        ["image_embeds", "patch_embeds"],
        {
            "pixel_values": {0: "batch", 2: "height", 3: "width"},
            "image_embeds": {0: "batch"},
            "patch_embeds": {0: "batch", 1: "patches"},
        },
    )
    ids = torch.tensor([vocabulary.encode("the red mug", 8)] * 2)
    axes = {"input_ids": {0: "batch", 1: "length"}, "text_embeds": {0: "batch"}}
    to_onnx(text, ids, folder / "onnx/text_model.onnx", "input_ids", ["text_embeds"], axes)
    write_json(
        folder / "config.json",
        {
            "architectures": ["CLIPModel"],
            "model_type": "clip",
            "projection_dim": EMBEDDING,
            "logit_scale_init_value": 2.302585,
            "text_config": {
                "model_type": "clip_text_model",
                "hidden_size": 128,
                "projection_dim": EMBEDDING,
                "vocab_size": len(vocabulary.tokens),
                "max_position_embeddings": CONTEXT,
                "bos_token_id": vocabulary.ids[START],
                "eos_token_id": vocabulary.ids[END],
                "pad_token_id": vocabulary.ids[PAD],
            },
            "vision_config": {
                "model_type": "clip_vision_model",
                "hidden_size": 128,
                "projection_dim": EMBEDDING,
                "image_size": CROP,
                "patch_size": 16,
                "num_channels": 3,
            },
            "toy": {"flops_per_crop": flops(vision, image[:1])},
        },
    )
    edge = {"height": CROP, "width": CROP}
    write_json(folder / "preprocessor_config.json", preprocessor("CLIPImageProcessor", {"shortest_edge": CROP}, edge))
    write_json(folder / "tokenizer.json", tokenizer(vocabulary))
    write_json(folder / "tokenizer_config.json", tokenizer_config())


def export_dino(weights: Path, folder: Path) -> None:
    patches = Patches().eval()
    patches.load_state_dict(torch.load(weights, weights_only=True))
    photo = torch.zeros(1, 3, 240, 320)
    axes = {
        "pixel_values": {0: "batch", 2: "height", 3: "width"},
        "last_hidden_state": {0: "batch", 1: "tokens"},
    }
    to_onnx(patches, photo, folder / "onnx/model.onnx", "pixel_values", ["last_hidden_state"], axes)
    write_json(
        folder / "config.json",
        {
            "architectures": ["Dinov2Model"],
            "model_type": "dinov2",
            "hidden_size": PATCH_WIDTH,
            "patch_size": PATCH,
            "image_size": 240,
            "num_channels": 3,
            "toy": {"flops_per_photo_320x240": flops(patches, photo)},
        },
    )
    write_json(
        folder / "preprocessor_config.json", preprocessor("BitImageProcessor", {"shortest_edge": 240}, None)
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    vocabulary = Vocabulary(options.data / "vocabulary.json")
    if (options.weights / "clip.pt").exists():
        export_clip(vocabulary, options.weights / "clip.pt", options.out / "toy-clip")
    if (options.weights / "dino.pt").exists():
        export_dino(options.weights / "dino.pt", options.out / "toy-dino")


if __name__ == "__main__":
    main()
