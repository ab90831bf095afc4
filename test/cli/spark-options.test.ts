/** What the command line says when Spark is asked for in a way that makes no sense. The rest is in test/spark/server. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { runForTest } from './run-for-test.ts';

const fit = ['fit', '--data', '/data/flights', '--label', 'y', '--model', '/nowhere/model'];
const keyFile = join(temporaryFolder('tls'), 'key.pem');
writeFileSync(keyFile, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
const executor = ['executor', '--listen', '127.0.0.1:0', '--token-file', keyFile];
const spark = [...fit, '--session', 'spark'];

describe('coppice --session spark', () => {
  let remote: string | undefined;
  beforeEach(() => {
    remote = process.env['SPARK_REMOTE'];
    delete process.env['SPARK_REMOTE'];
  });
  afterEach(() => {
    if (remote !== undefined) process.env['SPARK_REMOTE'] = remote;
    else delete process.env['SPARK_REMOTE'];
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['no address', spark, 2, /needs --spark sc:\/\/host:15002, or the variable SPARK_REMOTE/],
    [
      'Spark without its session',
      [...fit, '--spark', 'sc://h'],
      2,
      /--spark needs --session spark/,
    ],
    [
      'addresses as members',
      [...spark, '--spark', 'sc://h', '--executors', 'a:1,b:1'],
      2,
      /must be how many members there are, such as 8; got a:1,b:1/,
    ],
    ['a device', [...spark, '--spark', 'sc://h', '--device', 'gpu'], 2, /--device has no meaning/],
    [
      'another protocol',
      [...spark, '--spark', 'http://h;token=abc'],
      2,
      /must be sc:\/\/host:port/,
    ],
    [
      'a token file that is not there',
      [...spark, '--spark', 'sc://h', '--token-file', '/nowhere/token'],
      3,
      /the file of --token-file must be readable; got \/nowhere\/token/,
    ],
    [
      'a key without its certificate',
      [...spark, '--spark', 'sc://127.0.0.1:9', '--tls-key', '/nowhere/key'],
      3,
      /the file of --tls-key must be readable; got \/nowhere\/key/,
    ],
    [
      'a key without its certificate, which is there',
      [...spark, '--spark', 'sc://127.0.0.1:9', '--tls-key', keyFile],
      2,
      /--tls-cert and --tls-key of --session spark must be given together; got --tls-key without --tls-cert/,
    ],
    [
      'a certificate for nobody',
      [...fit, '--tls-cert', keyFile],
      2,
      /--tls-cert needs --session executors or --session spark/,
    ],
    [
      'an executor with a key alone',
      [...executor, '--tls-key', keyFile],
      2,
      /--tls-cert and --tls-key of coppice executor must be given together/,
    ],
    [
      'an executor with a key for a certificate',
      [...executor, '--tls-cert', keyFile, '--tls-key', keyFile],
      2,
      /--tls-cert of coppice executor must hold a certificate in PEM/,
    ],
    [
      'an executor with an authority alone',
      [...executor, '--tls-ca', keyFile],
      2,
      /--tls-ca of coppice executor needs --tls-cert and --tls-key/,
    ],
    [
      'an executor with a folder that is none',
      [...executor, '--data-root', keyFile],
      3,
      /--data-root of coppice executor must be folders/,
    ],
    [
      'a server that is not there',
      [...spark, '--spark', 'sc://127.0.0.1:9'],
      1,
      /127.0.0.1:9 must answer/,
    ],
  ])('%s is an error that says what to do', async (_, words, exitCode, message) => {
    const run = await runForTest(words);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toContain('abc');
    expect(run.exitCode).toBe(exitCode);
  });

  it('takes the address, and no secret into its words, from SPARK_REMOTE', async () => {
    process.env['SPARK_REMOTE'] = 'sc://127.0.0.1:9/;token=s3cr3t-of-mine';
    const run = await runForTest([...spark, '--json']);
    expect(run.json).toMatchObject({ error: { code: 'EXECUTOR_LOST' } });
    expect(run.stdout + run.stderr).toContain('127.0.0.1:9');
    expect(run.stdout + run.stderr).not.toContain('s3cr3t');
  });
});
