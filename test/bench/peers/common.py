"""What the peers' programs share: the task, reading Parquet, one clock, and how results are handed over.

A program does its work, calls `measured` (which prints one line and waits until the benchmark has read the
memory), and then `predictions`, which nobody times.
"""
import json
import os
import sys
import time

import numpy as np

task = json.loads(sys.argv[1])
settings = task["settings"]
extra = task["extra"]
threads = task["threads"]
features = None


class Clock:
    """Seconds of phases, one after another."""

    def __init__(self):
        self.phases = {}
        self.start = self.last = time.perf_counter()

    def end(self, name):
        now = time.perf_counter()
        self.phases[name] = self.phases.get(name, 0) + now - self.last
        self.last = now

    def since_start(self):
        return self.last - self.start


def measured(seconds, clock, version):
    line = {"seconds": seconds, "phases": clock.phases, "version": version}
    print(json.dumps(line, separators=(",", ":")), flush=True)
    sys.stdin.readline()


def predictions(values):
    path = os.path.join(task["folder"], "predictions.f64")
    np.ascontiguousarray(values, dtype=np.float64).tofile(path)


def model_path(name):
    return os.path.join(task.get("model") or task["folder"], name)


def arrow_table(path):
    """The table and its label column, classes as 0, 1, … in their order."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, use_threads=True)
    label = table.column(task["label"]).to_numpy(zero_copy_only=False)
    if task["objective"] != "regression":
        label = np.unique(label, return_inverse=True)[1].astype(np.int32)
    return table.drop_columns([task["label"], *task["ignored"]]), label


def numpy_matrix(table, order="C"):
    """Numeric columns as one float32 matrix; nulls are NaN."""
    matrix = np.empty((table.num_rows, table.num_columns), dtype=np.float32, order=order)
    for i, column in enumerate(table.columns):
        matrix[:, i] = column.to_numpy(zero_copy_only=False)
    return matrix


def data_frame(table, like=None):
    """A pandas frame whose string columns are categories; `like` says which categories there are."""
    import pandas as pd

    frame = table.to_pandas()
    for name in task["categories"]:
        kind = None if like is None else like[name].dtype
        frame[name] = frame[name].astype("category") if kind is None else pd.Categorical(frame[name], dtype=kind)
    return frame


def matrix_of(table, like=None):
    """What most libraries take: a frame where there are categories, a matrix otherwise."""
    if task["categories"]:
        return data_frame(table, like)
    return numpy_matrix(table, extra.get("order", "C"))


def library_extra():
    """The variant's own parameters, without what this folder's programs read themselves."""
    return {k: v for k, v in extra.items() if k not in ("input", "order")}


def raw_columns():
    """The columns of a small fit as a matrix, and the label."""
    raw = task["raw"]
    columns = np.fromfile(raw["file"], dtype=np.float64).reshape(-1, raw["rows"])
    return np.ascontiguousarray(columns[:-1].T), columns[-1]


def test_matrix(num_features):
    """The first columns of the test rows."""
    table, _ = arrow_table(task["test"])
    return numpy_matrix(table.select(range(num_features)))


def middle_microseconds(call, matrix, warm_up=200, calls=3000):
    """The median time of one call with one row, after some that nobody times."""
    times = []
    clock = time.perf_counter_ns
    for i in range(warm_up + calls):
        row = i % len(matrix)
        begin = clock()
        call(row)
        times.append(clock() - begin)
    return float(np.median(times[warm_up:])) / 1000
