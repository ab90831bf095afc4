/**
 * Property tests draw the same cases in every run, so that a red run can be repeated; COPPICE_TEST_SEED
 * draws others.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['COPPICE_TEST_SEED'] ?? 20_261_121) });
