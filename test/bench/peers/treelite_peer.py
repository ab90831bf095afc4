"""treelite's general inference library on LightGBM's trees, in a batch."""
import treelite

from common import *

table, _ = arrow_table(task["test"])
model = treelite.frontend.load_lightgbm_model(model_path("model.txt"))
clock = Clock()
values = treelite.gtil.predict(model, numpy_matrix(table).astype(np.float64), nthread=threads)
clock.end("predict")
measured(clock.since_start(), clock, treelite.__version__)
predictions(np.asarray(values).reshape(-1))
