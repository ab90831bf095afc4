/**
 * Why does an executor that is there not let a driver in? What the connection itself says is "closed", or words of
 * OpenSSL. So who was turned away before the greeting asks once more, in the other way: one side may speak TLS and
 * the other not. Nothing secret is said in doing so.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { CoppiceError } from '../../base/errors.ts';
import { isLoopback } from '../tcp/protection.ts';
import { nameOf } from './addresses.ts';
import { FrameStream } from './control-frames.ts';
import { ControlChannel, controlProtocol } from './control-messages.ts';
import type { PeerAddress } from './gang-seat.ts';
import { maxHelloBytes } from './handshake.ts';

/** How long the second call may take. */
const probeMs = 1000;

/** Who was greeted, and with which certificates. */
interface Greeted {
  readonly address: PeerAddress;
  readonly tls: { readonly cert?: string | undefined } | null;
}

/** The error of a greeting that failed, or a clearer one. */
export async function explainGreeting(error: unknown, by: Greeted): Promise<unknown> {
  if (!(error instanceof CoppiceError) || error.code !== 'EXECUTOR_LOST') return error;
  const { cause } = error;
  if (!(cause instanceof Error)) return error;
  const where = nameOf(by.address);
  const refused = (why: string): CoppiceError =>
    new CoppiceError('EXECUTOR_LOST', `executor ${where} must be reachable; ${why}`, {
      context: { executor: where },
      cause,
    });
  if (by.tls !== null) {
    // with TLS 1.3 a client hears what became of its certificate after its handshake
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code.includes('_ALERT_')) return refused(wordsOfTls(cause));
    if (by.tls.cert === undefined) return error;
    return refused(
      `${cause.message}; its --tls-ca may not have signed the certificate in tls.cert`,
    );
  }
  if (!(await speaksTls(by.address))) return error;
  return refused('it speaks TLS and this driver does not; give tls of Session.connect (--tls-ca)');
}

/** What kept a driver that speaks TLS from being heard. */
export async function explainTls(cause: Error, address: PeerAddress): Promise<string> {
  const { code = '' } = cause as NodeJS.ErrnoException;
  // only an executor on this machine may do without TLS
  const mayBePlain = code === 'ECONNRESET' || code === 'EPROTO' || code.startsWith('ERR_SSL');
  if (mayBePlain && isLoopback(address.host) && (await speaksPlainly(address))) {
    return 'this driver speaks TLS and it does not; leave tls of Session.connect out (--tls-ca, --tls-cert), or start it with --tls-cert and --tls-key';
  }
  return wordsOfTls(cause);
}

function wordsOfTls(cause: Error): string {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (code.includes('CERTIFICATE_REQUIRED')) {
    return 'it asks for a certificate; give tls.cert and tls.key of Session.connect (--tls-cert, --tls-key)';
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `${message}; call it by a name that is in its certificate, or give tls.servername of Session.connect`;
  }
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) {
    return `${message}; give the authority that signed its certificate as tls.ca of Session.connect (--tls-ca)`;
  }
  return message;
}

/** Whether TLS is what an executor answers to; who it is does not matter here. */
function speaksTls({ host, port }: PeerAddress): Promise<boolean> {
  const socket = connectTls({ host, port, rejectUnauthorized: false });
  return answerOf(socket, (tell) => socket.once('secureConnect', () => tell(true)));
}

function speaksPlainly({ host, port }: PeerAddress): Promise<boolean> {
  const socket = connectPlain(port, host);
  return answerOf(socket, (tell) => {
    const channel = new ControlChannel(new FrameStream(socket, maxHelloBytes), maxHelloBytes);
    channel.listen({
      onMessage: ({ kind }) => tell(kind === 'challenge'),
      onLost: () => tell(false),
    });
    channel.send('hello', 0, { protocol: controlProtocol, nonce: '' });
  });
}

async function answerOf(
  socket: Socket,
  ask: (tell: (answer: boolean) => void) => void,
): Promise<boolean> {
  const answer = await new Promise<boolean>((resolve) => {
    socket.setTimeout(probeMs, () => resolve(false));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    ask(resolve);
  });
  socket.destroy();
  return answer;
}
