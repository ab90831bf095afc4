/**
 * Property tests draw the same cases in every run, so that a red run can be repeated; COPPICE_TEST_SEED
 * draws others. COPPICE_FIRST_FAILURE ends a property at its first counterexample, for those who only ask
 * whether it fails.
 */
import fc from 'fast-check';

fc.configureGlobal({
  seed: Number(process.env['COPPICE_TEST_SEED'] ?? 20_261_121),
  endOnFailure: process.env['COPPICE_FIRST_FAILURE'] === '1',
});
