"""Shipped ONNX files back into networks that train on, for what was measured and landed is the only copy of the weights.

An exported convolution has its batch normalisation folded in: y = W x + b. Over some crops y has mean m and variance v (per
channel); the normalisation becomes  weight = sqrt(v + eps), bias = m  with running mean m and variance v, for a convolution
without bias whose output is y - b, so that the network is the same function at first, also on the statistics of a batch.
"""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn

from networks import Text, Vision


def tensors(path: Path) -> tuple[onnx.GraphProto, dict[str, torch.Tensor]]:
    graph = onnx.load(path).graph
    return graph, {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}


def thaw_text(path: Path, text: Text) -> None:
    _, found = tensors(path)
    text.load_state_dict(found)


def thaw_vision(path: Path, network: nn.Module, crops: torch.Tensor) -> None:
    """
    Convolutions in the order in which they run, and what kept its name (a normalisation that nothing could take in). A graph
    that has fewer convolutions than the network fills its first ones; what is left keeps its start, which must add nothing.
    """
    graph, found = tensors(path)
    folded = [(found[n.input[1]], found[n.input[2]] if len(n.input) > 2 else None) for n in graph.node if n.op_type == "Conv"]
    bias: dict[nn.Module, torch.Tensor | None] = {}
    last: list[nn.Module] = []

    def fill(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        last[:] = [module]
        if not folded:
            return
        weight, extra = folded.pop(0)
        module.weight.data.copy_(weight)
        if module.bias is not None:
            module.bias.data.copy_(extra)
        else:
            bias[module] = extra

    def calibrate(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        extra = bias.get(last[0])
        if extra is None:
            return
        y = inputs[0]
        mean, variance = y.mean((0, 2, 3)), y.var((0, 2, 3), unbiased=False)
        module.running_mean.copy_(mean)
        module.running_var.copy_(variance)
        module.weight.data.copy_((variance + module.eps).sqrt())
        module.bias.data.copy_(mean + extra)

    hooks = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_pre_hook(fill))
        if isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(calibrate))
    network.eval()
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name in found:
                value.copy_(found[name])
        network(crops)
    for hook in hooks:
        hook.remove()
    network.train()


def thaw_clip(folder: Path, vision: Vision, text: Text, crops: torch.Tensor) -> None:
    """@param crops  [n, 3, 32, 32] as they are trained on, a few thousand"""
    thaw_vision(folder / "onnx/vision_model.onnx", vision, crops)
    thaw_text(folder / "onnx/text_model.onnx", text)
