"""Times XGBoost's device=cuda on the rows of bench:gpu: seconds a tree, from a fit of few and one of many trees."""

import json
import sys
import time

import numpy as np
import xgboost as xgb

folder, num_features, num_trees, growth = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
few = 3
features = np.column_stack(
    [np.fromfile(f"{folder}/x{f}.f32", dtype=np.float32) for f in range(num_features)]
)
label = np.fromfile(f"{folder}/label.i32", dtype=np.int32)
params = {
    "device": "cuda",
    "tree_method": "hist",
    "objective": "binary:logistic",
    "max_bin": 255,
    "eta": 0.1,
    "lambda": 1,
    "min_child_weight": 1e-3,
    **({"max_depth": 8} if growth == "level" else {"max_depth": 0, "max_leaves": 255, "grow_policy": "lossguide"}),
}
data = xgb.QuantileDMatrix(features, label, max_bin=255)
seconds = []
for rounds in (few, few, few + num_trees):  # the first one warms up
    begin = time.perf_counter()
    booster = xgb.train(params, data, rounds)
    seconds.append(time.perf_counter() - begin)
device = json.loads(booster.save_config())["learner"]["generic_param"]["device"]
if not device.startswith("cuda"):
    sys.exit("left out, it found no CUDA device and trained on the CPU")
print(f"{xgb.__version__} device=cuda {(seconds[2] - seconds[1]) / num_trees:.4f} s a tree, fit of {few + num_trees}: {seconds[2]:.2f} s")
