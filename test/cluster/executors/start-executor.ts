/** Starts executors as their operators do, on free ports of this machine, and ends them with the tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { temporaryFolder } from '../../tools/temporary-folder.ts';

const command = fileURLToPath(new URL('../../../dist/bundle/node/cli.js', import.meta.url));

/** The secret of the tests' executors. */
export const token = 'a token of the tests, long enough';

/** A running `coppice executor`. */
export interface StartedExecutor {
  readonly process: ChildProcess;
  /** `host:port`. */
  readonly address: string;
  /** What it wrote so far. */
  words(): string;
  /** The ids of the process and of its children. */
  end(): Promise<void>;
}

const started: StartedExecutor[] = [];
afterAll(() => Promise.all(started.splice(0).map((executor) => executor.end())));

let tokenFile: string | null = null;

/** A file with the token. */
export function fileOfToken(): string {
  if (tokenFile === null) {
    tokenFile = join(temporaryFolder('token'), 'token');
    writeFileSync(tokenFile, `${token}\n`);
  }
  return tokenFile;
}

/** Starts `coppice executor` with more options; resolves when it listens, rejects when it ends before. */
export async function startExecutor(...options: readonly string[]): Promise<StartedExecutor> {
  const own = ['executor', '--token-file', fileOfToken()];
  const listens = options.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [command, ...own, ...listens, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words += text;
      const [, found] = /listening on (\S+)/.exec(words) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error(words)));
  });
  const executor: StartedExecutor = {
    process: child,
    address,
    words: () => words,
    end: async () => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await ended;
    },
  };
  started.push(executor);
  return executor;
}

/** Several executors with these many threads each. */
export async function startExecutors(
  threads: readonly number[],
  ...options: readonly string[]
): Promise<StartedExecutor[]> {
  return await Promise.all(
    threads.map((count) => startExecutor('--threads', String(count), ...options)),
  );
}
