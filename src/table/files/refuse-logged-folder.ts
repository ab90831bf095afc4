/**
 * Refuses to read a folder as a plain set of files where a table format keeps a log of them. Files stay there after their
 * rows were deleted, replaced or compacted: only the log says which of them are the table.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CoppiceError } from '../../base/errors.ts';

/** Delta names a table's files by version; Iceberg by snapshot; Hudi by instant. */
const formats: readonly { readonly name: string; readonly isLog: (folder: string) => boolean }[] = [
  { name: 'a Delta Lake table (_delta_log)', isLog: (folder) => holds(folder, '_delta_log') },
  { name: 'an Iceberg table (metadata/*.metadata.json)', isLog: hasSnapshots },
  { name: 'a Hudi table (.hoodie)', isLog: (folder) => holds(folder, '.hoodie') },
];

/** @throws CoppiceError `UNSUPPORTED` where the folder, or one that it lies in, is such a table */
export function refuseLoggedFolder(folder: string): void {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const format = formats.find(({ isLog }) => isLog(at));
    if (format !== undefined) throw logged(folder, format.name);
    if (dirname(at) === at) return;
  }
}

function logged(folder: string, name: string): CoppiceError {
  const message = `the folder ${folder} must hold the rows of a table and no others; it is of ${name}, whose files may hold rows that the table no longer has; give the files of one version as a list (in Python DeltaTable(path).file_uris()), read it through Session.spark, or have it written as Parquet`;
  return new CoppiceError('UNSUPPORTED', message, { context: { file: folder } });
}

function holds(folder: string, name: string): boolean {
  return existsSync(join(folder, name));
}

function hasSnapshots(folder: string): boolean {
  const metadata = join(folder, 'metadata');
  if (!existsSync(metadata)) return false;
  try {
    return readdirSync(metadata).some((name) => /^(v\d+|\d+-[^/]*)\.metadata\.json$/.test(name));
  } catch {
    // a file of that name, or a folder that may not be read
    return false;
  }
}
