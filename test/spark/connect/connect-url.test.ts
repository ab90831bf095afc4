/** How connection strings are read, and that no secret of theirs is said again. */
import { describe, expect, it } from 'vitest';
import { parseSparkUrl } from '../../../src/spark/connect/connect-url.ts';
import { redact } from '../../../src/spark/connect/redact.ts';
import { sparkError, workerPythonIn } from '../../../src/spark/connect/spark-error.ts';
import { PythonVersion } from '../../../src/spark/python-version.ts';

const secret = 'sEcr3t/+=';

function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('a connection string', () => {
  it('names host, port and what stands behind them', () => {
    expect(parseSparkUrl('sc://spark.example')).toMatchObject({
      host: 'spark.example',
      port: 15002,
      token: null,
      isEncrypted: false,
      headers: {},
    });
    const all = `sc://[::1]:7/;token=${encodeURIComponent(secret)};user_id=me;session_id=s;use_ssl=true;x-key=${secret}`;
    expect(parseSparkUrl(all)).toEqual({
      host: '::1',
      port: 7,
      token: secret,
      isEncrypted: true,
      userId: 'me',
      sessionId: 's',
      headers: { 'x-key': secret },
    });
  });

  it('sends a token encrypted, or to this machine', () => {
    expect(parseSparkUrl('sc://spark.example/;token=t').isEncrypted).toBe(true);
    expect(parseSparkUrl('sc://127.0.0.1/;token=t').isEncrypted).toBe(false);
    for (const [url, given] of [
      ['sc://spark.example/;token=t;use_ssl=false', {}],
      ['sc://spark.example', { token: 't', tls: false }],
      ['sc://spark.example/;x-key=t;use_ssl=false', {}],
    ] as const) {
      expect(failureOf(() => parseSparkUrl(url, given))).toMatch(/must be encrypted/);
    }
  });

  it.each([
    `https://spark.example/;token=${secret}`,
    `sc://spark.example:0/;token=${secret}`,
    `sc://spark.example:99999/;token=${secret}`,
    `sc://spark.example/;tokn=1;token=${secret}`,
    `sc://spark.example/;x-key=${secret};nonsense=1`,
    `spark.example;TOKEN=${secret}`,
  ])('that is wrong is refused without its secrets: %s', (url) => {
    const message = failureOf(() => parseSparkUrl(url));
    expect(message).toMatch(/url of Session.spark must be sc:/);
    expect(message).not.toContain(secret);
  });
});

describe('words of a server', () => {
  it('are said without tokens', () => {
    const said = `Bearer ${secret} was no good; see sc://h/;token=${secret};x-a=${secret} and ${encodeURIComponent(secret)} or ${secret}`;
    const clean = redact(said, [secret]);
    expect(clean).not.toContain(secret);
    expect(clean).not.toContain(encodeURIComponent(secret));
    for (const code of [16, 14, 13]) {
      const error = sparkError(
        { code, details: said },
        { what: 'x', server: 'h:1', secrets: [secret] },
      );
      expect(error.message).not.toContain(secret);
    }
  });

  it.each([
    [14, 'No connection established'],
    [4, 'Deadline exceeded after 59.967s'],
  ])('of a server that does not answer say whom to look for: %i', (code, details) => {
    const where = { what: 'its version', server: 'h:1', secrets: [] };
    const error = sparkError({ code, details }, where);
    expect(error.code).toBe('EXECUTOR_LOST');
    expect(error.message).toMatch(
      /^the Spark server h:1 must answer; .* for its version: .*server running there/,
    );
  });

  it('hold an error of a member, whatever stands around it', () => {
    const record = { code: 'DEPENDENCY_MISSING', message: 'say Ünïcode', context: { rank: 1 } };
    const text = `COPPICE:${Buffer.from(JSON.stringify(record)).toString('base64url')}:`;
    const where = { what: 'x', server: 'h:1', secrets: [] };
    const found = sparkError({ code: 13, details: `Job aborted\n  ${text}\n at x` }, where);
    expect(found).toMatchObject(record);
    const damaged = sparkError({ code: 13, details: text.slice(0, 20) }, where);
    expect(damaged.code).toBe('EXECUTOR_FAILED');
  });

  it('tell the version of Python that functions must name, once', () => {
    const text =
      '[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.13 than that in driver: 3.11';
    expect(workerPythonIn(text)).toBe('3.13');
    expect(workerPythonIn('worker has different version: 3.13')).toBeNull();
    const version = new PythonVersion();
    const error = sparkError({ details: text }, { what: 'x', server: 'h:1', secrets: [] });
    expect(version.learn(new Error('other'))).toBe(false);
    expect([version.learn(error), version.current, version.learn(error)]).toEqual([
      true,
      '3.13',
      false,
    ]);
  });
});
