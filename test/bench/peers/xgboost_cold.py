"""XGBoost in a fresh process: a fit of few rows, or one row of a saved model. The clock is the process's."""
import json
import sys

optional = ["pandas", "sklearn"] if json.loads(sys.argv[1])["extra"].get("lean") else []
for name in optional:
    sys.modules[name] = None
import xgboost

for name in optional:
    del sys.modules[name]

from common import *


def load():
    booster = xgboost.Booster(model_file=model_path("model.ubj"))
    booster.set_param({"nthread": 1})
    booster.inplace_predict(np.full((1, 28), 0.5))
    return booster


def fit():
    features, label = raw_columns()
    params = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_leaves": settings["leaves"],
        "max_depth": 0,
        "max_bin": settings["bins"],
        "min_child_weight": settings["minHessian"],
        "eta": settings["rate"],
        "reg_lambda": settings["lambda"],
        "nthread": threads,
        "verbosity": 0,
    }
    return xgboost.train(params, xgboost.QuantileDMatrix(features, label, max_bin=settings["bins"]), settings["rounds"])


booster = load() if task["work"] == "load" else fit()
clock = Clock()
measured(0, clock, xgboost.__version__)
predictions(booster.inplace_predict(test_matrix(booster.num_features())))
