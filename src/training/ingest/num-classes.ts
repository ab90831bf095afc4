/** How many classes may a label have? */
import { CoppiceError } from '../../base/errors.ts';
import type { ClassValue, IngestJob } from '../messages.ts';

/** The most classes. */
export const maxClasses = 10_000;

/** The most where they are numbers with fractions, which are rarely classes: a model of all prices takes hours. */
const maxFractions = 256;

/** Refuses more classes than a label may have. @throws CoppiceError `LABEL_INVALID` */
export function checkNumClasses(job: IngestJob, classes: readonly ClassValue[]): void {
  if (classes.length > maxClasses) throw tooManyClasses(job, classes.length);
  const areFractions = classes.some(
    (value) => typeof value === 'number' && !Number.isInteger(value),
  );
  if (areFractions && classes.length > maxFractions) throw tooManyFractions(job, classes.length);
}

/** What is said of more classes than any label may have. */
export function tooManyClasses(job: IngestJob, found: number): CoppiceError {
  return refused(
    job,
    `at most ${maxClasses}; got at least ${found}; a label of so many values asks for a regressor`,
  );
}

function tooManyFractions(job: IngestJob, found: number): CoppiceError {
  const cast = `table.cast({ ${JSON.stringify(job.labelCol)}: 'string' })`;
  return refused(
    job,
    `at most ${maxFractions} where they are numbers with fractions; got ${found}; a quantity asks for a regressor (--task regression on the command line), classes for ${cast}`,
  );
}

function refused({ labelCol, owner }: IngestJob, rule: string): CoppiceError {
  return new CoppiceError(
    'LABEL_INVALID',
    `the number of classes of ${labelCol} (the label of ${owner}) must be ${rule}`,
    { context: { column: labelCol } },
  );
}
