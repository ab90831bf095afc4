"""LightGBM in a fresh process: a fit of few rows, or one row of a saved model. The clock is the process's."""
import json
import sys

optional = ["pandas", "sklearn"] if json.loads(sys.argv[1])["extra"].get("lean") else []
for name in optional:
    sys.modules[name] = None
import lightgbm

for name in optional:
    del sys.modules[name]

from common import *


def load():
    booster = lightgbm.Booster(model_file=model_path("model.txt"))
    booster.predict(np.full((1, 28), 0.5), num_threads=1)
    return booster


def fit():
    features, label = raw_columns()
    params = {
        "objective": "binary",
        "num_leaves": settings["leaves"],
        "max_bin": settings["bins"],
        "min_data_in_leaf": settings["minRows"],
        "min_sum_hessian_in_leaf": settings["minHessian"],
        "learning_rate": settings["rate"],
        "lambda_l2": settings["lambda"],
        "num_threads": threads,
        "verbosity": -1,
    }
    return lightgbm.train(params, lightgbm.Dataset(features, label, params=params), settings["rounds"])


booster = load() if task["work"] == "load" else fit()
clock = Clock()
measured(0, clock, lightgbm.__version__)
predictions(booster.predict(test_matrix(booster.num_feature()), num_threads=threads))
