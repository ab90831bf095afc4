/** Takes dates and timestamps apart: year, month, day of the week, hour. */
import { Field, Int32, type Schema, Struct, DataType as Type } from 'apache-arrow';
import { type DatePart, datePartNames } from '../base/civil-date.ts';
import { defineParams, type Options, type Resolved } from '../params/define-params.ts';
import { int, strings } from '../params/kinds.ts';
import { columnTypeError } from '../pipeline/check-schema.ts';
import type { ModuleWriter } from '../pipeline/module/module-writer.ts';
import type { OnnxGraph } from '../pipeline/onnx/onnx-graph.ts';
import { registerStage } from '../pipeline/stage-registry.ts';
import { Transformer } from '../pipeline/transformer.ts';
import type { PartitionedTable } from '../table/partitioned-table.ts';
import {
  checkColumnPairs,
  columnPairParams,
  columnPairs,
  schemaWithPairs,
} from './column-pairs.ts';
import { addDatePartCells } from './module-columns.ts';
import { addDatePartColumns } from './onnx-dates.ts';
import type { DatePartsSpec } from './operators/date-parts.ts';
import { withStageOperator } from './stage-operator.ts';

const specs = {
  ...columnPairParams,
  /**
   * The parts to take: `year`, `quarter`, `month`, `weekOfYear` (ISO 8601), `dayOfYear`, `dayOfMonth`, `dayOfWeek`
   * (1 is Sunday, as in Spark), `hour`, `minute`, `second`, `epochDay` (days since 1970).
   */
  parts: strings({
    default: ['year', 'month', 'dayOfMonth', 'dayOfWeek', 'hour'],
    minLength: 1,
    since: '0.1.0',
  }),
  /** Minutes that local time is ahead of UTC; summer time is not known. */
  utcOffsetMinutes: int({ default: 0, min: -1440, max: 1440, since: '0.1.0' }),
};

/** Parameters of {@link DatePartExtractor}. */
export const datePartExtractorParams = defineParams('DatePartExtractor', specs, checkParts);

/** Options of {@link DatePartExtractor}. @interface */
export type DatePartExtractorOptions = Options<typeof datePartExtractorParams.schema>;

/**
 * Makes numbers of dates and timestamps that a learner can use.
 *
 * Input: columns of dates or timestamps. Output: for each a struct with an int32 child for each of `parts`; null
 * where the time is missing. Times are taken apart in UTC, shifted by `utcOffsetMinutes`; a column's time zone is
 * not looked at, since the tables of time zones differ from platform to platform.
 *
 * @throws CoppiceError `PARAM_INVALID`, `COLUMN_NOT_FOUND`, `COLUMN_TYPE`, `COLUMN_EXISTS`
 * @example
 * ```ts
 * import { createTable, DatePartExtractor } from 'coppice';
 * const table = await createTable({ departure: [new Date('2026-11-21T06:30:00Z')] });
 * const extractor = new DatePartExtractor({ inputCol: 'departure', outputCol: 'at', parts: ['month', 'hour'] });
 * const [row] = await (await extractor.transform(table)).select('at').take(1);
 * console.log(JSON.stringify(row)); // {"at":{"month":11,"hour":6}}
 * ```
 */
export class DatePartExtractor extends Transformer<typeof datePartExtractorParams.schema> {
  /** The declared parameters. */
  static readonly paramSchema = datePartExtractorParams;

  constructor(options: DatePartExtractorOptions) {
    super(datePartExtractorParams, options);
  }

  override async transform(table: PartitionedTable): Promise<PartitionedTable> {
    const schema = this.transformSchema(table.schema);
    const pairs = columnPairs(this);
    const spec: DatePartsSpec = {
      owner: this.className,
      pairs,
      handleInvalid: 'error',
      parts: this.params.parts as readonly DatePart[],
      offsetSeconds: this.params.utcOffsetMinutes * 60,
    };
    return withStageOperator(table, schema, { kind: 'feature.dateParts', pairs, spec });
  }

  /** @internal */
  override addToModule(writer: ModuleWriter): void {
    const { parts, utcOffsetMinutes } = this.params;
    addDatePartCells(writer, this, parts, utcOffsetMinutes * 60);
  }

  /** @internal */
  override addToOnnx(graph: OnnxGraph): void {
    const { parts, utcOffsetMinutes } = this.params;
    addDatePartColumns(graph, this, parts as readonly DatePart[], utcOffsetMinutes * 60);
  }

  override transformSchema(schema: Schema): Schema {
    return schemaWithPairs(this, schema, (input, pair) => {
      if (!Type.isDate(input.type) && !Type.isTimestamp(input.type))
        throw columnTypeError(this.className, 'an input', input, 'a date or a timestamp');
      const children = this.params.parts.map((part) => new Field(part, new Int32(), true));
      return new Field(pair.output, new Struct(children), true);
    });
  }
}

function checkParts(params: Resolved<typeof specs>): string | null {
  const known: readonly string[] = datePartNames;
  const odd = params.parts.some(
    (part, at) => !known.includes(part) || params.parts.indexOf(part) !== at,
  );
  if (odd) return `parts must be different ones of ${known.join(', ')}`;
  return checkColumnPairs(params);
}

registerStage(DatePartExtractor);
