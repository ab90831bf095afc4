/**
 * Starts a real cluster for the tests of this folder: a standalone master, two workers of two slots on addresses of
 * their own (127.0.0.1 and 127.0.0.2, so that members meet as those of two machines do), and a Connect server.
 */
import { join } from 'node:path';
import { freePort, type SparkSetting, saying, setUpSpark } from '../server/start-server.ts';

/** Vitest calls it before the first test; what it returns, after the last. */
export async function setup(): Promise<() => Promise<void>> {
  return await setUpSpark(startCluster);
}

async function startCluster({ work, start }: SparkSetting): Promise<string> {
  const port = await freePort();
  const of = 'org.apache.spark.deploy';
  const daemon = { SPARK_DAEMON_MEMORY: '256m' };
  const args = [`${of}.master.Master`, '--host', '127.0.0.1', '--webui-port', '0'];
  const master = start('spark-class', [...args, '--port', `${port}`], {
    ...{ name: 'master', environment: daemon },
  });
  await saying(master.process, master.log, 'I have been elected leader');
  const url = `spark://127.0.0.1:${port}`;
  const workers = ['127.0.0.1', '127.0.0.2'].map((host, i) => {
    const name = `worker-${i + 1}`;
    const size = ['--cores', '2', '--memory', '1g', '--work-dir', join(work, name)];
    const place = ['--host', host, '--webui-port', '0'];
    const environment = { ...daemon, SPARK_LOCAL_IP: host, SPARK_LOCAL_HOSTNAME: host };
    return start('spark-class', [`${of}.worker.Worker`, ...place, ...size, url], {
      ...{ name, environment },
    });
  });
  for (const worker of workers) {
    await saying(worker.process, worker.log, 'Successfully registered with master');
  }
  process.env['COPPICE_SPARK_WORKERS'] = workers.map(({ process: { pid } }) => pid).join(',');
  return url;
}
