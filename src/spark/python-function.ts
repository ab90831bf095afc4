/** The shim as a function over Spark's partitions: the message that asks Spark to call it. */
import type { PythonFunction, Relation, SparkType } from './connect/messages.ts';
import { pickleOfFunction } from './pickle.ts';
import { messageOfType } from './rows/spark-types.ts';
import { quoteName } from './rows/sql-text.ts';

/** A column that the function gives. */
export interface OutputColumn {
  readonly name: string;
  /** Spark's name of the type. */
  readonly type: string;
}

/** What a member answers as rows: frames, by the rank that sent them. */
export const frameColumns: readonly OutputColumn[] = [
  { name: 'rank', type: 'integer' },
  { name: 'seq', type: 'integer' },
  { name: 'blob', type: 'binary' },
];

/** Spark's number of functions over Arrow batches. */
const mapArrowIterator = 207;

/** A call of the shim over every partition of a relation. */
export function mapByMember(
  input: Relation,
  call: {
    /** The columns of the input, all of them. */
    readonly columns: readonly string[];
    readonly output: readonly OutputColumn[];
    readonly conf: object;
    readonly pythonVersion: string;
    readonly isBarrier: boolean;
  },
): Relation {
  const { columns, output, conf, pythonVersion, isBarrier } = call;
  const fields = output.map(({ name, type }) => ({
    name,
    data_type: messageOfType(type),
    nullable: true,
  }));
  const typeJson = {
    type: 'struct',
    fields: output.map(({ name, type }) => ({ name, type, nullable: true, metadata: {} })),
  };
  const func: PythonFunction = {
    function_name: 'coppice_member',
    deterministic: true,
    arguments: columns.map((name) => ({
      unresolved_attribute: { unparsed_identifier: quoteName(name) },
    })),
    python_udf: {
      output_type: { struct: { fields } } satisfies SparkType,
      eval_type: mapArrowIterator,
      command: pickleOfFunction(JSON.stringify(conf), JSON.stringify(typeJson)),
      python_ver: pythonVersion,
    },
  };
  return { map_partitions: { input, func, is_barrier: isBarrier } };
}
