/** A model that the live Spark saves is read, and predicts what Spark predicts. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTable, readSparkModel } from '../../../src/index.ts';
import { runsSpark } from './spark-session.ts';

const work = process.env['COPPICE_SPARK_WORK'] ?? '';

// through the JVM's own classes: those of Python would need numpy
const program = `
import json, random, sys
from pyspark.sql import DataFrame, SparkSession

spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
         .config("spark.sql.shuffle.partitions", "2").getOrCreate())
jvm = spark._jvm
ml = jvm.org.apache.spark.ml
drawn = random.Random(1)
rows = []
for _ in range(300):
    x, word = drawn.gauss(0, 1), drawn.choice("abcdef")
    rows.append((x, word, float((x > 0) != (word in "ace"))))
table = spark.createDataFrame(rows, "x double, word string, label double")
gateway = spark.sparkContext._gateway
columns = gateway.new_array(jvm.java.lang.String, 2)
columns[0], columns[1] = "index", "x"
stages = gateway.new_array(ml.PipelineStage, 3)
stages[0] = ml.feature.StringIndexer().setInputCol("word").setOutputCol("index").setHandleInvalid("keep")
stages[1] = ml.feature.VectorAssembler().setInputCols(columns).setOutputCol("features")
stages[2] = ml.classification.RandomForestClassifier().setNumTrees(5).setMaxDepth(5).setSeed(1)
model = ml.Pipeline().setStages(stages).fit(table._jdf)
model.write().overwrite().save("file://" + sys.argv[1])
new = spark.createDataFrame(rows[:50] + [(0.5, "never", 0.0), (-0.5, None, 0.0)], table.schema)
scored = model.transform(new._jdf)
shares = ml.functions.vector_to_array(scored.col("probability"), "float64")
found = DataFrame(scored.withColumn("shares", shares), spark).select("x", "word", "shares", "prediction")
with open(sys.argv[2], "w") as file:
    json.dump([list(row) for row in found.collect()], file)
`;

type Answer = readonly [number, string | null, readonly number[], number];

describe.runIf(runsSpark)('a model of the live Spark', () => {
  it('is read, and predicts the same bits', async () => {
    const path = join(work, 'spark-model');
    const answers = join(work, 'answers.json');
    const python = process.env['COPPICE_SPARK_PYTHON'] ?? 'python3';
    const env = { ...process.env, PYSPARK_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1' };
    const done = spawnSync(python, ['-c', program, path, answers], { env, encoding: 'utf8' });
    expect(done.status, done.stderr).toBe(0);
    const wanted = JSON.parse(readFileSync(answers, 'utf8')) as readonly Answer[];
    const model = await readSparkModel(path);
    const table = createTable({ x: wanted.map(([x]) => x), word: wanted.map(([, word]) => word) });
    const scored = (await (await model.transform(table)).collect()).toArray();
    expect(scored.map(({ probability }) => [...(probability as number[])])).toEqual(
      wanted.map(([, , probability]) => probability),
    );
    expect(scored.map(({ prediction }) => prediction)).toEqual(wanted.map((row) => row[3]));
  });
});
