/**
 * The table that the final estimator of a stack sees: level-one columns, and the raw features that are passed
 * through, as one struct under the name that it reads. A column of the user's that has this name is put aside and
 * comes back behind the final model.
 */
import type { Schema } from 'apache-arrow';
import { Schema as ArrowSchema } from 'apache-arrow';
import { VectorAssembler } from '../../feature/vectors/vector-assembler.ts';
import { Estimator } from '../../pipeline/estimator.ts';
import type { ModuleWriter } from '../../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../../pipeline/onnx/onnx-graph.ts';
import { Pipeline } from '../../pipeline/pipeline.ts';
import { findField } from '../../table/columns/find-column.ts';
import type { PartitionedTable } from '../../table/partitioned-table.ts';

const assembledColumn = '__levelOne';
const asideColumn = '__aside';

/** What is put together, and under which name. */
export interface CombinerInput {
  /** What members say; only the struct has it then. */
  readonly levelOneCols: readonly string[];
  /** Columns of the table that are passed through. */
  readonly passthroughCols: readonly string[];
  readonly featuresCol: string;
}

/** The name under which a final estimator looks for its features. */
export function featuresColOf(estimator: Estimator): string {
  if (estimator instanceof Pipeline) return 'features';
  const { featuresCol, estimator: inner } = estimator.params as Readonly<Record<string, unknown>>;
  if (typeof featuresCol === 'string') return featuresCol;
  return inner instanceof Estimator ? featuresColOf(inner as Estimator) : 'features';
}

/** The table for the final estimator. */
export async function combinerTable(
  table: PartitionedTable,
  input: CombinerInput,
): Promise<PartitionedTable> {
  const { featuresCol, levelOneCols } = input;
  const assembled = (await assemblerOf(input).transform(table)).drop(...levelOneCols);
  const isTaken = findField(table.schema, featuresCol) !== undefined;
  const cleared = isTaken ? assembled.rename({ [featuresCol]: asideColumn }) : assembled;
  return cleared.rename({ [assembledColumn]: featuresCol });
}

/** The same for a schema. */
export function combinerSchema(schema: Schema, input: CombinerInput): Schema {
  const assembled = assemblerOf(input).transformSchema(schema);
  const names = new Map([
    [input.featuresCol, asideColumn],
    [assembledColumn, input.featuresCol],
  ]);
  const fields = assembled.fields
    .filter((field) => !input.levelOneCols.includes(field.name))
    .map((field) => field.clone({ name: names.get(field.name) ?? field.name }));
  return new ArrowSchema(fields, schema.metadata);
}

/** The same in a JavaScript module. @param said the slots of the level-one columns */
export function nameCombinerColumns(
  writer: ModuleWriter,
  input: CombinerInput,
  said: readonly number[],
): void {
  input.levelOneCols.forEach((name, i) => {
    writer.name(name, { kind: 'number', slot: said[i] as number, isSingle: false });
  });
  assemblerOf(input).addToModule(writer);
  writer.name(input.featuresCol, writer.column(assembledColumn));
}

/** The same in a graph of ONNX. @param said the tensors of the level-one columns */
export function nameCombinerTensors(
  graph: OnnxGraph,
  input: CombinerInput,
  said: readonly string[],
): void {
  input.levelOneCols.forEach((name, i) => {
    graph.name(name, { kind: 'number', tensor: said[i] as string });
  });
  assemblerOf(input).addToOnnx(graph);
  graph.name(input.featuresCol, graph.column(assembledColumn));
}

/** The user's columns again, and the final model's outputs behind them under their final names. */
export function restoredTable(
  combined: PartitionedTable,
  input: CombinerInput,
  columns: readonly string[],
  outputs: readonly (readonly [string, string])[],
): PartitionedTable {
  const { featuresCol } = input;
  const own = columns.map((name) => (name === featuresCol ? asideColumn : name));
  const added = outputs.map(([from]) => from);
  const renamed = outputs.filter(([from, to]) => from !== to);
  const kept = combined.select(...own, ...added);
  const back = own.includes(asideColumn) ? kept.rename({ [asideColumn]: featuresCol }) : kept;
  return renamed.length === 0 ? back : back.rename(Object.fromEntries(renamed));
}

function assemblerOf({ levelOneCols, passthroughCols }: CombinerInput): VectorAssembler {
  const inputCols = [...levelOneCols, ...passthroughCols];
  return new VectorAssembler({ inputCols, outputCol: assembledColumn });
}
