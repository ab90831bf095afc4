/**
 * The entry of the process in which an executor's ranks run. A daemon starts one for each session, talks to it over
 * the pipe with the number 3, and starts another when it is lost; it ends when the pipe does.
 *
 * @param argv the settings, as JSON
 */
import { Socket } from 'node:net';
import { FrameStream, type Heartbeat } from './control-frames.ts';
import { serveRanks } from './rank-process.ts';

/** What the daemon settles when it starts the process. */
export interface ExecutorProcessSettings {
  /** Where the members of a gang are to find it. */
  readonly host: string;
  readonly numThreads: number;
  readonly workerUrl: string;
  readonly timeoutMs: number | undefined;
  readonly maxMemory: number | undefined;
  readonly heartbeat: Heartbeat;
}

const settings = JSON.parse(process.argv[2] as string) as ExecutorProcessSettings;
// what Ctrl-C means is the daemon's to say
process.on('SIGINT', () => undefined);
const frames = new FrameStream(new Socket({ fd: 3, readable: true, writable: true }));
await serveRanks(frames, { ...settings, workerUrl: new URL(settings.workerUrl) });
process.exit();
