/**
 * Where do the features of a tree model lie in a table, and which of its numbers are rounded? A float32 column of the fit
 * had rounded its values, so those of a wider column are rounded too, as a scorer and a module round those of a row.
 */
import type { LogicalSchema } from '../../pipeline/logical-schema.ts';
import { singlesOf } from '../../pipeline/row-reader.ts';
import type { TrainedFeature } from '../../training/messages.ts';

/** What is known of a model's features. */
export interface FeaturePlaces {
  readonly features: readonly TrainedFeature[];
  /** Where each lies: column, then child or element. */
  readonly paths: readonly (readonly string[])[];
  /** Features that the fit read from columns in float32. */
  readonly singles: readonly number[];
}

/** What an operator needs to read a model's features, and the columns that it reads. */
export function featurePlaces(model: {
  readonly features: readonly TrainedFeature[];
  readonly paths: readonly (readonly string[])[];
  readonly inputSchema: LogicalSchema;
}): FeaturePlaces & { readonly reads: readonly string[] } {
  const { features, paths, inputSchema } = model;
  const reads = [...new Set(paths.map((path) => path[0] as string))];
  return { features, paths, singles: singlesOf(inputSchema, paths), reads };
}
