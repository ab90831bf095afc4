/** A model for tests that predicts nothing of its own: it tells every number and text that the stages before it have made. */
import { Schema as ArrowSchema, Field, FixedSizeList, Float64, type Schema } from 'apache-arrow';
import { defineParams } from '../../src/params/define-params.ts';
import { column } from '../../src/params/kinds.ts';
import { type LogicalSchema, logicalSchema } from '../../src/pipeline/logical-schema.ts';
import { Model } from '../../src/pipeline/model.ts';
import { moduleOp } from '../../src/pipeline/module/module-code.ts';
import { textCode } from '../../src/pipeline/module/module-math.ts';
import type {
  ModuleCell,
  ModuleColumn,
  ModuleWriter,
} from '../../src/pipeline/module/module-writer.ts';
import {
  columnOf,
  encodeCategories,
  roundedValues,
} from '../../src/table/columns/column-values.ts';
import { fixedSizeListColumn, withColumns } from '../../src/table/columns/make-column.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';
import { registerOperator } from '../../src/table/plan/operators.ts';
import type { OperatorSpec } from '../../src/table/plan/partition-spec.ts';

const params = defineParams('TellingModel', {
  /** The column to add. */
  predictionCol: column({ default: 'told' }),
});

interface Told {
  readonly path: readonly string[];
  readonly isText: boolean;
}

interface State {
  readonly columns: readonly string[];
  readonly inputSchema: LogicalSchema;
}

/** The types of some columns of a table. */
export function tellingSchema(table: PartitionedTable, names: readonly string[]): LogicalSchema {
  return logicalSchema(table.schema, names);
}

export class TellingModel extends Model<typeof params.schema> {
  static readonly paramSchema = params;
  readonly inputSchema: LogicalSchema;
  readonly #columns: readonly string[];

  constructor(options: object, state: State) {
    super(params, options);
    this.inputSchema = state.inputSchema;
    this.#columns = state.columns;
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const spec = { reads: [...this.#columns], writes: ['told'], told: this.#told() };
    return table.withOperator({ kind: 'test.tell', ...spec }, this.transformSchema(table.schema));
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    const type = new FixedSizeList(this.#told().length, new Field('item', new Float64(), true));
    return new ArrowSchema([...schema.fields, new Field('told', type, true)]);
  }

  override addToModule(writer: ModuleWriter): void {
    const cells = this.#columns.flatMap((name) => leavesOf(writer.column(name)));
    const parts = cells.map((cell, i): [string, ModuleColumn] => {
      if (cell.kind !== 'text') return [`${i}`, cell];
      const slot = writer.slot();
      writer.step(tellTextOp, { from: cell.slot, to: slot });
      return [`${i}`, { kind: 'number', slot, isSingle: false }];
    });
    writer.name('told', { kind: 'parts', parts: new Map(parts), isVector: true });
  }

  override async saveData(): Promise<void> {}

  protected override constructorArguments(): readonly unknown[] {
    return [{ columns: this.#columns, inputSchema: this.inputSchema }];
  }

  #told(): Told[] {
    return this.inputSchema.flatMap(({ name, type, children = [] }): Told[] => {
      const width = Number(/^vector\[(\d+)\]$/.exec(type)?.[1]);
      if (width >= 0)
        return Array.from({ length: width }, (_, i) => ({ path: [name, `${i}`], isText: false }));
      if (type !== 'struct') return [{ path: [name], isText: isText(type) }];
      return children.map((part) => ({ path: [name, part.name], isText: isText(part.type) }));
    });
  }
}

const isText = (type: string): boolean => type === 'string' || type.startsWith('dictionary');

function leavesOf(made: ModuleColumn): ModuleCell[] {
  return made.kind === 'parts' ? [...made.parts.values()].flatMap(leavesOf) : [made];
}

const hashText = `
const hashText = (text) => {
  let sum = 7;
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 1000003;
  return sum;
};`;
const hashOf = new Function(`${hashText}\nreturn hashText;`)() as (text: string) => number;
const tellTextOp = moduleOp(
  'tellText',
  `({ from, to }) => {${hashText}
  return (slots) => {
    const text = textOf(slots[from], false);
    slots[to] = text === null ? NaN : hashText(text);
  };
}`,
  [textCode],
);

registerOperator('test.tell', ({ told }: OperatorSpec & { readonly told: Told[] }) => (batch) => {
  const values = new Float64Array(told.length * batch.numRows);
  told.forEach(({ path, isText: isName }, i) => {
    const vector = columnOf(batch, path);
    const codes = new Int32Array(batch.numRows);
    const names = isName ? encodeCategories(vector, codes, 0) : [];
    const numbers = isName
      ? Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : hashOf(names[code] as string)))
      : roundedValues(vector);
    numbers.forEach((number, row) => {
      values[row * told.length + i] = number;
    });
  });
  const made = fixedSizeListColumn(values, told.length);
  return withColumns(batch, [[new Field('told', made.type, true), made]]);
});
