/**
 * How a driver and an executor find out that they belong together, before any data passes: both prove that they
 * know the token (it never travels; over TLS the proof holds for this one connection only), then they compare the
 * versions of the library and of its kernels.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { CoppiceError, fromErrorRecord, toErrorRecord } from '../../base/errors.ts';
import {
  type ControlBodies,
  type ControlChannel,
  type ControlMessage,
  controlProtocol,
  type Identity,
} from './control-messages.ts';

/** The longest message before both sides are known. */
export const maxHelloBytes = 4096;

/** How long the other side may take to introduce itself. */
const helloMs = 5000;

/** Bytes of the longest message between sides that know each other. */
export const maxMessageBytes = 2 ** 32;

/** What a driver tells of itself. */
export interface DriverHello {
  readonly token: string;
  readonly identity: Identity;
  readonly session: string | null;
  readonly keepMs: number;
}

/** What an executor tells of itself. */
export interface ExecutorHello {
  readonly token: string;
  readonly identity: Identity;
  readonly numThreads: number;
  /** Takes the session, or says why not. @returns whether it was kept for this driver */
  admit(proof: ControlBodies['proof']): boolean;
}

/** A short secret that only the ends of one TLS connection can compute; empty without TLS. */
function channelOf(stream: Duplex): string {
  if (!('exportKeyingMaterial' in stream)) return '';
  const socket = stream as TLSSocket;
  return socket
    .exportKeyingMaterial(32, 'EXPERIMENTAL-coppice-control', Buffer.alloc(0))
    .toString('hex');
}

function macOf(token: string, side: string, parts: readonly string[]): string {
  return createHmac('sha256', token)
    .update(JSON.stringify([side, ...parts]))
    .digest('hex');
}

function isSame(a: unknown, b: string): boolean {
  if (typeof a !== 'string') return false;
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Waits for the next message; rejects when none comes in time. */
function nextMessage(channel: ControlChannel, who: string, ms: number): Promise<ControlMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new CoppiceError(
            'EXECUTOR_LOST',
            `${who} did not introduce itself within ${Math.round(ms)} ms`,
          ),
        ),
      ms,
    );
    channel.listen({
      onMessage: (message) => {
        clearTimeout(timer);
        channel.frames.rest();
        resolve(message);
      },
      onLost: (cause) => {
        clearTimeout(timer);
        reject(
          new CoppiceError('EXECUTOR_LOST', `${who} was lost at the greeting: ${cause.message}`, {
            cause,
          }),
        );
      },
    });
  });
}

/**
 * The driver's side.
 *
 * @throws CoppiceError `ACCESS_DENIED`, `EXECUTOR_BUSY`, `PROTOCOL`, `EXECUTOR_LOST`
 */
export async function greetExecutor(
  channel: ControlChannel,
  own: DriverHello,
  where: string,
  ms: number = helloMs,
): Promise<ControlBodies['welcome']> {
  const who = `the executor ${where}`;
  const nonce = randomBytes(16).toString('hex');
  channel.send('hello', 0, { protocol: controlProtocol, nonce });
  const challenge = await nextMessage(channel, who, ms);
  if (challenge.kind === 'refused') throw refusal(challenge.body, where);
  if (challenge.kind !== 'challenge') throw unexpected(who, challenge.kind);
  if (challenge.body.protocol !== controlProtocol) {
    throw new CoppiceError(
      'PROTOCOL',
      `${who} must speak version ${controlProtocol} of the protocol, as this driver does; got ${String(challenge.body.protocol)}; install the same version of coppice everywhere`,
    );
  }
  const { identity, session, keepMs } = own;
  const said = JSON.stringify([identity, session, keepMs]);
  const parts = [nonce, String(challenge.body.nonce), channelOf(channel.frames.stream)];
  const mac = macOf(own.token, 'driver', [...parts, said]);
  channel.send('proof', 0, { mac, identity, session, keepMs });
  const welcome = await nextMessage(channel, who, ms);
  if (welcome.kind === 'refused') throw refusal(welcome.body, where);
  if (welcome.kind !== 'welcome') throw unexpected(who, welcome.kind);
  const { body } = welcome;
  const answered = JSON.stringify([body.identity, body.numThreads, body.isResumed]);
  if (!isSame(body.mac, macOf(own.token, 'executor', [...parts, answered]))) {
    throw new CoppiceError(
      'ACCESS_DENIED',
      `${who} must prove that it knows the token; it does not`,
    );
  }
  checkIdentity(body.identity, identity, where);
  channel.raiseLimit(maxMessageBytes);
  return body;
}

