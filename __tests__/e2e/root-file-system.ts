import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { Command_OutputDirectoryFormat } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { CaptureTreeResponse } from '../../src/gen/build/buildgrid/local_cas.js';
import { LocalContentAddressableStorageClient } from '../../src/gen/build/buildgrid/local_cas.services.js';
import { formatDigest } from '../../src/reapi/digest.js';

/** What `etc/release` of it says. */
export const RELEASE = 'a small one\n';

const PROGRAMS = ['sh', 'cat', 'cp', 'ls', 'seq'];

/** A small root file system: a few programs of this machine with their libraries, and accounts of its own. */
export class RootFileSystem {
  readonly path = mkdtempSync(join(tmpdir(), 'rootfs-'));

  constructor() {
    for (const program of PROGRAMS) {
      const file = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
      this.copy(file, `bin/${program}`);
      const libraries = execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
      for (const library of libraries) this.copy(library, library);
    }
    this.write('etc/passwd', 'root:x:0:0:of the image:/root:/bin/sh\n');
    this.write('etc/release', RELEASE);
    symlinkSync('../run/resolv.conf', join(this.path, 'etc/resolv.conf'));
    symlinkSync('bin/sh', join(this.path, 'shell'));
  }

  copy(file: string, path: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    copyFileSync(file, join(this.path, path));
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), content);
  }

  /** Puts it into a casd of this machine, and gives what names it there: `cas:HASH/SIZE`. */
  async capture(casd: string): Promise<string> {
    const client = new LocalContentAddressableStorageClient(casd, credentials.createInsecure());
    const { responses } = await new Promise<CaptureTreeResponse>((done, fail) =>
      client.captureTree(
        {
          instanceName: '',
          root: '',
          path: [this.path],
          bypassLocalCache: false,
          nodeProperties: [],
          moveFiles: false,
          outputDirectoryFormat: Command_OutputDirectoryFormat.DIRECTORY_ONLY,
          skipUpload: false,
          unixModeMask: undefined,
          allowChmodToRead: false,
        },
        (error, answer) => (error ? fail(error) : done(answer)),
      ),
    );
    client.close();
    const digest = responses[0]?.rootDirectoryDigest;
    if (digest === undefined) throw new Error(`casd did not take ${this.path}: ${JSON.stringify(responses)}`);
    return `cas:${formatDigest(digest)}`;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
