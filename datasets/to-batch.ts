/** Generated columns as an Arrow batch. */
import { DateDay, type RecordBatch, type Vector } from 'apache-arrow';
import {
  batchOfColumns,
  boolColumn,
  fixedWidthColumn,
  float32Column,
  float64Column,
  int32Column,
  utf8ColumnOfCodes,
} from '../src/table/columns/make-column.ts';
import type { GeneratedColumn, GeneratedColumns } from './generator.ts';

/** The columns as one batch, in their order. */
export function toBatch(columns: GeneratedColumns): RecordBatch {
  return batchOfColumns(
    Object.entries(columns).map(([name, column]) => [name, toVector(column)] as const),
  );
}

function toVector(column: GeneratedColumn): Vector {
  switch (column.type) {
    case 'float32':
      return float32Column(column.values, column.valid);
    case 'float64':
      return float64Column(column.values, column.valid);
    case 'int32':
      return int32Column(column.values, column.valid);
    case 'date':
      return fixedWidthColumn(new DateDay(), column.values, column.valid);
    case 'bool':
      return boolColumn(column.values, column.valid);
    case 'string':
      return utf8ColumnOfCodes(column.codes, column.values);
  }
}
