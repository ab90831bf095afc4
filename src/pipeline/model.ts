/** A transformer that came out of a fit, and knows the columns it was fitted on. */
import type { Schema } from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import type { ParamSpecs } from '../params/param-spec.ts';
import { checkSchema } from './check-schema.ts';
import type { LogicalSchema } from './logical-schema.ts';
import type { StageReader } from './stage-reader.ts';
import { Transformer } from './transformer.ts';

/** The columns that a model predicts into; null for one that it does not have. */
export interface PredictionColumns {
  /** Predicted classes or numbers. */
  readonly predictionCol: string;
  /** One probability a class. */
  readonly probabilityCol: string | null;
  /** One score a class. */
  readonly rawPredictionCol: string | null;
}

/** A fitted stage. */
export abstract class Model<S extends ParamSpecs = ParamSpecs> extends Transformer<S> {
  /** The columns that transform reads, with their types at fit. */
  abstract readonly inputSchema: LogicalSchema;

  /** The columns that transform reads besides these: margins that rows bring with them, for any model inside too. */
  get offsetColumns(): LogicalSchema {
    return this.nestedStages().flatMap(([, stage]) =>
      stage instanceof Model ? (stage as Model).offsetColumns : [],
    );
  }

  /** The names of the columns that the model predicts into; null for one that predicts nothing. */
  get predictionColumns(): PredictionColumns | null {
    const params = this.params as Readonly<Record<string, unknown>>;
    const nameOf = (param: string): string | null =>
      typeof params[param] === 'string' ? params[param] : null;
    const predictionCol = nameOf('predictionCol');
    if (predictionCol === null) return null;
    return {
      predictionCol,
      probabilityCol: nameOf('probabilityCol'),
      rawPredictionCol: nameOf('rawPredictionCol'),
    };
  }

  /**
   * Refuses a table without the columns the model was fitted on.
   *
   * @throws CoppiceError `COLUMN_NOT_FOUND`, `SCHEMA_MISMATCH`
   */
  protected checkInput(schema: Schema): void {
    checkSchema(this.className, this.inputSchema, schema);
  }
}

/** The error for a model that was constructed instead of fitted. */
export function notFitted(owner: string, estimator: string): CoppiceError {
  return new CoppiceError(
    'NOT_FITTED',
    `${owner} must come from ${estimator}.fit(table) or ${owner}.load(path); it has not been fitted`,
    { context: { owner } },
  );
}

/** The schema that every saved model has. */
export function savedInputSchema(reader: StageReader): LogicalSchema {
  if (reader.schema === null) throw reader.malformed('has no schema');
  return reader.schema;
}
