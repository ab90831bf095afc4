/**
 * Replaces a folder so that at every instant, whatever kills the process, either the old or the new one
 * can be found:
 *
 *     write   <path>.tmp-<id>/…        everything on the disk before the next step
 *     switch  <path>      → <path>.old-<id>      only when there is an old one
 *             <path>.tmp-<id> → <path>
 *     clean   <path>.old-<id> removed
 *
 * A kill inside "switch" leaves no <path> but the pair with one id: {@link findFolder} and the next save
 * finish it (the new one was complete) or undo it. A kill elsewhere leaves a stale folder that the next
 * save removes once its writer is dead. The id is <hash of host>-<process>-<random>.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoppiceError } from './errors.ts';
import { makeFolder } from './make-folder.ts';
import { errnoOf, fileWriteError, syncFolder } from './write-durably.ts';

/** Options of {@link switchIn}. */
export interface SwitchInOptions {
  /** Replace what is there. */
  readonly overwrite: boolean;
  /** May this existing folder be removed? Keeps a slip of the path from erasing other files. */
  readonly mayReplace: (path: string) => Promise<boolean>;
  /** What is being saved, for errors: `a saved stage`. */
  readonly what: string;
}

let host: string | null = null;
const leftover = /^\.(tmp|old)-(([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{8})$/;
const activeIds = new Set<string>();
const queues = new Map<string, Promise<void>>();
const dayMs = 86_400_000;

/**
 * Writes a folder under a temporary name and switches it in.
 *
 * @param write fills the folder whose path it is given; every file must be on the disk when it returns
 * @throws CoppiceError `FILE_EXISTS`, `FILE_WRITE`
 */
export async function switchIn(
  path: string,
  options: SwitchInOptions,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const target = resolve(path);
  // Two saves of one process to one path take turns; other processes are met by the retries below.
  const before = queues.get(target) ?? Promise.resolve();
  const turn = before.then(() => saveInto(target, options, write));
  const settled = turn.catch(() => undefined);
  queues.set(target, settled);
  try {
    await turn;
  } finally {
    if (queues.get(target) === settled) queues.delete(target);
  }
}

/**
 * The folder to read for a path: the path itself, after an interrupted switch was finished or undone. On
 * a medium that cannot be written, the folder that would have been switched in. Undefined when there is
 * none.
 */
export async function findFolder(path: string): Promise<string | undefined> {
  const target = resolve(path);
  if (await exists(target)) return target;
  let pair = await interruptedSwitch(target);
  if (pair === undefined) return undefined;
  // A living writer needs a moment only; do not race it.
  for (let wait = 0; wait < 10 && (await isAlive(pair)); wait++) {
    await sleep(20);
    if (await exists(target)) return target;
  }
  pair = await interruptedSwitch(target);
  if (pair === undefined) return (await exists(target)) ? target : undefined;
  try {
    await rename(pair.path, target);
    await syncFolder(dirname(target));
    return target;
  } catch {
    if (await exists(target)) return target;
    return (await exists(pair.path)) ? pair.path : undefined;
  }
}

async function saveInto(
  target: string,
  options: SwitchInOptions,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  try {
    await findFolder(target);
    await refuseExisting(target, options);
  } catch (error) {
    throw fileWriteError(target, error);
  }
  await removeLeftovers(target);
  const id = writerId();
  const temporary = `${target}.tmp-${id}`;
  activeIds.add(id);
  try {
    await makeNewFolder(temporary);
    await write(temporary);
    await syncTree(temporary);
    await refuseExisting(target, options);
    await exchange(target, temporary, `${target}.old-${id}`, options);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw fileWriteError(target, error);
  } finally {
    activeIds.delete(id);
  }
}

async function refuseExisting(target: string, options: SwitchInOptions): Promise<void> {
  if (!(await exists(target))) return;
  const context = { file: target };
  if (!options.overwrite) {
    const message = `${target} exists already; give another path or { overwrite: true }`;
    throw new CoppiceError('FILE_EXISTS', message, { context });
  }
  if (!(await options.mayReplace(target))) {
    const message = `${target} exists and is ${await othernessOf(target, options.what)}`;
    throw new CoppiceError('FILE_EXISTS', message, { context });
  }
}

/** The two renames; repeated when another process switched in its own folder in between. */
async function exchange(
  target: string,
  temporary: string,
  old: string,
  options: SwitchInOptions,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const hasOld = options.overwrite && (await renamed(target, old, ['ENOENT']));
    try {
      if (await renamed(temporary, target, ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'])) {
        await syncFolder(dirname(target));
        await rm(old, { recursive: true, force: true });
        return;
      }
    } catch (error) {
      // A reader that found us between the two renames has finished the switch for us.
      if (errnoOf(error) === 'ENOENT' && !(await exists(temporary)) && (await exists(target))) {
        await rm(old, { recursive: true, force: true });
        return;
      }
      if (hasOld) await rename(old, target).catch(() => undefined);
      throw error;
    }
    if (!options.overwrite || attempt === 20) {
      throw new CoppiceError('FILE_EXISTS', `${target} was written by somebody else meanwhile`, {
        context: { file: target },
      });
    }
    await rm(old, { recursive: true, force: true });
  }
}

async function renamed(from: string, to: string, expected: readonly string[]): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (expected.includes(errnoOf(error))) return false;
    throw error;
  }
}

