/** The command `executor`: serves drivers until it is told to end. */
import { statSync } from 'node:fs';
import { CoppiceError } from '../base/errors.ts';
import { announce, launchedPlace } from '../session/rendezvous.ts';
import { serveExecutor } from '../session/serve-executor.ts';
import type { CommandContext, CommandResult, CommonOptions } from './command.ts';
import { type TlsFileOptions, tlsTexts } from './tls-files.ts';
import { tokenText } from './with-session.ts';

/** Options of `executor`. */
export interface ExecutorCommandOptions extends CommonOptions, TlsFileOptions {
  readonly listen: string;
  readonly tokenFile: string;
  readonly dataRoot?: readonly string[];
  readonly allowUrl?: readonly string[];
  readonly modules?: readonly string[];
  readonly maxMemory?: number;
  readonly threads?: number;
  readonly silence?: number;
  readonly rendezvous?: string;
}

/** The command `executor`. */
export async function executor(
  options: ExecutorCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const { terminal, signal } = context;
  const place = options.rendezvous === undefined ? null : launchedPlace();
  if (options.tlsCa !== undefined && (options.tlsCert ?? options.tlsKey) === undefined)
    throw new CoppiceError('USAGE', '--tls-ca of coppice executor needs --tls-cert and --tls-key');
  const tls = await tlsTexts(options, 'coppice executor');
  checkFolders(options.dataRoot, '--data-root');
  checkFolders(options.modules, '--modules');
  const daemon = await serveExecutor({
    listen: options.listen,
    token: await tokenText(options.tokenFile),
    tlsCert: tls?.cert,
    tlsKey: tls?.key,
    tlsCa: tls?.ca,
    dataRoots: options.dataRoot,
    allowedUrls: options.allowUrl,
    modules: options.modules,
    threads: options.threads,
    maxMemory: options.maxMemory === undefined ? undefined : options.maxMemory * 2 ** 20,
    silenceMs: options.silence === undefined ? undefined : options.silence * 1000,
    log: (line) => terminal.note(line),
  });
  const host = options.listen.slice(0, options.listen.lastIndexOf(':'));
  const address = `${host}:${daemon.port}`;
  terminal.note(`listening on ${address}`);
  const takeAway =
    options.rendezvous === undefined || place === null
      ? null
      : await announce(options.rendezvous, place, { host, port: daemon.port });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await takeAway?.();
  await daemon.close();
  return { value: { command: 'executor', address }, text: `the executor on ${address} has ended` };
}

function checkFolders(folders: readonly string[] = [], flag: string): void {
  const stranger = folders.find(
    (folder) => !statSync(folder, { throwIfNoEntry: false })?.isDirectory(),
  );
  if (stranger === undefined) return;
  const message = `${flag} of coppice executor must be folders; got ${stranger}`;
  throw new CoppiceError('FILE_NOT_FOUND', message, { context: { file: stranger } });
}
