// Loaded into the processes of a gang by a test: strikes its own process when a message to or from the driver
// passes. COPPICE_STRIKE: { kind, signal }
import { isMainThread } from 'node:worker_threads';

const strike = JSON.parse(process.env.COPPICE_STRIKE ?? 'null');
if (isMainThread && strike !== null && process.send !== undefined) {
  const look = (message) => {
    if (message?.kind === strike.kind) process.kill(process.pid, strike.signal);
  };
  const send = process.send.bind(process);
  process.send = (message, ...rest) => {
    look(message);
    return send(message, ...rest);
  };
  // a listener of its own would be there too early, and take the first message from the real one
  const on = process.on.bind(process);
  process.on = (name, listener) => {
    if (name !== 'message') return on(name, listener);
    return on(name, (message) => {
      look(message);
      listener(message);
    });
  };
}
