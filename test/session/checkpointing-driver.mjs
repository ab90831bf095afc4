// A driver of a fit with checkpoints that stops at the very write of one: when the checkpoint is whole under its
// temporary name, it tells its parent, and gives it its name when the parent says so.
import disk from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { addresses, token, checkpointDir, out, stopsAt } = JSON.parse(process.argv[2]);
const { rename } = disk;
let last = Number.POSITIVE_INFINITY;
let count = 0;
disk.rename = async (from, to) => {
  if (/round-\d+$/.test(to) && stopsAt.includes(++count)) {
    process.send({ writing: to });
    await new Promise((resolve) => process.once('message', resolve));
  }
  await rename(from, to);
};
syncBuiltinESMExports();
process.on('warning', ({ message }) => {
  process.send({ warning: message });
  last = Number.POSITIVE_INFINITY;
});

const { GBTClassifier, Session } = await import('../../dist/bundle/node/index.js');
const session = await Session.connect(addresses, {
  token,
  threads: 1,
  silenceSeconds: 5,
  onLog: () => undefined,
});
const numRows = 12_000;
const table = session.createTable({
  x: Float64Array.from({ length: numRows }, (_, i) => (i * 37) % 1009),
  z: Float64Array.from({ length: numRows }, (_, i) => (i * 91) % 677),
  label: Array.from({ length: numRows }, (_, i) => ((i * 37) % 1009 > 700 - (i % 5) * 90 ? 1 : 0)),
});
const options = { featuresCols: ['x', 'z'], maxIter: 200, checkpointInterval: 10, checkpointDir };
const model = await new GBTClassifier(options).fit(table, {
  onProgress: ({ phase, done }) => {
    if (phase !== 'train') return;
    if (done <= last) process.send({ firstRound: done });
    last = done;
  },
});
await model.save(out, { overwrite: true });
await session.close();
process.disconnect();
