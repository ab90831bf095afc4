/** What carries expressions out, loaded when there is the first one. */
import type { Data, DataType, RecordBatch } from 'apache-arrow';
import { evaluateColumn, evaluateMask } from './evaluate.ts';
import type { ExpressionNode } from './expression-node.ts';

/** Runs expressions over batches. */
export interface ExpressionEvaluator {
  /** The column of an expression, of the type that inferType gives. */
  column(node: ExpressionNode, batch: RecordBatch, type: DataType): Data;
  /** One byte a row: 1 where the condition is true, 0 where it is false or null. */
  mask(node: ExpressionNode, batch: RecordBatch): Uint8Array;
}

/** The functions, once they are loaded. */
export async function expressionEvaluator(): Promise<ExpressionEvaluator> {
  return { column: evaluateColumn, mask: evaluateMask };
}
