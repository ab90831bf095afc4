"""LightGBM, one row a call."""
import ctypes

import lightgbm
from lightgbm.basic import _LIB, _safe_call

from common import *

booster = lightgbm.Booster(model_file=model_path("model.txt"))
table, _ = arrow_table(task["test"])
matrix = numpy_matrix(table).astype(np.float64)


def fast_call():
    """LGBM_BoosterPredictForMatSingleRowFast, whose arguments are made ready once."""
    config = ctypes.c_void_p()
    _safe_call(
        _LIB.LGBM_BoosterPredictForMatSingleRowFastInit(
            booster._handle, ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(-1), ctypes.c_int(1),
            ctypes.c_int32(matrix.shape[1]), ctypes.c_char_p(b"num_threads=1"), ctypes.byref(config),
        )
    )
    length, result = ctypes.c_int64(), np.zeros(1)
    length_at, result_at = ctypes.byref(length), result.ctypes.data_as(ctypes.c_void_p)
    function = _LIB.LGBM_BoosterPredictForMatSingleRowFast
    start, step = matrix.ctypes.data, matrix.strides[0]
    return lambda row: function(config, ctypes.c_void_p(start + row * step), length_at, result_at)


def plain_call():
    return lambda row: booster.predict(matrix[row : row + 1], num_threads=1)


clock = Clock()
call = fast_call() if extra.get("call") == "fast" else plain_call()
microseconds = middle_microseconds(call, matrix)
measured(microseconds, clock, lightgbm.__version__)
predictions(booster.predict(matrix, num_threads=threads))
