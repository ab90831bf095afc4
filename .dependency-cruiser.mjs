/**
 * Which folder of src may import which?
 *
 * A folder imports only folders above it in `layers`; no cycles anywhere. Two files stand over all
 * of them: the barrel src/index.ts and the entry of workers src/session/executor-main.ts with its rest, which
 * bring every program of a worker together. Nothing but a URL may lead to the entry.
 */
const layers = [
  'base',
  'params',
  'cluster',
  'table',
  'kernels',
  'binning',
  'tree',
  'training',
  'spark',
  'session',
  'pipeline',
  'feature',
  'linear',
  'ensemble',
  'evaluation',
  'tuning',
  'stacking',
  'cli',
];

const aboveAll = '^src/(index|session/executor-(main|work|rest))\\.ts$';

const layerRules = layers.slice(0, -1).map((layer, index) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only ${layers.slice(0, index + 1).join(', ')}`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: aboveAll },
  to: { path: `^src/(${layers.slice(index + 1).join('|')})/` },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'known-folder',
      comment: 'a new folder of src must be given its place in `layers`',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${layers.join('|')})/` },
    },
    {
      name: 'no-cycles',
      comment:
        'no file reaches itself again, by types neither; but `table.na` gives back tables of the type it belongs to',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { pathNot: '^src/table/columns/table-nulls\\.ts$' } },
    },
    {
      name: 'entries-are-not-imported',
      comment: 'the barrel is for users, the worker entry is named by URL; src imports neither',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/session/executor-(main|work)\\.ts$' },
      to: { path: aboveAll },
    },
    {
      name: 'production-dependencies-only',
      comment: 'src imports nothing that an installed package would lack',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '@duckdb/node-api|node_modules/(gpu\\.js|webgpu|@grpc)/',
      },
    },
    {
      name: 'resolvable',
      comment: 'every import leads to a file',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
};
