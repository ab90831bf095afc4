/** A model for the tests of saving: some numbers, a parameter, nothing to compute. */
import type { Schema } from 'apache-arrow';
import { defineParams, type Options } from '../../src/params/define-params.ts';
import { int } from '../../src/params/kinds.ts';
import { func } from '../../src/params/object-kinds.ts';
import type { LogicalSchema } from '../../src/pipeline/logical-schema.ts';
import { Model, notFitted, savedInputSchema } from '../../src/pipeline/model.ts';
import type { StageReader } from '../../src/pipeline/stage-reader.ts';
import { registerStage } from '../../src/pipeline/stage-registry.ts';
import type { StageWriter } from '../../src/pipeline/stage-writer.ts';
import type { PartitionedTable } from '../../src/table/partitioned-table.ts';

export const toyParams = defineParams('ToyModel', {
  /** A number. */
  size: int({ default: 3, min: 1 }),
  /** Not saved. */
  threads: int({ default: 1, min: 1, noSave: true }),
  /** A function. */
  objective: func<(x: number) => number>({}),
});

export interface ToyState {
  readonly values: Float64Array;
  readonly codes: Uint8Array;
}

export class ToyModel extends Model<typeof toyParams.schema> {
  static readonly paramSchema = toyParams;
  readonly inputSchema: LogicalSchema = [{ name: 'x', type: 'double' }];
  readonly rowIdMode = 'position' as const;
  readonly state: ToyState;

  constructor(options: Options<typeof toyParams.schema>, state: ToyState) {
    super(toyParams, options);
    if (state === undefined) throw notFitted('ToyModel', 'Toy');
    this.state = state;
  }

  override transform(table: PartitionedTable): Promise<PartitionedTable> {
    return Promise.resolve(table);
  }

  override transformSchema(schema: Schema): Schema {
    this.checkInput(schema);
    return schema;
  }

  override async saveData(writer: StageWriter): Promise<void> {
    await writer.tensors('trees', { values: this.state.values, codes: this.state.codes });
    writer.extra({ count: this.state.values.length });
  }

  static override fromSaved(reader: StageReader): ToyModel {
    savedInputSchema(reader);
    const count = Number(reader.extraObject()['count']);
    const trees = reader.tensors('trees');
    const values = trees.get('values', Float64Array, count);
    return new ToyModel(reader.options, { values, codes: trees.get('codes', Uint8Array) });
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.state];
  }
}

registerStage(ToyModel);

/** A model whose arrays are filled with one number. */
export function toyModel(
  fill: number,
  length = 100,
  options: Options<typeof toyParams.schema> = {},
): ToyModel {
  const values = new Float64Array(length).fill(fill);
  return new ToyModel(options, { values, codes: new Uint8Array(length).fill(fill) });
}
