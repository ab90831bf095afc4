/** Runs a command's work in a session of its own, whose threads end with it. */
import { Session } from '../session/session.ts';

/** Calls `work` with a session; closes it whatever happens. */
export async function withSession<T>(
  options: { readonly threads?: number },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.local({ threads: options.threads });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
