"""CatBoost as near a row's equal settings as it goes."""
import catboost

from common import *

losses = {"binary": "Logloss", "multiclass": "MultiClass", "regression": "RMSE"}


def pool(table, label=None):
    if not task["categories"]:
        return catboost.Pool(numpy_matrix(table), label, thread_count=threads)
    frame = table.to_pandas()
    for name in task["categories"]:
        frame[name] = frame[name].astype(str)
    return catboost.Pool(frame, label, cat_features=task["categories"], thread_count=threads)


clock = Clock()
table, label = arrow_table(task["train"])
data = pool(table, label)
clock.end("read")
leaves, depth = settings.get("leaves"), settings.get("depth")
model = catboost.CatBoost(
    {
        "loss_function": losses[task["objective"]],
        "iterations": settings["rounds"],
        "learning_rate": settings["rate"],
        "l2_leaf_reg": settings["lambda"],
        "border_count": min(254, settings["bins"] - 1),
        "grow_policy": "Lossguide" if leaves else "Depthwise",
        **({"max_leaves": leaves} if leaves else {}),
        "max_depth": depth or 16,
        "min_data_in_leaf": settings["minRows"],
        "bootstrap_type": "No",
        "random_strength": 0,
        "boosting_type": "Plain",
        "thread_count": threads,
        "verbose": False,
        "allow_writing_files": False,
        **library_extra(),
    }
)
model.fit(data)
clock.end("train")
model.save_model(model_path("model.cbm"))
clock.end("save")
measured(clock.since_start(), clock, catboost.__version__)
test, _ = arrow_table(task["test"])
kind = "RawFormulaVal" if task["objective"] == "regression" else "Probability"
values = model.predict(pool(test), prediction_type=kind)
predictions(values[:, 1] if task["objective"] == "binary" else values)
