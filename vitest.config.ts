import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { reportersOf } from './test/tools/reporters.ts';
import { scratchFolder } from './test/tools/scratch-folder.ts';

/**
 * The tests' own thread runs src/*.ts, worker threads and other processes what is built of them. In `--mode built`, which
 * `npm test` asks for, the thread runs dist/*.js too: Node imports that without the runner's help, many times faster.
 * So `npm test` builds first, and the global setup refuses a dist that was made from other sources.
 *
 * Two main projects: files that start processes, change the environment, ask what is registered or load a
 * device have a process each; all others share their worker's modules, which spares each of them
 * importing the library. What puts others in the place of modules needs the runner, so the sources.
 *
 * The slow files are a project that `npm test` leaves out and `npm run test:slow` runs; each of them has a small one beside
 * it that stays in `npm test`. Of the laws that cost most `npm test` takes some cases (test/tools/some-cases.ts), and
 * `npm run test:slow` the others of their files. `npx vitest run` with the name of a file runs any, whole.
 */
const slow = [
  // the code of all pages, and fits whose every step is struck or compared over processes
  'test/docs.test.ts',
  'test/cluster/{blows,lost-processes,processes-exactness.prop}.test.ts',
  'test/session/{lost-executors,struck-checkpoints,struck-threads}.test.ts',
  'test/tree/backend/gpu/equal-fits.test.ts',
  'test/cli/real-data.test.ts',
  'test/ensemble/pmml/pmml-evaluator.test.ts',
  'test/oracle/ranking-data.test.ts',
  'test/training/{accuracy,row-entries}.test.ts',
  'test/training/boosting/round-growers.test.ts',
  'test/tuning/search/more-searches.test.ts',
];
const someCases = {
  own: ['test/cli/{fit,killed}.test.ts', 'test/session/executors.test.ts'],
  shared: [
    'test/ensemble/{checkpoints,onnx/onnx-runtime}.test.ts',
    'test/oracle/library-defaults.test.ts',
    'test/stacking/{committees,stacking}.test.ts',
    'test/training/{exactness,shaping,whole-trees}.prop.test.ts',
    'test/training/boosting/{refit.prop,self-stopping}.test.ts',
    'test/training/forest/local-finish.test.ts',
  ],
};
const own = [
  'test/{cli,cluster,session,spark}/**/*.test.ts',
  'test/tree/backend/gpu/**/*.test.ts',
  'test/{contract,golden}/**/*.test.ts',
  'test/table/{memory,sql}.test.ts',
  'test/*.test.ts',
];
const mocking = ['test/tree/backend/gpu/fallback-table.test.ts'];
const never = ['test/package/**', 'test/spark/{server,cluster}/**', '**/node_modules/**'];

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const common = {
  env: { TMPDIR: scratchFolder() },
  setupFiles: ['test/tools/seed-properties.ts', 'test/tools/compare-lists.ts'],
  pool: 'forks' as const,
  server: { deps: { external: [/\/dist\/.*\.js$/] } },
  testTimeout: 120_000,
  hookTimeout: 120_000,
  teardownTimeout: 20_000,
};

/** What starts processes waits for them much of its time. */
const waiting = { ...common, maxWorkers: 3, sequence: { groupOrder: 0 } };

export default defineConfig(({ mode }) => {
  const built = { find: /^(\.\.\/)+src\/(.*)\.ts$/, replacement: `${pathOf('dist')}/$2.js` };
  // `built` is for whoever runs single files, the planted bugs for instance
  const isBuilt = ['built', 'quick', 'slow'].includes(mode);
  const resolve = { alias: isBuilt ? [built] : [] };
  const part = { quick: 'first', slow: 'rest' }[mode];
  const env = { ...common.env, ...(part === undefined ? {} : { COPPICE_CASES: part }) };
  const shared = {
    ...common,
    env,
    isolate: false,
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
  };
  // groups of tests of which `npm test` has run all
  const rest = { env, passWithNoTests: true };
  const others = mode === 'slow' ? someCases : { own: [], shared: [] };
  return {
    test: {
      globalSetup: ['test/tools/refuse-stale-build.ts'],
      reporters: reportersOf('tests'),
      projects: [
        {
          extends: true,
          resolve,
          test: {
            ...waiting,
            env,
            name: 'own process',
            include: own,
            exclude: [...mocking, ...slow, ...never],
          },
        },
        {
          extends: true,
          resolve,
          test: { ...waiting, ...rest, name: 'slow', include: [...slow, ...others.own] },
        },
        { extends: true, test: { ...waiting, name: 'mocked modules', include: mocking } },
        {
          extends: true,
          resolve,
          test: {
            ...shared,
            name: 'shared modules',
            include: ['test/**/*.test.ts'],
            exclude: [...own, ...slow, ...never],
          },
        },
        ...(others.shared.length === 0
          ? []
          : [
              {
                extends: true as const,
                resolve,
                test: { ...shared, ...rest, name: 'slow cases', include: others.shared },
              },
            ]),
      ],
    },
  };
});
