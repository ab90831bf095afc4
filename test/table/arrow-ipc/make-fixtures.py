"""Writes the Arrow files that test/table/arrow-ipc-read.test.ts reads, by the writer that users have.

Run once, then commit what it wrote:  python -m venv v && v/bin/pip install pyarrow==26.0.1 polars==2.1.0
and  v/bin/python test/table/arrow-ipc/make-fixtures.py
Row i of 60 has: x = i / 2, null where i % 5 == 3; s = "text i" (longer ones too), null where i % 7 == 1;
d = one of three words; i = i * 2^40.
"""

import datetime as dt
import os

import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc

os.chdir(os.path.dirname(os.path.abspath(__file__)))
rows = range(60)
text = [None if i % 7 == 1 else f"text {i}" + " and more" * (i % 3) for i in rows]
words = [["red", "green", "blue"][i % 3] for i in rows]
table = pa.table(
    {
        "x": pa.array([None if i % 5 == 3 else i / 2 for i in rows]),
        "s": pa.array(text),
        "large": pa.array(text, pa.large_string()),
        "view": pa.array(text, pa.string_view()),
        "d": pa.array(words).dictionary_encode(),
        "d8": pa.array(words).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.large_string())),
        "i": pa.array([i << 40 for i in rows], pa.int64()),
        "u8": pa.array([i for i in rows], pa.uint8()),
        "b": pa.array([i % 2 == 0 for i in rows]),
        "day": pa.array([dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in rows]),
        "time": pa.array([dt.datetime(2020, 1, 1, 0, 0, i) for i in rows], pa.timestamp("us", "UTC")),
        "vector": pa.array([[float(i), 0.5] for i in rows], pa.list_(pa.float64(), 2)),
        "list": pa.array([[i] * (i % 3) for i in rows]),
        "struct": pa.array([{"p": i, "q": words[i]} for i in rows]),
    }
).replace_schema_metadata({"made": "by pyarrow"})
for compression in ["uncompressed", "lz4", "zstd"]:
    feather.write_feather(table, f"{compression}.feather", compression=compression, chunksize=16)
with ipc.new_stream("stream.arrows", table.schema) as writer:
    writer.write_table(table, max_chunksize=16)
old = ipc.IpcWriteOptions(use_legacy_format=True, metadata_version=ipc.MetadataVersion.V4)
with ipc.new_stream("legacy.arrows", table.schema, options=old) as writer:
    writer.write_table(table, max_chunksize=16)


def batch(codes, values):
    codes = pa.array(codes, pa.int32())
    return pa.record_batch([pa.DictionaryArray.from_arrays(codes, values)], ["d"])


first = batch([0, 1], ["a", "b"])
with ipc.new_stream("replaced.arrows", first.schema) as writer:
    writer.write_batch(first)
    writer.write_batch(batch([0, 1, None], ["c", "a"]))
deltas = ipc.IpcWriteOptions(emit_dictionary_deltas=True)
for make, name in [(ipc.new_stream, "delta.arrows"), (ipc.new_file, "delta.arrow")]:
    with make(name, first.schema, options=deltas) as writer:
        writer.write_batch(first)
        writer.write_batch(batch([0, 2], ["a", "b", "z"]))
ends = pa.table({"r": pa.RunEndEncodedArray.from_arrays([2, 3], [1, 2])})
feather.write_feather(ends, "run-ends.feather", compression="uncompressed")
none = pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int32()), pa.array([], pa.int64()))
feather.write_feather(pa.table({"none": none, "x": pa.array([1.5, 2.5])}), "no-values.feather", compression="lz4")
# a type that Arrow has not
pl.DataFrame({"x": pl.Series([1, 2], dtype=pl.Int128)}).write_ipc("int128.arrow")
