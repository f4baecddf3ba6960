import type { Digest } from '../reapi/digest.js';
import type { PushPolicy } from '../trust/may-push.js';
import type { RemoteSettings } from './remote.js';

/** Everything a run was asked to do, read once and checked. */
export interface Config {
  readonly build: BuildConfig;
  readonly sandbox: SandboxConfig;
  /** Undefined where no endpoint is named. */
  readonly remote: RemoteConfig | undefined;
  /** What a result must rest on to be taken in place of building. */
  readonly requireTier: 'any' | 'trusted';
  readonly cache: CacheConfig;
  readonly buildbox: BuildBoxConfig;
  readonly report: ReportConfig;
}

export interface BuildConfig {
  /** The command and its arguments, with the shell and the script already put together. */
  readonly argv: readonly string[];
  /** The command as its author wrote it, for people. */
  readonly title: string;
  /** Relative to the workspace, `''` for the workspace itself. */
  readonly workingDirectory: string;
  readonly inputs: readonly string[];
  /** Relative to the working directory, sorted by no rule, each once, none inside another. */
  readonly outputs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly salt: string;
  readonly cacheFailures: boolean;
  readonly downloadOutputs: boolean;
  readonly outputsOnFailure: boolean;
}

export interface SandboxConfig {
  readonly rootfs: RootfsChoice;
  readonly network: 'off' | 'on';
  readonly hostPaths: readonly string[];
  /** Who the build is inside. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly platform: PlatformChoice;
  /** The most processes and threads at a time; undefined for what suits the machine. */
  readonly processes: number | undefined;
  /** The most bytes of memory; undefined for what the machine has. */
  readonly memory: number | undefined;
  /** Bytes; undefined for half of the memory. */
  readonly tmpSize: number | undefined;
  /** Whether this machine may be changed so that sandboxes start: `auto` on a hosted runner. */
  readonly fixHost: 'auto' | 'never' | 'always';
  /** How inputs come into the sandbox: mounted, copied, or as suits their number and size. */
  readonly staging: 'auto' | 'fuse' | 'copy';
}

/** What more tells actions apart than what they are made of. */
export interface PlatformChoice {
  /** In the order in which they were given, each once. */
  readonly properties: readonly (readonly [name: string, value: string])[];
  /** Whether what the processor can do is one. */
  readonly features: boolean;
}

/** What a build finds outside its workspace. */
export type RootfsChoice = { readonly kind: 'host' } | { readonly kind: 'cas'; readonly digest: Digest };

export interface RemoteConfig extends RemoteSettings {
  readonly push: PushPolicy;
  readonly pushInputs: boolean;
}

export interface CacheConfig {
  /** Absolute. */
  readonly directory: string;
  /** Bytes. */
  readonly quota: number;
  readonly packs: PackPlace;
  /** Who has the same one shares what is kept. */
  readonly key: string;
  /** Milliseconds. */
  readonly maxAge: number;
  /** Milliseconds, for fetching what is kept and again for saving. */
  readonly timeLimit: number;
}

/** Where results are kept between runs, beside the remote. */
export type PackPlace =
  | {
      readonly kind: 'github' | 'none';
      /** Whether the user named it, and so wants to know why it cannot be used. */
      readonly explicit: boolean;
    }
  | {
      readonly kind: 'folder';
      /** Absolute. */
      readonly path: string;
    };

export type BuildBoxSource = 'path' | 'wheel' | 'debian' | 'release';

/** `auto` asks the sources in order; undefined means any version, or no release. */
export interface BuildBoxConfig {
  readonly source: BuildBoxSource | 'auto';
  readonly version: string | undefined;
  readonly url: string | undefined;
  readonly sha256: string | undefined;
}

export interface ReportConfig {
  readonly summary: boolean;
  /** Absolute. */
  readonly record: string | undefined;
}
