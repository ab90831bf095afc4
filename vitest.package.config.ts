import { defineConfig } from 'vitest/config';
import { reportersOf } from './test/tools/reporters.ts';

/** The tests of the packed tarball: `npm run test:package`. They install packages, so they stand apart. */
export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: ['test/tools/refuse-stale-build.ts'],
    reporters: reportersOf('package'),
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