/**
 * The executor's side; answers a stranger with a refusal, and throws why.
 *
 * @throws CoppiceError `ACCESS_DENIED`, `EXECUTOR_BUSY`, `PROTOCOL`, `EXECUTOR_LOST`
 */
export async function greetDriver(
  channel: ControlChannel,
  own: ExecutorHello,
  ms: number = helloMs,
): Promise<ControlBodies['proof']> {
  const hello = await nextMessage(channel, 'the caller', ms);
  if (hello.kind !== 'hello') throw unexpected('the caller', hello.kind);
  const nonce = randomBytes(16).toString('hex');
  channel.send('challenge', 0, { protocol: controlProtocol, nonce });
  const proof = await nextMessage(channel, 'the caller', ms);
  if (proof.kind !== 'proof') throw unexpected('the caller', proof.kind);
  const { body } = proof;
  try {
    const said = JSON.stringify([body.identity, body.session, body.keepMs]);
    const parts = [String(hello.body.nonce), nonce, channelOf(channel.frames.stream)];
    if (!isSame(body.mac, macOf(own.token, 'driver', [...parts, said]))) {
      const message = `the token of executor ${own.identity.host} must be known to its driver; this one does not know it: give what is in the file of its --token-file (token or tokenFile of Session.connect)`;
      throw new CoppiceError('ACCESS_DENIED', message);
    }
    checkIdentity(own.identity, body.identity, own.identity.host);
    const isResumed = own.admit(body);
    const { identity, numThreads } = own;
    const mac = macOf(own.token, 'executor', [
      ...parts,
      JSON.stringify([identity, numThreads, isResumed]),
    ]);
    channel.raiseLimit(maxMessageBytes);
    channel.send('welcome', 0, { mac, identity, numThreads, isResumed });
    return body;
  } catch (error) {
    channel.send('refused', 0, { error: { ...toErrorRecord(error), stack: undefined } });
    throw error;
  }
}

function checkIdentity(executor: Identity, driver: Identity, where: string): void {
  const context = { executor: executor.host, driver: driver.host };
  const both = (a: string, b: string): string =>
    `got ${a} on ${executor.host} (executor ${where}) and ${b} on ${driver.host} (driver)`;
  if (executor.version !== driver.version) {
    throw new CoppiceError(
      'PROTOCOL',
      `the versions of coppice of driver and executor must be the same; ${both(executor.version, driver.version)}; install one version everywhere`,
      { context },
    );
  }
  if (executor.kernels === driver.kernels) return;
  const brief = (hash: string): string => hash.slice(0, 12);
  throw new CoppiceError(
    'PROTOCOL',
    `the kernels of driver and executor must be the same; ${both(brief(executor.kernels), brief(driver.kernels))}, both of coppice ${driver.version}; build both from the same sources`,
    { context },
  );
}

function refusal({ error }: ControlBodies['refused'], where: string): CoppiceError {
  const found = fromErrorRecord(error);
  return new CoppiceError(found.code, found.message, {
    context: { ...found.context, executor: where },
  });
}

function unexpected(who: string, kind: string): CoppiceError {
  return new CoppiceError(
    'PROTOCOL',
    `${who} must introduce itself first; got a message of kind ${kind}`,
  );
}
