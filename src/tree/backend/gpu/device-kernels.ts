/** The compiled shaders of a fit, and how one is run: its buffers in the order of its bindings. */
import { cumulateShader } from './cumulate-wgsl.ts';
import { DeviceFailure } from './device-failure.ts';
import { histogramShader } from './histogram-wgsl.ts';
import type { OpenDevice } from './open-device.ts';
import { pickShader } from './pick-wgsl.ts';
import {
  cutChunksShader,
  fillShader,
  gatherShader,
  markShader,
  moveRowsShader,
  packShader,
  subtractShader,
} from './row-wgsl.ts';
import type { ShaderFacts } from './shader-facts.ts';
import type { GpuBuffer, GpuDevice, GpuEncoder, GpuPipeline } from './web-gpu.ts';

/** The shaders of boosted trees by their entry points. */
export const shaders = {
  histogram: histogramShader,
  cumulate: cumulateShader,
  moveRows: moveRowsShader,
  subtract: subtractShader,
  gather: gatherShader,
  pick: pickShader,
  cutChunks: () => cutChunksShader,
  mark: markShader,
  pack: () => packShader,
  fill: () => fillShader,
} satisfies Record<string, (facts: ShaderFacts) => string>;

/** The name of a shader. */
export type ShaderName = keyof typeof shaders;

/** The sources of boosted trees' shaders for a fit. */
export function treeShaders(facts: ShaderFacts): Readonly<Record<ShaderName, string>> {
  const sources = Object.entries(shaders).map(([name, shaderOf]) => [name, shaderOf(facts)]);
  return Object.fromEntries(sources) as Record<ShaderName, string>;
}

/** See the header. */
export class DeviceKernels<Name extends string> {
  readonly #device: GpuDevice;
  readonly #pipelines: ReadonlyMap<Name, GpuPipeline>;

  private constructor(device: GpuDevice, pipelines: ReadonlyMap<Name, GpuPipeline>) {
    this.#device = device;
    this.#pipelines = pipelines;
  }

  /** Compiles them all; a shader that the driver refuses is a failure, never a kernel that writes zeros. */
  static async compile<Name extends string>(
    { device, check }: OpenDevice,
    sources: Readonly<Record<Name, string>>,
  ): Promise<DeviceKernels<Name>> {
    const names = Object.keys(sources) as Name[];
    // all are waited for, also where one fails: nothing may be under way when the device is closed
    const compiled = await Promise.allSettled(
      names.map((name) => compileShader(device, name, sources[name])),
    );
    const pipelines = compiled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    check();
    return new DeviceKernels(
      device,
      new Map(names.map((name, i) => [name, pipelines[i] as GpuPipeline])),
    );
  }

  /** Runs x · y workgroups. */
  run(
    encoder: GpuEncoder,
    name: Name,
    buffers: readonly GpuBuffer[],
    groups: readonly [number, number?],
  ): void {
    const pipeline = this.#pipelines.get(name) as GpuPipeline;
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const layout = pipeline.getBindGroupLayout(0);
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(groups[0], groups[1] ?? 1);
    pass.end();
  }
}

/** Pipelines of a device by their sources: fits of the same shape share them. */
const compiledOf = new WeakMap<GpuDevice, Map<string, Promise<GpuPipeline>>>();

function compileShader(device: GpuDevice, name: string, code: string): Promise<GpuPipeline> {
  const known = compiledOf.get(device) ?? new Map<string, Promise<GpuPipeline>>();
  compiledOf.set(device, known);
  const compiled = known.get(code) ?? compileSource(device, name, code);
  known.set(code, compiled);
  return compiled;
}

async function compileSource(device: GpuDevice, name: string, code: string): Promise<GpuPipeline> {
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  const errors = [...messages].filter(({ type }) => type === 'error');
  if (errors.length > 0) {
    const words = errors.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('; ');
    throw new DeviceFailure('GPU_FAILED', `the kernel ${name} did not compile: ${words}`);
  }
  return await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: name },
  });
}
