/**
 * What can be done to a batch: each kind of operator is registered once in every thread and made anew
 * for every partition from its spec (heavy set-up is cached by the operator itself, by an id in the spec).
 */
import type { RecordBatch } from 'apache-arrow';
import type { Awaitable } from '../../base/awaitable.ts';
import { CoppiceError } from '../../base/errors.ts';
import { knownAs } from '../../base/late-modules.ts';
import type { OperatorSpec } from './partition-spec.ts';

/** What an operator is told about the batch it receives. */
export interface OperatorContext {
  /** The partition's place in the table. */
  readonly partition: number;
  /** The position of the batch's first row in the table that the operator receives, −1 if it did not ask. */
  readonly firstRow: number;
  /** The written columns that somebody reads; for a struct, the children read, or `'all'`. */
  readonly wanted: ReadonlyMap<string, ReadonlySet<string> | 'all'>;
}

/** One step over a batch: adds or replaces columns, or changes the rows of every column. */
export type Operator = (batch: RecordBatch, context: OperatorContext) => Awaitable<RecordBatch>;

type MakeOperator = (spec: never) => Awaitable<Operator>;

const makers = new Map<string, MakeOperator>();

/** Makes a kind of operator known in this thread. */
export function registerOperator<S extends OperatorSpec>(
  kind: string,
  make: (spec: S) => Awaitable<Operator>,
): void {
  makers.set(kind, make as MakeOperator);
}

/** The operator of a spec. */
export async function makeOperator(spec: OperatorSpec): Promise<Operator> {
  const make = await knownAs(makers, spec.kind);
  if (make === undefined) {
    throw new CoppiceError('INTERNAL', `no operator is registered under the name ${spec.kind}`);
  }
  return await make(spec as never);
}
