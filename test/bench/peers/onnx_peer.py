"""ONNX Runtime on LightGBM's trees: a batch, or one row a call. The conversion is not timed."""
import lightgbm
import onnxruntime
from onnxmltools.convert import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from common import *

table, _ = arrow_table(task["test"])
booster = lightgbm.Booster(model_file=model_path("model.txt"))
kinds = [("x", FloatTensorType([None, table.num_columns]))]
graph = convert_lightgbm(booster, initial_types=kinds, zipmap=False, target_opset=15)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1 if task["work"] == "row" else threads
session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
name = session.get_outputs()[1].name

clock = Clock()
if task["work"] == "row":
    matrix = numpy_matrix(table)
    result = middle_microseconds(lambda row: session.run([name], {"x": matrix[row : row + 1]}), matrix)
    values = session.run([name], {"x": matrix})[0]
else:
    values = session.run([name], {"x": numpy_matrix(table)})[0]
    clock.end("predict")
    result = clock.since_start()
measured(result, clock, onnxruntime.__version__)
predictions(np.asarray(values)[:, 1])
