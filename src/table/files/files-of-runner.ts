/**
 * Whose files are meant? Where work runs on other machines, paths are theirs: they look for files and read them, and
 * the driver knows only what they tell.
 */
import { allowedPath } from '../../base/allowed-paths.ts';
import { isUrl, nameOfUrl } from '../../base/allowed-urls.ts';
import { CoppiceError } from '../../base/errors.ts';
import { registerTask, type TaskRunner } from '../../cluster/task-runner.ts';
import type { PartitionSpec } from '../plan/partition-spec.ts';
import type { FileIdentity } from './file-bytes.ts';
import { type FoundFile, findFiles } from './find-files.ts';

interface FindRequest {
  readonly paths: string | readonly string[];
  readonly extensions: readonly string[];
}

registerTask('table.findFiles', ({ paths, extensions }: FindRequest): FoundFile[] => {
  const list = typeof paths === 'string' ? [paths] : paths;
  const found = findFiles(list.map(allowedPattern), extensions);
  for (const { path } of found) if (!isUrl(path)) allowedPath('data', path);
  return found;
});

/** The files of some paths, where the runner reads files. @throws CoppiceError `FILE_NOT_FOUND`, `ACCESS_DENIED` */
export async function findFilesOf(
  runner: TaskRunner,
  paths: string | readonly string[],
  extensions: readonly string[],
  signal: AbortSignal | undefined,
): Promise<FoundFile[]> {
  if (runner.readsElsewhere !== true) return findFiles(paths, extensions);
  return await runner.run<FoundFile[]>('table.findFiles', { paths, extensions }, { signal });
}

/** Refuses URLs where a format is read from files alone. @throws CoppiceError `UNSUPPORTED` */
export function refuseUrls(paths: string | readonly string[], owner: string): void {
  const found = [paths].flat().find((path) => typeof path === 'string' && isUrl(path));
  if (found === undefined) return;
  const name = URL.canParse(found) ? nameOfUrl(found) : found;
  const message = `the files of ${owner} must be paths; got ${name}; fetch it first, or give it as Parquet, which is read from URLs`;
  throw new CoppiceError('UNSUPPORTED', message);
}

/** A file as all machines that have a copy of it know it: by what it holds; on this one its time says more. */
export function sharedIdentity(runner: TaskRunner, file: FileIdentity): FileIdentity {
  return runner.readsElsewhere === true
    ? { ...file, mtimeMs: 0 }
    : { ...file, contents: undefined };
}

/** True for a task that reads files. */
export function readsFiles(name: string, payload: unknown): boolean {
  if (fileTasks.has(name)) return true;
  const { partition, source } = (payload ?? {}) as Partial<PartitionSpec> & {
    partition?: PartitionSpec;
  };
  return sourceReadsFiles(partition?.source ?? source);
}

const fileTasks = new Set([
  'table.findFiles',
  'table.parquetInfo',
  'table.csvInfo',
  'table.arrowInfo',
]);
const fileSources = new Set(['parquet', 'csv', 'arrow']);

function sourceReadsFiles(source: PartitionSpec['source'] | undefined): boolean {
  if (source === undefined) return false;
  if (fileSources.has(source.kind)) return true;
  const parts = (source.parts ?? []) as readonly { partition?: PartitionSpec }[];
  return Array.isArray(parts) && parts.some((part) => sourceReadsFiles(part.partition?.source));
}

/** The part of a path before its first pattern must be allowed. */
function allowedPattern(path: string): string {
  if (isUrl(path)) return path;
  const at = path.search(/[^/\\]*[*?[\]{}]/);
  if (at < 0) return allowedPath('data', path);
  const folder = path.slice(0, at);
  const allowed = allowedPath('data', folder === '' ? '.' : folder);
  return allowed === folder || folder === '' ? path : `${allowed}/${path.slice(at)}`;
}
