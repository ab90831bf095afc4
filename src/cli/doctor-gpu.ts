/** What does this machine have of a GPU? Asked in a process of its own, which a bad driver may take down. */
import type { Finding } from './finding.ts';

/** The findings of `doctor --gpu`. */
export async function gpuFindings(): Promise<Finding[]> {
  const { examineDevice } = await import('../tree/backend/gpu/probe-device.ts');
  const { driversText, findDrivers } = await import('../tree/backend/gpu/driver-files.ts');
  const drivers = (): Finding[] =>
    process.platform === 'linux'
      ? [{ name: 'Vulkan drivers', found: driversText(findDrivers(process.env)), isFine: true }]
      : [];
  try {
    const { facts, selfTest } = await examineDevice();
    const { limits, driver, backend, isSoftware } = facts;
    const name = isSoftware ? `${facts.name} (a program, not a GPU)` : facts.name;
    const findings: Finding[] = [
      { name: 'GPU', found: `${name}, by ${backend}`, isFine: true },
      { name: 'GPU driver', found: driver || 'unnamed', isFine: true },
      ...drivers(),
      { name: 'GPU limits', found: limitsText(limits), isFine: true },
    ];
    if (selfTest === undefined) return findings;
    const { isRight, numRows, histogramMs, moveMs, scoresMs, roundTripMs, setUpMs } = selfTest;
    const updates = (numRows * selfTest.numFeatures) / Math.max(1e-3, histogramMs) / 1e6;
    findings.push(
      {
        name: 'GPU self-test',
        found: isRight ? 'every sum is right' : 'wrong sums: do not train on it',
        isFine: isRight,
      },
      {
        name: 'GPU speed',
        found:
          `${updates.toPrecision(3)} thousand million additions a second (${numRows} rows × ${selfTest.numFeatures}: ` +
          `${histogramMs.toPrecision(3)} ms), rows to their sides ${moveMs.toPrecision(3)} ms, scores of a node ${scoresMs.toPrecision(3)} ms, ` +
          `there and back ${roundTripMs.toPrecision(3)} ms, set-up ${Math.round(setUpMs)} ms`,
        isFine: true,
      },
    );
    return findings;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return [{ name: 'GPU', found: `none can be used: ${found}`, isFine: false }, ...drivers()];
  }
}

function limitsText(limits: Readonly<Record<string, number>>): string {
  const mib = (name: string): string => `${Math.floor((limits[name] ?? 0) / 2 ** 20)} MiB`;
  const shared = Math.floor((limits.maxComputeWorkgroupStorageSize ?? 0) / 1024);
  return (
    `buffers of ${mib('maxBufferSize')}, ${mib('maxStorageBufferBindingSize')} of one seen by a kernel, ` +
    `${shared} KiB for a workgroup`
  );
}
