/**
 * Property tests draw the same cases in every run, so that a red run can be repeated; COPPICE_TEST_SEED
 * draws others, and so does `npm run test:slow` of laws whose first draws `npm test` takes. COPPICE_FIRST_FAILURE ends a property at its first counterexample, for those who only ask
 * whether it fails.
 */
import fc from 'fast-check';

const usualSeed = process.env['COPPICE_CASES'] === 'rest' ? 20_261_122 : 20_261_121;
fc.configureGlobal({
  seed: Number(process.env['COPPICE_TEST_SEED'] ?? usualSeed),
  endOnFailure: process.env['COPPICE_FIRST_FAILURE'] === '1',
});
