/** A Spark Connect server behind TLS, as cloud services have it: here a proxy of this process in front of the real one. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../../src/index.ts';
import { runForTest } from '../../cli/run-for-test.ts';
import { Authority, canSign } from '../../cluster/executors/certificates.ts';
import { runsSpark } from './spark-session.ts';

describe.runIf(runsSpark && canSign)('a Spark Connect server behind TLS', () => {
  let proxy: Server;
  let address: string;
  let ca: string;
  const sockets = new Set<Socket>();
  const before = process.env['SPARK_REMOTE'];
  const token = process.env['COPPICE_SPARK_TOKEN'] as string;

  beforeAll(async () => {
    const authority = new Authority('authority');
    ca = authority.own.cert;
    const { cert, key } = authority.sign('spark');
    const behind = new URL((process.env['COPPICE_SPARK_URL'] as string).replace('sc:', 'http:'));
    const pem = { cert: readFileSync(cert), key: readFileSync(key) };
    proxy = createServer({ ...pem, ALPNProtocols: ['h2'] }, (socket) => {
      const server = connect(Number(behind.port), behind.hostname);
      for (const one of [socket, server]) {
        sockets.add(one);
        one.on('error', () => socket.destroy());
      }
      socket.pipe(server).pipe(socket);
    });
    proxy.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    address = `sc://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    if (before === undefined) delete process.env['SPARK_REMOTE'];
    else process.env['SPARK_REMOTE'] = before;
    for (const socket of sockets) socket.destroy();
    proxy?.close();
  });

  it('is trusted by its authority, and takes the token of SPARK_REMOTE', async () => {
    process.env['SPARK_REMOTE'] = `${address}/;use_ssl=true;token=${token}`;
    const session = await Session.spark({ tls: { ca: readFileSync(ca) }, executors: 1 });
    try {
      expect(await (await session.sql('SELECT * FROM range(7)')).count()).toBe(7);
    } finally {
      await session.close();
    }
  });

  it('is not spoken to where nobody vouches for it', async () => {
    const refused = Session.spark({ url: `${address}/;use_ssl=true`, token });
    await expect(refused).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
    await expect(refused).rejects.toThrow(/is tls as it expects/);
  });

  it('is asked on the command line with --tls-ca, and a wrong token is not repeated', async () => {
    process.env['SPARK_REMOTE'] = `${address}/;use_ssl=true;token=nobody-knows-this`;
    const words = [
      'evaluate',
      '--data',
      '/nothing',
      '--label',
      'y',
      '--json',
      '--session',
      'spark',
    ];
    const run = await runForTest([...words, '--tls-ca', ca]);
    expect(run.json).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    expect(run.stdout + run.stderr).not.toContain('nobody-knows-this');
  });
});
