// Compiles single files of src to dist, types unchecked: for a tree that is built but for a line or two.

import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './source-stamp.mjs';

/** Compiles the given files of src alone; `dist/bundle` stays what it was. */
export function transpile(files) {
  const config = join(root, 'tsconfig.build.json');
  const { options } = ts.getParsedCommandLineOfConfigFile(config, {}, ts.sys);
  // NodeNext asks package.json whether a file is a module; every file of ours is one
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: file });
    const output = join(root, 'dist', relative('src', file)).replace(/\.ts$/, '.js');
    writeFileSync(output, outputText);
  }
}
