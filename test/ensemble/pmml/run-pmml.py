"""Carries out the documents of a folder: NAME.pmml on the rows of NAME.json, answers into NAME.out.json.

A column of rows is a list of values; null is missing. Numbers that JSON does not have are texts: "inf" and "-inf".
"""

import json
import pathlib
import sys

import pandas
from jpmml_evaluator import make_backend, make_evaluator

NUMBERS = {"inf": float("inf"), "-inf": float("-inf")}


def column(given):
    if given["type"] != "number":
        return given["values"]
    return [NUMBERS.get(value, value) if isinstance(value, str) else value for value in given["values"]]


def plain(value):
    if isinstance(value, float) and (value != value or value in NUMBERS.values()):
        return str(value)
    return value


def main(folder):
    backend = make_backend("jpype")
    for path in sorted(pathlib.Path(folder).glob("*.pmml")):
        evaluator = make_evaluator(path, backend=backend)
        rows = json.loads(path.with_suffix(".json").read_text())
        frame = pandas.DataFrame({name: pandas.Series(column(given), dtype=object) for name, given in rows.items()})
        found = evaluator.evaluateAll(frame, error_col=None, parallelism=1)
        results, errors = found
        if errors is not None:
            raise RuntimeError(f"{path.name}: {[error for error in errors if error][:3]}")
        fields = [field.getName() for field in (*evaluator.getTargetFields(), *evaluator.getOutputFields())]
        answer = {
            "inputs": [[field.getName(), field.getDataType(), field.getOpType()] for field in evaluator.getInputFields()],
            "targets": [field.getName() for field in evaluator.getTargetFields()],
            "outputs": {name: [plain(value) for value in results[name].tolist()] for name in fields if name in results},
        }
        path.with_name(path.stem + ".out.json").write_text(json.dumps(answer))


main(sys.argv[1])
