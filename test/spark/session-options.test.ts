/** Options of a session's ways to tables on Spark, against a server of this process that answers what it is asked first. */
import type * as Grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Session } from '../../src/session/session.ts';
import { loadSparkService } from '../../src/spark/connect/load-grpc.ts';
import { errorOf } from '../contract/error-of.ts';

type Message = Record<string, unknown>;

/** Analyses of the server that wait for more; it answers none of their columns. */
const waiting: Grpc.ServerUnaryCall<Message, Message>[] = [];
let isAsked = (): void => undefined;
let server: Grpc.Server;
let url = '';
let session: Session;

beforeAll(async () => {
  const { grpc, Client } = await loadSparkService();
  server = new grpc.Server();
  const answered =
    (answer: Message) =>
    (_: Grpc.ServerUnaryCall<Message, Message>, done: Grpc.sendUnaryData<Message>): void =>
      done(null, answer);
  server.addService(Client.service, {
    AnalyzePlan: (
      call: Grpc.ServerUnaryCall<Message, Message>,
      done: Grpc.sendUnaryData<Message>,
    ) => {
      if (call.request['analyze'] === 'spark_version')
        return done(null, { spark_version: { version: '4.3.0' } });
      waiting.push(call);
      isAsked();
    },
    Config: answered({ pairs: [] }),
    Interrupt: answered({}),
    ReleaseSession: answered({}),
  } as Grpc.UntypedServiceImplementation);
  const open = grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', open, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  url = `sc://127.0.0.1:${port}`;
  session = await Session.spark({ url, executors: 3 });
});

afterAll(async () => {
  await session?.close();
  server.forceShutdown();
});

it.each([
  ['sql', (signal: AbortSignal) => session.sql('SELECT 1 AS x', { signal })],
  ['read.parquet', (signal: AbortSignal) => session.read.parquet('a.parquet', { signal })],
])('%s ends when its signal fires while Spark looks for the columns', async (_, open) => {
  const abort = new AbortController();
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const reading = errorOf(async () => await open(abort.signal));
  await asked;
  const call = waiting.pop() as Grpc.ServerUnaryCall<Message, Message>;
  const cancelled = new Promise((resolve) => call.once('cancelled', resolve));
  abort.abort('no longer wanted');
  expect(await reading).toMatchObject({ code: 'ABORTED', cause: 'no longer wanted' });
  await cancelled;
});

it('read.parquet asks nothing when its signal has fired, and refuses options that are none', async () => {
  const signal = AbortSignal.abort();
  const refused = async (options: object) =>
    await errorOf(async () => await session.read.parquet('a.parquet', options));
  expect(await refused({ signal })).toMatchObject({ code: 'ABORTED' });
  expect(await refused({ signl: signal })).toMatchObject({ code: 'PARAM_UNKNOWN' });
  expect(waiting).toEqual([]);
});

it('createTable has as many partitions as it is told, one a member by default', async () => {
  const columns = { x: [1, 2, 3, 4, 5, 6, 7] };
  expect(session.createTable(columns).numPartitions).toBe(3);
  expect(session.createTable(columns, { numPartitions: 7 }).numPartitions).toBe(7);
  const refused = async (options: object) =>
    await errorOf(async () => session.createTable(columns, options));
  expect(await refused({ numPartitions: 0 })).toMatchObject({ code: 'PARAM_INVALID' });
  expect(await refused({ partitions: 2 })).toMatchObject({ code: 'PARAM_UNKNOWN' });
});

it('createTable of a closed session is refused', async () => {
  const closed = await Session.spark({ url });
  await closed.close();
  expect(await errorOf(() => closed.createTable({ x: [1] }))).toMatchObject({
    code: 'SESSION_CLOSED',
  });
});
