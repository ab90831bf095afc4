"""LightGBM at a row's equal settings."""
import math

import lightgbm

from common import *

objectives = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}


def parameters(num_classes, num_features):
    depth = settings.get("depth")
    leaves = settings.get("leaves") or 2 ** depth
    params = {
        "objective": objectives[task["objective"]],
        "num_leaves": leaves,
        "max_depth": -1 if depth is None else depth,
        "max_bin": settings["bins"],
        "min_data_in_leaf": settings["minRows"],
        "num_threads": threads,
        "verbosity": -1,
        "seed": 1,
    }
    if task["objective"] == "multiclass":
        params["num_class"] = num_classes
    if task["work"] == "forest":
        params.update(
            boosting="rf",
            bagging_fraction=0.632,
            bagging_freq=1,
            feature_fraction_bynode=math.ceil(math.sqrt(num_features)) / num_features,
            min_sum_hessian_in_leaf=0,
        )
    else:
        params.update(
            learning_rate=settings["rate"],
            lambda_l2=settings["lambda"],
            min_sum_hessian_in_leaf=settings["minHessian"],
        )
    params.update(library_extra())
    return params


def input_of(table, like=None):
    return table if extra.get("input") == "arrow" else matrix_of(table, like)


def fit():
    clock = Clock()
    table, label = arrow_table(task["train"])
    data = input_of(table)
    clock.end("read")
    params = parameters(len(np.unique(label)) if task["objective"] == "multiclass" else 2, table.num_columns)
    dataset = lightgbm.Dataset(data, label, params=params, free_raw_data=True).construct()
    kinds = data if task["categories"] else None
    if kinds is None:
        del table, data
    clock.end("bin")
    booster = lightgbm.train(params, dataset, settings["rounds"])
    clock.end("train")
    booster.save_model(model_path("model.txt"))
    clock.end("save")
    seconds = clock.phases["train"] if task["from"] == "binned" else clock.since_start()
    measured(seconds, clock, lightgbm.__version__)
    test, _ = arrow_table(task["test"])
    predictions(booster.predict(matrix_of(test, kinds), num_threads=threads))


def predict():
    booster = lightgbm.Booster(model_file=model_path("model.txt"))
    table, _ = arrow_table(task["test"])
    clock = Clock()
    values = booster.predict(input_of(table), num_threads=threads)
    clock.end("predict")
    measured(clock.since_start(), clock, lightgbm.__version__)
    predictions(values)


predict() if task["work"] == "predict" else fit()
