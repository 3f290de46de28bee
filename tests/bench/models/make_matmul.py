"""Writes matmul.onnx: D [P, 128] = F [P, 896] · S, S a constant that onnxruntime folds and packs when it loads the model."""

from pathlib import Path

from onnx import TensorProto, helper, save

value = helper.make_tensor("value", TensorProto.FLOAT, [1], [0.5])
graph = helper.make_graph(
    [
        helper.make_node("Constant", [], ["shape"], value_ints=[896, 128]),
        helper.make_node("ConstantOfShape", ["shape"], ["S"], value=value),
        helper.make_node("MatMul", ["F", "S"], ["D"]),
    ],
    "matmul",
    [helper.make_tensor_value_info("F", TensorProto.FLOAT, ["P", 896])],
    [helper.make_tensor_value_info("D", TensorProto.FLOAT, ["P", 128])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 9
save(model, Path(__file__).with_name("matmul.onnx"))
