"""Runs models of ONNX: for each <name>.onnx of a folder with the inputs of <name>.json writes <name>.out.json.

Numbers are base64 of float64, so that no bit is lost; of each output its type, its shape and its values.
"""

import base64
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime


def tensor(given):
    if given["type"] == "string":
        return numpy.array(given["values"], dtype=object).reshape(-1, 1)
    values = numpy.frombuffer(base64.b64decode(given["values"]), dtype=numpy.float64)
    return values.reshape(given["shape"]).astype(given["type"])


def told(array):
    if array.dtype.kind in "OU":
        values = [str(value) for value in array.reshape(-1)]
    else:
        values = base64.b64encode(array.astype(numpy.float64).tobytes()).decode()
    kind = "string" if array.dtype.kind in "OU" else str(array.dtype)
    return {"type": kind, "shape": list(array.shape), "values": values}


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inputs = json.loads(path.with_suffix(".json").read_text())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    tensors = {name: tensor(given) for name, given in inputs.items()}
    found = session.run(None, tensors)
    # the runtime adds trees up in another order where it has one row only
    for row in range(3):
        alone = session.run(None, {name: given[row : row + 1] for name, given in tensors.items()})
        for one, many in zip(alone, found):
            if one.dtype.kind == "f":
                numpy.testing.assert_allclose(one, many[row : row + 1], rtol=1e-14)
            else:
                numpy.testing.assert_array_equal(one, many[row : row + 1])
    names = [output.name for output in session.get_outputs()]
    out = {name: told(array) for name, array in zip(names, found)}
    path.with_suffix(".out.json").write_text(json.dumps(out))
