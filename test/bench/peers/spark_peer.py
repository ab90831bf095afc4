"""Spark MLlib, one process, at the settings it has: depth instead of leaves, bins, rate, minimum rows."""
import math
import os

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
os.environ.setdefault("SPARK_LOCAL_HOSTNAME", "127.0.0.1")

import pyspark
from pyspark.ml.classification import GBTClassifier, RandomForestClassifier
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import SparkSession
from pyspark.sql.functions import col

from common import *

spark = (
    SparkSession.builder.master(f"local[{threads}]")
    .config("spark.driver.memory", extra.get("memory", "6g"))
    .config("spark.ui.enabled", "false")
    .config("spark.log.level", "ERROR")
    .config("spark.sql.shuffle.partitions", str(threads))
    .getOrCreate()
)


def assembled(path):
    frame = spark.read.parquet(path)
    names = [n for n in frame.columns if n not in (task["label"], *task["ignored"])]
    rows = VectorAssembler(inputCols=names, outputCol="features").transform(frame)
    return rows.select("features", col(task["label"]).cast("double").alias("label"))


clock = Clock()
train = assembled(task["train"]).repartition(threads).cache()
train.count()
clock.end("read")
depth = settings.get("depth") or math.ceil(math.log2(settings["leaves"]))
common_settings = dict(maxDepth=depth, maxBins=settings["bins"], minInstancesPerNode=settings["minRows"], seed=1)
if task["work"] == "forest":
    estimator = RandomForestClassifier(
        numTrees=settings["rounds"], featureSubsetStrategy="sqrt", maxMemoryInMB=1024, **common_settings
    )
else:
    estimator = GBTClassifier(
        maxIter=settings["rounds"], stepSize=settings["rate"], maxMemoryInMB=1024, **common_settings
    )
model = estimator.fit(train)
clock.end("train")
measured(clock.phases["train"], clock, pyspark.__version__)
scored = model.transform(assembled(task["test"]).coalesce(1))
values = scored.select(vector_to_array("probability")[1].alias("p")).toPandas()
predictions(values["p"].to_numpy())
spark.stop()
