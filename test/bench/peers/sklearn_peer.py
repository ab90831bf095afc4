"""scikit-learn at a row's equal settings: HistGradientBoosting, or its random forest."""
import os

os.environ.setdefault("OMP_NUM_THREADS", "2")

import joblib
import sklearn
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from common import *

is_regression = task["objective"] == "regression"


def estimator():
    if task["work"] == "forest":
        kind = RandomForestRegressor if is_regression else RandomForestClassifier
        return kind(
            n_estimators=settings["rounds"],
            max_depth=settings.get("depth"),
            max_features="sqrt",
            min_samples_leaf=settings["minRows"],
            n_jobs=threads,
            random_state=1,
            **library_extra(),
        )
    kind = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
    return kind(
        max_iter=settings["rounds"],
        learning_rate=settings["rate"],
        max_leaf_nodes=settings.get("leaves"),
        max_depth=settings.get("depth"),
        max_bins=settings["bins"],
        min_samples_leaf=settings["minRows"],
        l2_regularization=settings["lambda"],
        early_stopping=False,
        categorical_features="from_dtype",
        random_state=1,
        **library_extra(),
    )


clock = Clock()
table, label = arrow_table(task["train"])
data = matrix_of(table)
clock.end("read")
model = estimator().fit(data, label)
clock.end("train")
joblib.dump(model, model_path("model.joblib"))
clock.end("save")
measured(clock.since_start(), clock, sklearn.__version__)
test, _ = arrow_table(task["test"])
rows = matrix_of(test, data if task["categories"] else None)
if is_regression:
    predictions(model.predict(rows))
else:
    probabilities = model.predict_proba(rows)
    predictions(probabilities[:, 1] if task["objective"] == "binary" else probabilities)
