/** Who may use an executor, what it reads, and what it refuses before any data passes. */
import { copyFileSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  type AddressInfo,
  connect as connectPlain,
  createServer as createPlainServer,
} from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { hash32 } from '../../src/base/rng.ts';
import { fromModule } from '../../src/base/user-function.ts';
import {
  type ControlKind,
  controlKind,
  FrameStream,
} from '../../src/cluster/executors/control-frames.ts';
import { ControlChannel } from '../../src/cluster/executors/control-messages.ts';
import { ExecutorDaemon } from '../../src/cluster/executors/executor-daemon.ts';
import { GBTRegressor } from '../../src/ensemble/boosting/gbt-regressor.ts';
import type { ConnectOptions, ConnectTls } from '../../src/session/connect.ts';
import { createTable } from '../../src/session/default-session.ts';
import { ownIdentity } from '../../src/session/own-identity.ts';
import { type ExecutorOptions, serveExecutor } from '../../src/session/serve-executor.ts';
import { Session } from '../../src/session/session.ts';
import { workerUrl } from '../../src/session/worker-url.ts';
import { Authority, canSign } from '../cluster/executors/certificates.ts';
import { errorOf } from '../cluster/run-program.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';

const token = 'a token of the tests, long enough';
const daemons: ExecutorDaemon[] = [];
const sessions: Session[] = [];
const closeAll = async (): Promise<void> => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
};
afterEach(closeAll);
afterAll(() => Promise.all(daemons.map((daemon) => daemon.close())));

async function serve(options: Partial<ExecutorOptions> = {}): Promise<string> {
  const daemon = await serveExecutor({ listen: '127.0.0.1:0', token, threads: 1, ...options });
  daemons.push(daemon);
  return `127.0.0.1:${daemon.port}`;
}

async function connect(
  address: string | readonly string[],
  options: ConnectOptions = {},
): Promise<Session> {
  const session = await Session.connect([address].flat(), { token, threads: 1, ...options });
  sessions.push(session);
  return session;
}

const folder = temporaryFolder('executor-access');
const inside = join(folder, 'inside');
mkdirSync(inside);
for (const place of [inside, folder]) writeFileSync(join(place, 'data.csv'), 'x,y\n1,2\n3,4\n');
symlinkSync(join(folder, 'data.csv'), join(inside, 'link.csv'));
symlinkSync(folder, join(inside, 'out'));

// from here on until the tests end: calls, and says nothing
const silent = connectPlain(Number((await serve()).split(':')[1]), '127.0.0.1');
const silentEnds = new Promise<number>((resolve) => {
  const began = performance.now();
  silent.on('error', () => undefined);
  silent.on('close', () => resolve(performance.now() - began));
});

