// A driver that is killed in the middle of a gang; it tells its parent which processes it started.
import { TcpGangRunner } from '../../dist/cluster/tcp/tcp-gang-runner.js';

const workerUrl = new URL('./worker-entry.mjs', import.meta.url);
const runner = new TcpGangRunner({ numProcesses: 2, threadsPerProcess: 1, workerUrl });
await runner.runGang({
  program: 'meetOften',
  width: 2,
  memory: new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }),
  payload: () => ({ meetings: 1e9, at: 50 }),
  onMessage: () => process.send(runner.processIds),
});
