// One fit in a process of its own: prints seconds of its phases as a line of JSON and waits for a line, so that whoever
// started it can look at its memory. The task: { path, threads, settings }.
import { createInterface } from 'node:readline';
import { GBTClassifier, Session } from '../../../dist/bundle/node/index.js';

const { path, threads, settings, waitForStart = false } = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const session = await Session.local({ threads });
if (waitForStart) {
  console.log('{"ready":true}');
  await lines.next();
}
const start = performance.now();
const table = await session.read.parquet(path);
let binned = start;
let read = start;
const onProgress = ({ phase }) => {
  if (phase === 'read') read = performance.now();
  if (phase === 'bin') binned = performance.now();
};
const featuresCols = table.columns.filter((name) => name !== 'label');
const estimator = new GBTClassifier({
  featuresCols,
  labelCol: 'label',
  minInstancesPerNode: 1,
  ...settings,
});
await estimator.fit(table, { onProgress });
const end = performance.now();
const seconds = (from, to) => (to - from) / 1000;
console.log(
  JSON.stringify({
    seconds: seconds(start, end),
    phases: { read: seconds(start, read), bin: seconds(read, binned), train: seconds(binned, end) },
  }),
);
await lines.next();
await session.close();
process.exit(0);
