/** Which features an extended isolation forest takes. */
import { CoppiceError } from '../../base/errors.ts';
import type { FeatureColumn } from '../../table/columns/feature-columns.ts';

/** Planes are drawn among numbers. @throws CoppiceError `PARAM_INVALID`, `COLUMN_TYPE` */
export function checkExtension(
  owner: string,
  extensionLevel: number,
  features: readonly FeatureColumn[],
): void {
  if (extensionLevel === 0) return;
  const text = features.find(({ kind }) => kind === 'category');
  if (text !== undefined) {
    throw new CoppiceError(
      'COLUMN_TYPE',
      `features of ${owner} with an extensionLevel must be numbers; got the category ${text.name}; make numbers of it ` +
        `(OneHotEncoder), leave it out, or set extensionLevel to 0`,
      { context: { owner, column: text.name } },
    );
  }
  if (extensionLevel < features.length) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `extensionLevel of ${owner} must be at most ${features.length - 1}, one less than there are features; got ${extensionLevel}`,
    { context: { owner, param: 'extensionLevel' } },
  );
}
