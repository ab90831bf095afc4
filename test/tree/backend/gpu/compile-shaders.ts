/**
 * Run in a process of its own: compiles every shader on Dawn's null backend, which validates and computes nothing,
 * for each width of gradients and counts. Prints what the compiler objects to, one line each.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type BinnedFeature, layoutRecords } from '../../../../src/binning/binned-layout.ts';
import { shaders } from '../../../../src/tree/backend/gpu/device-kernels.ts';
import { planGroups } from '../../../../src/tree/backend/gpu/feature-groups.ts';
import {
  forestFields,
  forestHistogramShader,
} from '../../../../src/tree/backend/gpu/forest-wgsl.ts';
import { cutsOfPart, entryFields } from '../../../../src/tree/backend/gpu/shader-facts.ts';
import type { WebGpuPackage } from '../../../../src/tree/backend/gpu/web-gpu.ts';

const feature = (index: number, numBins: number, isCategory = false): BinnedFeature => ({
  name: `x${index}`,
  index,
  kind: isCategory ? 'category' : 'numeric',
  edges: Float64Array.from({ length: isCategory ? 0 : numBins - 1 }, (_, i) => i),
  categories: Array.from({ length: isCategory ? numBins : 0 }, (_, i) => `c${i}`),
  isFloat32: true,
});

const cases = [
  { features: [feature(0, 2)], shift: 63 },
  { features: [feature(0, 255), feature(1, 7), feature(2, 3, true)], shift: 63 },
  { features: [feature(0, 255), feature(1, 9)], shift: 20 },
  { features: [feature(0, 40), feature(1, 3000, true)], shift: 40 },
  { features: [feature(0, 64), feature(1, 4)], shift: 32 },
];

const path = createRequire(import.meta.url).resolve('webgpu');
const { create } = (await import(pathToFileURL(path).href)) as WebGpuPackage;
const gpu = create(['backend=null']);
const adapter = await gpu.requestAdapter();
const device = await adapter?.requestDevice({ requiredLimits: {} });
if (device === undefined) throw new Error('the null backend gave no device');
let numCompiled = 0;

async function compile(entryPoint: string, code: string, of: string): Promise<void> {
  device?.pushErrorScope('validation');
  const module = device?.createShaderModule({ code });
  if (device === undefined || module === undefined) return;
  for (const { lineNum, message } of (await module.getCompilationInfo()).messages) {
    console.log(`${entryPoint}, ${of}, line ${lineNum}: ${message}`);
  }
  await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint } });
  const error = await device.popErrorScope();
  if (error !== null) console.log(`${entryPoint}, ${of}: ${error.message}`);
  numCompiled += 1;
}

for (const slotBytes of [4, 8] as const) {
  for (const { features, shift } of cases) {
    const layout = layoutRecords(
      features,
      features.map(() => true),
      slotBytes,
    );
    for (const [name, shaderOf] of Object.entries(shaders)) {
      const code = shaderOf({
        layout,
        countShift: shift,
        minRows: 20,
        ...planGroups(layout, Math.floor(16_000 / (4 * entryFields(layout, shift)))),
        histogramLanes: 256,
        cutsOfPart: cutsOfPart(layout),
      });
      await compile(name, code, `${slotBytes} bytes, shift ${shift}`);
    }
  }
}
for (const [kind, numClasses] of [
  ['number', 1],
  ['two classes', 2],
  ['classes', 2],
  ['classes', 40],
] as const) {
  for (const countShift of kind === 'number' ? [20, 32, 50] : [36]) {
    const groupEntries = Math.floor(16_000 / (4 * forestFields({ kind, numClasses })));
    const facts = { kind, numClasses, countShift, stride: 32, groupEntries };
    await compile('forestHistogram', forestHistogramShader(facts), `${numClasses} ${kind}`);
  }
}
device.destroy();
console.log(`compiled ${numCompiled}`);
