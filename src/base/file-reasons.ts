/** Why a path could not be opened, in words: what the system calls it, and what to do. */

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; let this user read it and enter the folders above it',
  EPERM: 'permission denied; let this user read it and enter the folders above it',
  EISDIR: 'it is a folder; give the path of a file',
  EIO: 'the disk cannot read it; copy it from another place',
  ELOOP: 'its links lead round in a circle; give the path of what they should lead to',
  ENAMETOOLONG: 'its name is longer than the file system takes; shorten it',
  ENOENT: 'there is no such file; check the path',
  ENOTDIR: 'a part of the path is a file, not a folder; check the path',
  ERR_INVALID_ARG_VALUE: 'a path cannot have the character NUL in it; check the path',
};

/** The words for what the system threw about a path; its own where there are no better ones. */
export function reasonNotOpened(cause: unknown): string {
  const { code, message } = (cause ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  if (typeof code !== 'string') return String(message);
  const reason = reasons[code];
  if (reason === undefined) return code;
  return code.startsWith('ERR_') ? reason : `${code}, ${reason}`;
}

/** A path as one line of text. */
export function shownPath(path: string): string {
  return path.replaceAll('\0', '\\0');
}