interface Leftover {
  readonly kind: 'tmp' | 'old';
  readonly id: string;
  readonly path: string;
}

async function leftoversOf(target: string): Promise<Leftover[]> {
  const folder = dirname(target);
  const name = basename(target);
  const names = await readdir(folder).catch(() => [] as string[]);
  const found: Leftover[] = [];
  for (const entry of names.sort()) {
    const match = entry.startsWith(name) ? leftover.exec(entry.slice(name.length)) : null;
    if (match === null) continue;
    found.push({
      kind: match[1] as 'tmp' | 'old',
      id: String(match[2]),
      path: join(folder, entry),
    });
  }
  return found;
}

/** What a switch that was cut between its renames left: the new folder if it is there, else the old one. */
async function interruptedSwitch(target: string): Promise<Leftover | undefined> {
  const found = await leftoversOf(target);
  const old = found.find((entry) => entry.kind === 'old');
  if (old === undefined) return undefined;
  const fresh = found.find((entry) => entry.kind === 'tmp' && entry.id === old.id);
  return fresh ?? old;
}

/** What tells a name of one writer: it says whether that one may still be at it. */
export function writerId(): string {
  return `${thisHost()}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Removes what writers of a path left beside it, a file or a folder, once they are dead. */
export async function removeLeftovers(target: string): Promise<void> {
  for (const entry of await leftoversOf(target)) {
    if (await isAlive(entry)) continue;
    await rm(entry.path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Hashed when something is saved, for most threads never do. */
function thisHost(): string {
  host ??= createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  return host;
}

/** May the writer of this leftover still be at it? Asked of another host, it may be for a day. */
async function isAlive(entry: Leftover): Promise<boolean> {
  if (activeIds.has(entry.id)) return true;
  const [writerHost, processText] = entry.id.split('-');
  const modifiedMs = (await lstat(entry.path).catch(() => undefined))?.mtimeMs ?? 0;
  if (writerHost !== thisHost()) return Date.now() - modifiedMs < dayMs;
  const writer = Number(processText);
  // Process numbers come again, in containers at every start; what is older than us is not ours.
  if (writer === process.pid) return modifiedMs > Date.now() - process.uptime() * 1000;
  try {
    process.kill(writer, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

async function makeNewFolder(path: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await mkdir(path);
  } catch (cause) {
    throw fileWriteError(path, cause);
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  }
  await syncFolder(folder);
}

/** Why what stands at a path is not overwritten, and what to do: a rename would replace a link, not what it leads to. */
export async function othernessOf(path: string, what: string): Promise<string> {
  if (!(await lstat(path)).isSymbolicLink())
    return `not ${what}, so it is not overwritten; remove it or give another path`;
  const leadsTo = await realpath(path).catch(() => 'nothing');
  return `a symbolic link to ${leadsTo}, so it is not overwritten: give the path that it leads to, or remove the link`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
