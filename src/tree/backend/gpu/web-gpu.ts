/**
 * The parts of WebGPU that are used here, as types: the packages that have them are optional, so nothing of
 * theirs may be imported, not even types.
 */

/** A buffer on the device. */
export interface GpuBuffer {
  readonly size: number;
  mapAsync(mode: number, offset?: number, size?: number): Promise<void>;
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** A compiled kernel. */
export interface GpuPipeline {
  getBindGroupLayout(index: number): unknown;
}

/** One pass of kernels. */
export interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: unknown): void;
  dispatchWorkgroups(x: number, y?: number): void;
  end(): void;
}

/** Commands on their way to the device. */
export interface GpuEncoder {
  beginComputePass(): GpuPass;
  copyBufferToBuffer(
    from: GpuBuffer,
    fromOffset: number,
    to: GpuBuffer,
    toOffset: number,
    size: number,
  ): void;
  clearBuffer(buffer: GpuBuffer, offset: number, size: number): void;
  finish(): unknown;
}

/** What the device says of a shader. */
export interface GpuMessage {
  readonly type: string;
  readonly lineNum: number;
  readonly message: string;
}

/** An error that a scope caught, or null. */
export type GpuScopeError = { readonly message: string } | null;

/** The device. */
export interface GpuDevice {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  readonly queue: {
    writeBuffer(
      buffer: GpuBuffer,
      offset: number,
      data: ArrayBufferView,
      dataOffset?: number,
      size?: number,
    ): void;
    submit(commands: readonly unknown[]): void;
    onSubmittedWorkDone(): Promise<unknown>;
  };
  onuncapturederror: ((event: { readonly error: { readonly message: string } }) => void) | null;
  createBuffer(options: { size: number; usage: number; mappedAtCreation?: boolean }): GpuBuffer;
  createShaderModule(options: { code: string }): {
    getCompilationInfo(): Promise<{ readonly messages: Iterable<GpuMessage> }>;
  };
  createComputePipelineAsync(options: {
    layout: 'auto';
    compute: { module: unknown; entryPoint: string };
  }): Promise<GpuPipeline>;
  createBindGroup(options: {
    layout: unknown;
    entries: readonly { binding: number; resource: { buffer: GpuBuffer } }[];
  }): unknown;
  createCommandEncoder(): GpuEncoder;
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<GpuScopeError>;
  destroy(): void;
}

/** What drives the device. */
export interface GpuAdapter {
  readonly info: Readonly<Record<string, string | boolean | number>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: { has(name: string): boolean };
  requestDevice(options: {
    requiredLimits: Readonly<Record<string, number>>;
    requiredFeatures?: readonly string[];
  }): Promise<GpuDevice>;
}

/** What the package `webgpu` gives. */
export interface GpuEntry {
  requestAdapter(options?: Readonly<Record<string, string>>): Promise<GpuAdapter | null>;
}

/** What the package `webgpu` exports. */
export interface WebGpuPackage {
  create(flags: readonly string[]): GpuEntry;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** Ways in which a buffer is used; the numbers of the standard. */
export const bufferUsage = {
  mapRead: 1,
  mapWrite: 2,
  copySrc: 4,
  copyDst: 8,
  uniform: 64,
  storage: 128,
} as const;

/** The mode of a mapping that is read. */
export const mapRead = 1;
/** The mode of one that is written. */
export const mapWrite = 2;
