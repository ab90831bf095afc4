/**
 * Does the client keep to the protocol? Against a server of this process that speaks spark/connect.proto: what
 * arrives there, and what the client makes of what it is told and of connections that break.
 */
import { crc32 } from 'node:zlib';
import type * as Grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CoppiceError } from '../../../src/index.ts';
import { parseSparkUrl } from '../../../src/spark/connect/connect-url.ts';
import { loadSparkService } from '../../../src/spark/connect/load-grpc.ts';
import { SparkConnect } from '../../../src/spark/connect/spark-connect.ts';

type Message = Record<string, unknown>;
type Stream = Grpc.ServerWritableStream<Message, Message>;

const token = 'tok-1234';
const calls: { method: string; request: Message; metadata: Grpc.Metadata }[] = [];
/** What the next streams do. */
let streams: ((stream: Stream) => void)[] = [];
let server: Grpc.Server;
let url: string;

beforeAll(async () => {
  const { grpc, Client } = await loadSparkService();
  server = new grpc.Server();
  const unary =
    (method: string, answer: Message) =>
    (call: Grpc.ServerUnaryCall<Message, Message>, done: Grpc.sendUnaryData<Message>): void => {
      calls.push({ method, request: call.request, metadata: call.metadata });
      if (call.metadata.get('authorization')[0] === `Bearer ${token}`) done(null, answer);
      else done({ code: grpc.status.UNAUTHENTICATED, details: `no such token: ${token}-x` });
    };
  const stream =
    (method: string) =>
    (call: Stream): void => {
      calls.push({ method, request: call.request, metadata: call.metadata });
      streams.shift()?.(call);
    };
  server.addService(Client.service, {
    AnalyzePlan: unary('AnalyzePlan', {
      spark_version: { version: '4.3.0' },
      schema: { schema: { struct: { fields: [{ name: 'x', data_type: { long: {} } }] } } },
    }),
    Config: unary('Config', { pairs: [{ key: 'a', value: '1' }, { key: 'b' }] }),
    Interrupt: unary('Interrupt', {}),
    ReleaseExecute: unary('ReleaseExecute', {}),
    ReleaseSession: unary('ReleaseSession', {}),
    ExecutePlan: stream('ExecutePlan'),
    ReattachExecute: stream('ReattachExecute'),
    AddArtifacts: (
      call: Grpc.ServerReadableStream<Message, Message>,
      done: Grpc.sendUnaryData<Message>,
    ) => {
      call.on('data', (request: Message) =>
        calls.push({ method: 'AddArtifacts', request, metadata: call.metadata }),
      );
      call.on('end', () => done(null, {}));
    },
  } as Grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    const open = grpc.ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', open, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  url = `sc://127.0.0.1:${port}/;token=${token};x-tenant=t1`;
});

afterAll(() => server.forceShutdown());

beforeEach(() => {
  calls.length = 0;
  streams = [];
});

const batch = (id: string, bytes: number[]): Message => ({
  response_id: id,
  arrow_batch: { row_count: 1, data: Buffer.from(bytes) },
});
const over: Message = { response_id: 'last', result_complete: {} };

async function executed(
  client: SparkConnect,
  signal?: AbortSignal,
  operationId?: string,
): Promise<number[][]> {
  const found: number[][] = [];
  const plan = { sql: { query: 'SELECT 1' } };
  for await (const bytes of client.execute(plan, { what: 'a test', signal, operationId }))
    found.push([...bytes]);
  return found;
}

describe('a client of Spark Connect', () => {
  it('says who it is in every call, and reads what it is told', async () => {
    const client = await SparkConnect.open(parseSparkUrl(url));
    expect(client.version).toBe('4.3.0');
    const plan = { limit: { input: { sql: { query: 'ü' } }, limit: 3 } };
    expect(await client.schema(plan)).toMatchObject({ struct: { fields: [{ name: 'x' }] } });
    expect(await client.config(['a', 'b'])).toEqual(
      new Map([
        ['a', '1'],
        ['b', null],
      ]),
    );
    await client.close({ release: true });
    expect(calls.map(({ method }) => method)).toContain('ReleaseSession');
    for (const { request, metadata } of calls) {
      expect(request).toMatchObject({
        session_id: client.sessionId,
        user_context: { user_id: 'coppice' },
      });
      expect(metadata.get('authorization')).toEqual([`Bearer ${token}`]);
      expect(metadata.get('x-tenant')).toEqual(['t1']);
    }
    // the plan came through the wire as it was
    expect(calls[1]?.request['schema']).toMatchObject({ plan: { root: plan } });
  });

  it('is refused with a wrong token, which no message repeats', async () => {
    const refused = SparkConnect.open(parseSparkUrl(url, { token: `${token}-x` }));
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(refused).rejects.not.toThrow(new RegExp(token));
  });

  it('attaches again behind what it has, when a connection breaks', async () => {
    const client = await SparkConnect.open(parseSparkUrl(url));
    streams = [
      (call) => {
        call.write(batch('r1', [1]));
        setTimeout(() => call.emit('error', { code: 14, details: 'gone' }), 20);
      },
      (call) => {
        call.write(batch('r2', [2]));
        // a server ends a stream after some minutes; the rest is asked for
        call.end();
      },
      (call) => {
        call.write(batch('r3', [3]));
        call.write(over);
        call.end();
      },
    ];
    expect(await executed(client)).toEqual([[1], [2], [3]]);
    await client.close({ release: false });
    const attached = calls.filter(({ method }) => method === 'ReattachExecute');
    expect(attached.map(({ request }) => request['last_response_id'])).toEqual(['r1', 'r2']);
    const ids = new Set(
      calls.flatMap(({ request }) => (request['operation_id'] as string | undefined) ?? []),
    );
    expect(ids.size).toBe(1);
  });

  it.each([
    ['[INVALID_HANDLE.OPERATION_ALREADY_EXISTS] The handle is invalid.', 'ReattachExecute'],
    ['[INVALID_HANDLE.OPERATION_ABANDONED] The handle is invalid.', 'ExecutePlan'],
  ])('takes up work that another driver began: %s', async (details, method) => {
    const client = await SparkConnect.open(parseSparkUrl(url));
    const id = '00000000-0000-8000-8000-000000000000';
    streams = [
      (call) => call.emit('error', { code: 13, details }),
      (call) => {
        call.write(batch('r1', [1]));
        call.write(over);
        call.end();
      },
    ];
    expect(await executed(client, undefined, id)).toEqual([[1]]);
    await client.close({ release: false });
    const asked = calls.filter(({ request }) => 'operation_id' in request).slice(0, 2);
    expect(asked.map((call) => call.method)).toEqual(['ExecutePlan', method]);
    // work that is over is done anew, under an id of chance
    expect(asked[1]?.request['operation_id'] === id).toBe(method === 'ReattachExecute');
  });

  it.each([true, false])(
    'ends work when it is closed (released: %s), and says so',
    async (release) => {
      const client = await SparkConnect.open(parseSparkUrl(url));
      let began = (): void => undefined;
      const isUnderWay = new Promise<void>((resolve) => {
        began = resolve;
      });
      streams = [
        (call) => {
          call.write(batch('r1', [1]));
          began();
        },
      ];
      const work = executed(client).catch((error: unknown) => error);
      await isUnderWay;
      await client.close({ release });
      const error = await work;
      expect(error).toMatchObject({
        code: 'SESSION_CLOSED',
        message: expect.stringContaining('the session was closed before a test was done'),
      });
      await expect(executed(client)).rejects.toMatchObject({ code: 'SESSION_CLOSED' });
      await expect(client.schema({ sql: { query: 'x' } })).rejects.toMatchObject({
        code: 'SESSION_CLOSED',
      });
      // work of a session that keeps its name goes on where it is
      expect(calls.some(({ method }) => method === 'Interrupt')).toBe(false);
    },
  );

  it('interrupts what was aborted', async () => {
    const client = await SparkConnect.open(parseSparkUrl(url));
    const abort = new AbortController();
    streams = [() => setTimeout(() => abort.abort(), 20)];
    await expect(executed(client, abort.signal)).rejects.toMatchObject({ code: 'ABORTED' });
    await client.close({ release: false });
    expect(calls.find(({ method }) => method === 'Interrupt')?.request).toMatchObject({
      interrupt_type: 'INTERRUPT_TYPE_OPERATION_ID',
    });
  });

  it('uploads files in pieces that Spark can check', async () => {
    const client = await SparkConnect.open(parseSparkUrl(url));
    const long = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    await client.addArtifacts(
      new Map([
        ['files/short', Uint8Array.of(1, 2)],
        ['files/long', long],
        ['files/none', new Uint8Array(0)],
      ]),
    );
    await client.close({ release: false });
    const sent = calls.filter(({ method }) => method === 'AddArtifacts').map((c) => c.request);
    const pieces: { data: Buffer; crc: number }[] = [];
    for (const request of sent) {
      const { begin_chunk: begin, chunk, batch: whole } = request as Record<string, never>;
      for (const { data } of (whole as { artifacts?: never[] } | undefined)?.artifacts ?? [])
        pieces.push(data);
      if (begin !== undefined) {
        expect(begin).toMatchObject({ name: 'files/long', total_bytes: 70_000, num_chunks: 3 });
        pieces.push((begin as { initial_chunk: never }).initial_chunk);
      }
      if (chunk !== undefined) pieces.push(chunk);
    }
    expect(pieces).toHaveLength(5);
    for (const { data, crc } of pieces) expect(crc).toBe(crc32(data ?? Buffer.alloc(0)));
    expect(Buffer.concat(pieces.slice(1, 4).map(({ data }) => data))).toEqual(Buffer.from(long));
  });
});

describe('the packages of gRPC', () => {
  it.each([
    ['ERR_MODULE_NOT_FOUND', 'they are not installed'],
    ['ERR_DLOPEN_FAILED', 'they do not load: broken'],
  ])('that are not there are named with what to run: %s', async (code, why) => {
    const load = async (): Promise<never> => {
      throw Object.assign(new Error('broken'), { code });
    };
    const error = (await loadSparkService(load).catch((cause: unknown) => cause)) as CoppiceError;
    expect(error).toBeInstanceOf(CoppiceError);
    expect(error.code).toBe('DEPENDENCY_MISSING');
    expect(error.message).toContain(why);
    expect(error.message).toContain('npm install @grpc/grpc-js @grpc/proto-loader');
  });
});