describe('an executor', () => {
  it('listens beyond loopback only with TLS', async () => {
    for (const listen of ['0.0.0.0:0', '[::]:0', '10.1.2.3:0']) {
      const error = await errorOf(serve({ listen }));
      expect(error).toMatchObject({ code: 'PARAM_INVALID' });
      expect(error?.message).toMatch('must have TLS');
    }
    const far = errorOf(connect('10.1.2.3:7000'));
    expect(await far).toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('refuses a fit that needs more memory than its operator gives, with both numbers and its name', async () => {
    const [roomy, tight] = [await serve(), await serve({ maxMemory: 2 ** 20 })];
    const x = Float64Array.from({ length: 100_000 }, (_, i) => i % 97);
    for (const addresses of [[tight], [roomy, tight]]) {
      const session = await connect(addresses);
      const error = await errorOf(
        new GBTRegressor({ featuresCols: ['x'], maxIter: 2 }).fit(
          session.createTable({ x, label: x }),
        ),
      );
      expect(error).toMatchObject({ code: 'MEMORY_LIMIT', context: { executor: tight } });
      expect(error?.message).toMatch(/\d{6,} bytes for the .*; free memory or use fewer rows/);
      expect(error?.message).toMatch('1048576 bytes that its operator gives (--max-memory)');
      expect(error?.message).toMatch(`on executor ${tight}`);
      await closeAll();
    }
  });

  it('is not called without a token', async () => {
    const called = Session.connect(['127.0.0.1:7001']);
    await expect(called).rejects.toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('is called where nobody listens, with what to start', async () => {
    const error = await errorOf(connect('127.0.0.1:1'));
    expect(error).toMatchObject({ code: 'EXECUTOR_LOST', context: { executor: '127.0.0.1:1' } });
    expect(error?.message).toMatch(/ECONNREFUSED 127\.0\.0\.1:1; start coppice executor there/);
  });

  it('wants a token that is not guessed at once', async () => {
    expect(await errorOf(serve({ token: 'short' }))).toMatchObject({ code: 'PARAM_INVALID' });
    expect(await errorOf(serve({ token: undefined }))).toMatchObject({ code: 'PARAM_INVALID' });
  });

  it('turns away who does not know the token, and a driver an executor that does not', async () => {
    const address = await serve();
    const error = await errorOf(connect(address, { token: 'another token of the tests' }));
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(error?.message).toMatch('its --token-file (token or tokenFile of Session.connect)');
    // it is the executor that says so
    expect(error?.message).toMatch('this one does not know it');
    expect(error?.message).not.toMatch(token);
    expect((await connect(address)).threads).toBe(1);
  });

  it.each([
    ['version', { version: '9.9.9' }, /versions .* got 9\.9\.9 on far-away .* and 0\.\d+\.\d+ on /],
    ['kernels', { kernels: 'f00' }, /kernels .* got f00 on far-away .* both of coppice/],
  ])('names both sides when their %s differ', async (_, other, words) => {
    const daemon = await ExecutorDaemon.listen({
      host: '127.0.0.1',
      port: 0,
      token,
      numThreads: 1,
      workerUrl: workerUrl(),
      identity: { ...ownIdentity(), host: 'far-away', ...other },
    });
    daemons.push(daemon);
    const error = await errorOf(connect(`127.0.0.1:${daemon.port}`));
    expect(error).toMatchObject({ code: 'PROTOCOL' });
    expect(error?.message).toMatch(words);
  });

  it('names both versions of the protocol when they differ', async () => {
    const server = createPlainServer((socket) => {
      const channel = new ControlChannel(new FrameStream(socket, 4096), 4096);
      channel.listen({
        onMessage: () => channel.send('challenge', 0, { protocol: 9, nonce: '' }),
        onLost: () => undefined,
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(connect(`127.0.0.1:${port}`));
    server.close();
    expect(error).toMatchObject({ code: 'PROTOCOL' });
    expect(error?.message).toMatch(/must speak version \d of the protocol.*; got 9/);
  });

  it('works for one session at a time', async () => {
    const address = await serve();
    await connect(address);
    const error = await errorOf(connect(address));
    expect(error).toMatchObject({ code: 'EXECUTOR_BUSY' });
    expect(error?.message).toMatch(/it works for a session since \d+ s/);
    await closeAll();
    expect((await connect(address)).threads).toBe(1);
  });

  it('bears rubbish, long frames and callers that say nothing', async () => {
    const address = await serve();
    const port = Number(address.split(':')[1]);
    const long = Buffer.alloc(12);
    long.writeUInt32LE(2 ** 31);
    long.writeUInt8(1, 4);
    long.writeUInt16LE(0x4370, 6);
    const rubbish = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256);
    const ends = [long, Buffer.from(rubbish), Buffer.from('GET / HTTP/1.1\r\n\r\n')].map(
      (bytes) =>
        new Promise<void>((resolve) => {
          const socket = connectPlain(port, '127.0.0.1', () => socket.write(bytes));
          socket.on('error', () => undefined);
          socket.on('close', () => resolve());
        }),
    );
    await Promise.all(ends);
    expect((await connect(address)).threads).toBe(1);
  });

  it('turns away who sends anything but a greeting, whatever bytes it holds, and is free afterwards', async () => {
    const address = await serve();
    const port = Number(address.split(':')[1]);
    const bytesOf = (seed: number): Uint8Array =>
      Uint8Array.from({ length: hash32(seed, 0) % 300 }, (_, i) => hash32(seed, i + 1));
    const says = (say: (frames: FrameStream) => void): Promise<void> =>
      new Promise((resolve) => {
        const socket = connectPlain(port, '127.0.0.1', () => say(new FrameStream(socket)));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
      });
    for (let seed = 0; seed < 4; seed++) {
      const kinds = (Object.keys(controlKind) as ControlKind[]).filter((kind) => kind !== 'ping');
      const frames = kinds.map((kind) => says((at) => at.sendMessage(kind, seed, [bytesOf(seed)])));
      const rubbish = kinds.map((_, i) =>
        says(({ stream }) => stream.end(bytesOf(100 * seed + i))),
      );
      await Promise.all([...frames, ...rubbish]);
    }
    expect((await connect(address)).threads).toBe(1);
  });

  it('reads its data roots and nothing else', async () => {
    const session = await connect(await serve({ dataRoots: [inside] }));
    expect(await (await session.read.csv(join(inside, 'data.csv'))).count()).toBe(2);
    expect(await (await session.read.csv('data.csv')).count()).toBe(2);
    const outside = ['../data.csv', 'link.csv', 'out/data.csv', 'out/*.csv', '/etc/passwd', '/'];
    for (const path of [...outside, join(folder, 'data.csv'), join(folder, 'none.csv')]) {
      const error = await errorOf(session.read.csv(path));
      expect([path, error]).toMatchObject([path, { code: 'ACCESS_DENIED' }]);
    }
    const missing = await errorOf(session.read.csv('none.csv'));
    expect(missing).toMatchObject({ code: 'FILE_NOT_FOUND' });
    // the driver may have a file of this name
    expect(missing?.message).toMatch(/; check the path \(on executor 127\.0\.0\.1:\d+\)$/);
  });

  it('refuses a file that is another one than where the table was opened, though of one size', async () => {
    const session = await connect(await serve({ dataRoots: [inside] }));
    const file = join(inside, 'values.parquet');
    const write = async (first: number, numRows: number): Promise<void> => {
      const x = Float64Array.from({ length: numRows }, (_, i) => Math.sin(first + i));
      const own = createTable({ x, label: x.map((value) => value * value) });
      await own.write.parquet(file, { overwrite: true, compression: 'none' });
    };
    await write(0, 3000);
    const { size } = statSync(file);
    const table = await session.read.parquet(file);
    const read = [
      () => table.collect(),
      () => new GBTRegressor({ featuresCols: ['x'], maxIter: 1 }).fit(table),
    ];
    for (const work of read) await work();
    for (const [first, numRows, isSame] of [
      [7, 3000, true],
      [0, 2999, false],
    ] as const) {
      await write(first, numRows);
      expect(statSync(file).size === size).toBe(isSame);
      for (const work of read) {
        const error = await errorOf(work());
        expect(error).toMatchObject({ code: 'DATA_INVALID', context: { file } });
        expect(error?.message).toMatch(
          /values\.parquet must stay as it is .* give all executors the same files \(on executor 127/,
        );
      }
    }
    // a copy has a time of its own
    await write(0, 3000);
    for (const work of read) await work();
  });

  it('imports modules of its folders and no others, wherever links lead', async () => {
    const file = fileURLToPath(new URL('../ensemble/boosting/loss-functions.mjs', import.meta.url));
    const modules = join(folder, 'modules');
    mkdirSync(modules);
    copyFileSync(file, join(modules, 'own.mjs'));
    copyFileSync(file, join(folder, 'other.mjs'));
    symlinkSync(join(folder, 'other.mjs'), join(modules, 'link.mjs'));
    const session = await connect(await serve({ modules: [modules] }));
    const table = session.createTable({ x: [1, 2, 3, 4], label: [1, 2, 3, 4] });
    const fit = (url: URL | string) =>
      new GBTRegressor({
        featuresCols: ['x'],
        maxIter: 1,
        objectiveFunction: fromModule(url, 'squared'),
      }).fit(table);
    expect((await fit(pathToFileURL(join(modules, 'own.mjs')))).numTrees).toBe(1);
    for (const path of [join(folder, 'other.mjs'), join(modules, 'link.mjs'), file]) {
      const error = await errorOf(fit(pathToFileURL(path)));
      expect([path, error]).toMatchObject([path, { code: 'ACCESS_DENIED' }]);
    }
    const code = 'data:text/javascript,export const squared = () => process.exit(7)';
    for (const url of [code, 'https://127.0.0.1:1/own.mjs', 'node:process']) {
      const error = await errorOf(fit(url));
      expect([url, error]).toMatchObject([url, { code: 'DEPENDENCY_MISSING' }]);
    }
  });

  it('reads and imports nothing unless its operator allows it', async () => {
    const session = await connect(await serve());
    const error = await errorOf(session.read.csv(join(inside, 'data.csv')));
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(error?.message).toMatch('--data-root');
    const module = join(folder, 'loss.mjs');
    writeFileSync(module, 'throw new Error("it was imported");');
    const table = session.createTable({ x: [1, 2, 3, 4], label: [1, 2, 3, 4] });
    const fit = new GBTRegressor({
      featuresCols: ['x'],
      maxIter: 1,
      objectiveFunction: fromModule(pathToFileURL(module), 'loss'),
    }).fit(table);
    const refused = await errorOf(fit);
    expect(refused).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(refused?.message).toMatch('--modules');
  });
});

describe.skipIf(!canSign)('an executor with TLS', () => {
  it('is trusted for its certificate, and asks for one', async () => {
    const authority = new Authority('authority');
    const stranger = new Authority('stranger');
    const host = authority.sign('host');
    const driver = authority.sign('driver');
    const said: string[] = [];
    const address = await serve({
      log: (line) => void said.push(line),
      tlsCert: host.cert,
      tlsKey: host.key,
      tlsCa: authority.own.cert,
    });
    const ca = authority.own.cert;
    const session = await connect(address, { tls: { ca, ...driver } });
    const table = session.createTable({ x: [1, 2, 3, 4], label: [1, 2, 3, 4] });
    const model = await new GBTRegressor({ featuresCols: ['x'], maxIter: 1 }).fit(table);
    expect(model.numTrees).toBe(1);
    await closeAll();
    const refused: [ConnectOptions, RegExp][] = [
      [{}, /it speaks TLS and this driver does not; give tls /],
      [{ tls: { ca } }, /it asks for a certificate; give tls\.cert /],
      [{ tls: { ca: stranger.own.cert, ...driver } }, /give the authority .* as tls\.ca /],
      [
        { tls: { ca, ...stranger.sign('driver') } },
        /its --tls-ca may not have signed the certificate in tls\.cert/,
      ],
    ];
    for (const [options, words] of refused) {
      const error = await errorOf(connect(address, { silenceSeconds: 2, ...options }));
      expect(error).toMatchObject({ code: 'EXECUTOR_LOST' });
      expect(error?.message).toMatch(words);
    }
    expect(said.join('\n')).toMatch(/turned away: it must show a certificate; it has none/);
    expect(said.join('\n')).not.toMatch('undefined');
    expect(said.join('\n')).toMatch(/turned away: its certificate is not accepted: \w+/);
  });

  it('is refused by name what is no certificate, no key, or the key of another', async () => {
    const authority = new Authority('authority');
    const [host, other] = [authority.sign('host'), authority.sign('other')];
    const { cert: ca } = authority.own;
    const text = join(folder, 'text');
    writeFileSync(text, 'nothing but words');
    const of = 'of Session.connect must';
    const refused: [ConnectTls, string][] = [
      [
        { ca, cert: host.cert, key: other.key },
        `tls.key ${of} be the key of the certificate in tls.cert`,
      ],
      [{ ca, cert: host.cert, key: text }, `tls.key ${of} hold a private key in PEM`],
      [{ ca, cert: host.key, key: host.key }, `tls.cert ${of} hold a certificate in PEM`],
      [{ ca: text, ...host }, `tls.ca ${of} hold a certificate in PEM`],
      [{ ca, key: host.key }, `tls.cert and tls.key ${of} be given together`],
    ];
    for (const [tls, words] of refused) {
      const byDriver = await errorOf(connect('127.0.0.1:1', { tls }));
      expect(byDriver).toMatchObject({ code: 'PARAM_INVALID' });
      expect(byDriver?.message).toContain(words);
      const { ca: tlsCa, cert: tlsCert, key: tlsKey } = tls;
      const byExecutor = await errorOf(serve({ tlsCa, tlsCert, tlsKey }));
      expect(byExecutor).toMatchObject({ code: 'PARAM_INVALID' });
    }
  });

  it('and one without say which of both speaks TLS, to driver and operator', async () => {
    const { cert, key } = new Authority('itself').own;
    const said: string[] = [];
    const log = (line: string): void => void said.push(line);
    const [plain, secure] = await Promise.all([
      serve({ log }),
      serve({ log, tlsCert: cert, tlsKey: key }),
    ]);
    const errors = await Promise.all([
      errorOf(connect(plain, { tls: { ca: cert } })),
      errorOf(connect(secure)),
    ]);
    expect(errors[0]?.message).toMatch(/this driver speaks TLS and it does not; leave tls .* out/);
    expect(errors[1]?.message).toMatch(/it speaks TLS and this driver does not/);
    expect(said.join('\n')).toMatch(/turned away: .*it speaks TLS/);
    expect(said.join('\n')).toMatch(/turned away: it must speak TLS; it does not/);
  });
});

describe('a caller that says nothing', () => {
  it('is hung up on after 5 seconds', async () => {
    expect(await silentEnds).toBeLessThan(8000);
    expect(await silentEnds).toBeGreaterThan(4000);
  });
});
