/** How long do three processes take to add up an array of 1 MiB? The middle of many times, plain and with TLS. */
import { TcpGangRunner } from '../../../src/cluster/tcp/tcp-gang-runner.ts';
import { entryUrl, runProgramOn } from '../../cluster/run-program.ts';

/** Prints a line for each kind of connection. */
export async function printAllreduce(): Promise<void> {
  for (const tls of [null, { kind: 'psk' }] as const) {
    const runner = new TcpGangRunner({
      numProcesses: 3,
      threadsPerProcess: 1,
      workerUrl: entryUrl,
      tls,
    });
    const payload = { kind: 'allreduce', bytes: 2 ** 20, times: 200 };
    const [us] = await runProgramOn<number>(runner, {
      program: 'timeMeetings',
      width: 3,
      payload,
    });
    await runner.close();
    const name = tls === null ? 'plain' : 'TLS';
    console.log(`allreduce  1 MiB, 3 processes, ${name}  p50 ${((us ?? 0) / 1000).toFixed(2)} ms`);
  }
}
