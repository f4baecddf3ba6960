import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a git checkout of the C sources that a crate carries in one of its folders. */
export function fetchCrate(crate, version, sources, folder) {
  const work = `${folder}-crate`;
  mkdirSync(work);
  writeFileSync(
    join(work, 'Cargo.toml'),
    `[package]\nname = "bench"\nversion = "0.0.0"\n[lib]\npath = "lib.rs"\n[dependencies]\n${crate} = "${version}"\n`,
  );
  writeFileSync(join(work, 'lib.rs'), '');
  const quiet = { stdio: ['ignore', 'ignore', 'ignore'] };
  execFileSync('cargo', ['vendor', '--quiet', 'vendor'], { cwd: work, ...quiet });
  renameSync(join(work, 'vendor', crate, sources), folder);
  rmSync(work, { recursive: true });
  execFileSync('git', ['init', '--quiet'], { cwd: folder, ...quiet });
  execFileSync('git', ['add', '--force', '.'], { cwd: folder, ...quiet });
}
