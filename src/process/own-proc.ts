/**
 * What to put before a command, so that it may mount a fresh /proc in a user namespace of its own although parts of
 * this container's are masked. The kernel asks that an unmasked one can be seen (`mount_too_revealing`); root with
 * CAP_SYS_ADMIN may mount one where nobody else sees it, in a mount namespace that ends with the command. So a container
 * need not be started with an unmasked /proc, which would be open to all that runs in it.
 *
 * @param folder an empty one, to mount it at
 */
export function withOwnProc(folder: string): readonly string[] {
  return ['unshare', '--mount', '--', '/bin/sh', '-c', 'mount -t proc proc "$0" && exec "$@"', folder];
}
