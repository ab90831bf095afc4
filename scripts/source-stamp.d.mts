export const root: string;
export const cacheDir: string;
export function filesBelow(folder: string, ending: string): string[];
export function hashSources(): { ts: string; wasm: string };
export function readStamp(): { ts?: string; wasm?: string };
export function writeStamp(part: { ts?: string; wasm?: string }): void;
