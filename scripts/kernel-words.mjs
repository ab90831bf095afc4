// What is the compiler of the kernels told? Words of its command line, for the build and for the planted bugs, whose
// process compiles again and again.

/**
 * Compiles wasm/assembly to wasm/build/kernels.wasm, relative to the working directory.
 * @param {'release' | 'quick'} target of wasm/asconfig.json; `quick` optimises little
 */
export const kernelWords = (target) => [
  'wasm/assembly/kernels.ts',
  ...['--config', 'wasm/asconfig.json', '--target', target],
  ...['--outFile', 'wasm/build/kernels.wasm'],
];
