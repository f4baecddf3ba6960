import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LAYERED = ['/usr', '/opt', '/etc', '/var/lib/dpkg'];

/** Mounts a layer over each of the system's folders, and says so. */
const PREPARE = `
mount -t tmpfs layers "$0" || exit 1
for folder; do
  layer="$0/$(echo "$folder" | tr / _)"
  mkdir "$layer" "$layer/up" "$layer/work" &&
  mount -t overlay -o "lowerdir=$folder,upperdir=$layer/up,workdir=$layer/work" layer "$folder" || exit 1
done
echo ready
exec sleep 3600
`;

/** A mount namespace in which /usr, /opt and /etc can be changed, without the machine's own being touched. */
export class PrivateSystem {
  private constructor(
    private readonly holder: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Undefined where this user or this kernel cannot have one. */
  static async make(): Promise<PrivateSystem | undefined> {
    const folder = mkdtempSync(join(tmpdir(), 'private-system-'));
    const argv = ['--mount', '--propagation', 'private', 'sh', '-c', PREPARE, folder, ...LAYERED];
    const holder = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'ignore'] });
    const system = new PrivateSystem(holder, folder);
    const isReady = await new Promise<boolean>((done) => {
      holder.once('error', () => done(false));
      holder.once('exit', () => done(false));
      holder.stdout.once('data', () => done(true));
    });
    if (isReady) return system;
    system.dispose();
    return undefined;
  }

  /** What to put before a command to run it here, in a folder. */
  prefix(folder: string): readonly string[] {
    return ['nsenter', `--mount=/proc/${this.holder.pid}/ns/mnt`, 'sh', '-c', 'cd "$0" && exec "$@"', folder];
  }

  /** Runs a script of the shell here, to change something. */
  change(script: string): void {
    execFileSync('nsenter', [`--mount=/proc/${this.holder.pid}/ns/mnt`, 'sh', '-ec', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  dispose(): void {
    this.holder.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
