// A driver, of a named session or not, that is killed or stopped in the middle of a fit: it tells its parent when the fit runs.
import { GBTRegressor, Session } from '../../dist/bundle/node/index.js';

const [address, token, maxIter, name] = process.argv.slice(2);
const session = await Session.connect([address], { token, threads: 1, name });
const numRows = 1000;
const table = session.createTable({
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  label: Float64Array.from({ length: numRows }, (_, i) => ((i * 37) % 1009) / 7 + (i % 5)),
});
const estimator = new GBTRegressor({ featuresCols: ['x'], maxIter: Number(maxIter) });
let isTold = false;
await estimator.fit(table, {
  onProgress: ({ phase }) => {
    if (phase === 'train' && !isTold) process.send('training');
    isTold = phase === 'train' || isTold;
  },
});
