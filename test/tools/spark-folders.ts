/** Folders of models that Spark ML saved, out of the fixtures of test/oracle. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';

/** The files of a folder, deflated. */
export interface SavedFolder {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

/** All cases of a version's fixture. */
export function sparkCases<T extends SavedFolder>(version: string): readonly T[] {
  const path = new URL(`../oracle/fixtures/spark-models-${version}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly cases: readonly T[] }).cases;
}

/** Writes the folder as Spark did. */
export function writeSparkFolder({ files }: SavedFolder, path: string): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), inflateSync(Buffer.from(text, 'base64')));
  }
}
