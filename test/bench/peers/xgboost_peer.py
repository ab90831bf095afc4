"""XGBoost (hist) at a row's equal settings."""
import math

import xgboost

from common import *

objectives = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}


def parameters(num_classes, num_features):
    depth, leaves = settings.get("depth"), settings.get("leaves")
    params = {
        "objective": objectives[task["objective"]],
        "tree_method": "hist",
        "grow_policy": "lossguide" if leaves else "depthwise",
        "max_leaves": leaves or 0,
        "max_depth": 0 if depth is None else depth,
        "max_bin": settings["bins"],
        "nthread": threads,
        "verbosity": 0,
        "seed": 1,
    }
    if task["objective"] == "multiclass":
        params["num_class"] = num_classes
    if task["work"] == "forest":
        params.update(
            num_parallel_tree=settings["rounds"],
            eta=1,
            subsample=0.632,
            colsample_bynode=math.ceil(math.sqrt(num_features)) / num_features,
            reg_lambda=0,
            min_child_weight=1e-3,
        )
    else:
        params.update(
            eta=settings["rate"], reg_lambda=settings["lambda"], min_child_weight=settings["minHessian"]
        )
    params.update(library_extra())
    return params


def fit():
    clock = Clock()
    table, label = arrow_table(task["train"])
    data = matrix_of(table)
    clock.end("read")
    params = parameters(len(np.unique(label)) if task["objective"] == "multiclass" else 2, table.num_columns)
    has_categories = bool(task["categories"])
    matrix = xgboost.QuantileDMatrix(
        data, label, max_bin=settings["bins"], nthread=threads, enable_categorical=has_categories
    )
    kinds = data if has_categories else None
    if kinds is None:
        del table, data
    clock.end("bin")
    booster = xgboost.train(params, matrix, 1 if task["work"] == "forest" else settings["rounds"])
    clock.end("train")
    booster.save_model(model_path("model.ubj"))
    clock.end("save")
    seconds = clock.phases["train"] if task["from"] == "binned" else clock.since_start()
    measured(seconds, clock, xgboost.__version__)
    test, _ = arrow_table(task["test"])
    predictions(
        booster.predict(xgboost.DMatrix(matrix_of(test, kinds), nthread=threads, enable_categorical=has_categories))
    )


def predict():
    booster = xgboost.Booster(model_file=model_path("model.ubj"))
    booster.set_param({"nthread": threads})
    table, _ = arrow_table(task["test"])
    clock = Clock()
    if extra.get("input") == "matrix":
        values = booster.predict(xgboost.DMatrix(matrix_of(table), nthread=threads))
    else:
        values = booster.inplace_predict(matrix_of(table))
    clock.end("predict")
    measured(clock.since_start(), clock, xgboost.__version__)
    predictions(values)


def one_row():
    booster = xgboost.Booster(model_file=model_path("model.ubj"))
    booster.set_param({"nthread": 1})
    table, _ = arrow_table(task["test"])
    matrix = numpy_matrix(table)
    clock = Clock()
    result = middle_microseconds(lambda row: booster.inplace_predict(matrix[row : row + 1]), matrix)
    measured(result, clock, xgboost.__version__)
    predictions(booster.inplace_predict(matrix))


{"predict": predict, "row": one_row}.get(task["work"], fit)()
