/**
 * What becomes of an error that whoever hears a gang's messages throws, an onProgress of the caller for instance, at once or
 * in a promise?
 * Nobody waits for what a message brings about, so it would end the process. It is kept instead, the gang is ended as
 * by a signal, and the call that began the work rejects with it.
 */
import { allowListeners } from '../base/abort.ts';
import { emitWarning } from '../base/warn.ts';
import type { GangRequest, GangRunner } from './gang-runner.ts';

/** Runs a gang; what its `onMessage` throws ends it and is thrown here. */
export async function runHeardGang(runner: GangRunner, request: GangRequest): Promise<unknown[]> {
  const { signal, onMessage } = request;
  if (onMessage === undefined) return await runner.runGang(request);
  const stop = new AbortController();
  const thrown: unknown[] = [];
  let isOver = false;
  const end = (error: unknown): void => {
    if (isOver) {
      emitWarning(`what hears of the work rejected after its end: ${(error as Error)?.message}`);
    } else if (thrown.length === 0) {
      thrown.push(error);
      stop.abort(error);
    }
  };
  const hear = (message: unknown): void => {
    if (thrown.length > 0) return;
    try {
      // a function that waits for something throws later
      const answer: unknown = onMessage(message);
      if (answer instanceof Promise) answer.catch(end);
    } catch (error) {
      end(error);
    }
  };
  const onAbort = (): void => stop.abort(signal?.reason);
  allowListeners(signal);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    const answers = await runner.runGang({ ...request, signal: stop.signal, onMessage: hear });
    if (thrown.length > 0) throw thrown[0];
    return answers;
  } catch (error) {
    throw thrown.length > 0 ? thrown[0] : error;
  } finally {
    isOver = true;
    signal?.removeEventListener('abort', onAbort);
  }
}
