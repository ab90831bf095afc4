/** What is known of the columns while a pipeline of Spark is read, stage by stage. */
import { type DataType, Field, FixedSizeList, Float64, Schema } from 'apache-arrow';
import type { Transformer } from '../../../pipeline/transformer.ts';
import { featureColumns } from '../../../table/columns/column-values.ts';
import { findField } from '../../../table/columns/find-column.ts';
import type { ModelFile } from '../model-file.ts';
import type { SparkFeature } from './spark-trees.ts';

/** A column of vectors in which some numbers are indices of values: what VectorIndexer makes of another column. */
export interface IndexedVector {
  readonly source: string;
  /** The value of each index, by element. */
  readonly values: ReadonlyMap<number, readonly number[]>;
  /** What was never seen has an index of its own, behind the others. */
  readonly keepsOthers: boolean;
}

/** The columns so far. */
export class KnownColumns {
  /** What a pipeline begins with, as Spark does not save it: the columns that no stage makes. */
  inputs: Schema = new Schema([]);
  /** These, and what the stages add. */
  schema: Schema = new Schema([]);
  /** The texts behind indices, by column, or by column and part (with a zero byte between them). */
  readonly labels = new Map<string, readonly string[]>();
  readonly indexed = new Map<string, IndexedVector>();

  /** Columns that are read; one that no stage made is an input, of the type that the stage suggests. */
  need(names: readonly string[], typeOf: () => DataType): void {
    for (const name of names) {
      if (findField(this.schema, name) !== undefined) continue;
      const field = new Field(name, typeOf(), true);
      this.inputs = new Schema([...this.inputs.fields, field]);
      this.schema = new Schema([...this.schema.fields, field]);
    }
  }

  /** The same of a column of vectors, whose length is told. @throws CoppiceError `MODEL_FORMAT` */
  needVector(file: ModelFile, name: string, length: number): void {
    if (findField(this.schema, name) === undefined && length < 1)
      throw file.malformed('has vectors without elements');
    this.need([name], () => new FixedSizeList(length, new Field('item', new Float64(), true)));
    const found = featureColumns(this.schema, { featuresCol: name }).length;
    if (found !== length) throw notAsLong(file, name, { found, length });
  }

  /** Adds what a stage adds. */
  pass(stage: Transformer): void {
    this.schema = stage.transformSchema(this.schema);
  }

  /** The features that a model reads. @throws CoppiceError `UNSUPPORTED`, `MODEL_FORMAT` */
  features(file: ModelFile, name: string, length: number): SparkFeature[] {
    const indexed = this.indexed.get(name);
    const column = indexed?.source ?? name;
    this.needVector(file, column, length);
    return featureColumns(this.schema, { featuresCol: column }).map((feature, f) => {
      const { name: own, path, kind } = feature;
      const labels = this.labels.get(path.join('\0')) ?? null;
      const values = indexed?.values.get(f);
      const isText = kind === 'category';
      if (values === undefined) return { name: own, path, values: labels, isText, otherCode: null };
      return {
        ...{ name: own, path, isText },
        values: values.map((value) => labels?.[value] ?? value),
        otherCode: indexed?.keepsOthers === true ? values.length : null,
      };
    });
  }
}

function notAsLong(
  file: ModelFile,
  name: string,
  { found, length }: { readonly found: number; readonly length: number },
): Error {
  return file.unsupported(
    `reads ${length} features from ${name}, which has ${found} here: a column of vectors is among its inputs, and Spark does not save how long it is`,
    'assemble the vector from its numbers in the pipeline',
  );
}
