"""lleaves on LightGBM's trees, in a batch; compiled before the clock starts."""
import lleaves

from common import *

table, _ = arrow_table(task["test"])
model = lleaves.Model(model_file=model_path("model.txt"))
model.compile()
clock = Clock()
values = model.predict(numpy_matrix(table), n_jobs=threads)
clock.end("predict")
measured(clock.since_start(), clock, lleaves.__version__)
predictions(values)
