import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { readInputs, type InputTree } from '../../inputs/input-tree.js';
import { DigestCache } from '../../digests/digest-cache.js';
import { encodeAction, type EncodedAction } from '../../reapi/action.js';
import type { MerkleTree } from '../../reapi/merkle.js';
import { userName } from '../../rootfs/accounts.js';
import { readCpuFeatures } from '../../rootfs/cpu-features.js';
import { HOME, HOME_PROGRAMS, TEMPORARY, WORKSPACE } from '../../rootfs/layout.js';
import { rootNodes } from '../../sandbox/mountpoints.js';
import { platformProperties } from '../../rootfs/platform.js';
import { casRootfs } from '../../rootfs/cas-rootfs.js';
import { hostRootfs } from '../../rootfs/host-rootfs.js';
import type { Rootfs } from '../../rootfs/rootfs.js';
import { readHostPackages } from '../../tools/packages/host-packages.js';
import { findPrograms } from './checkout-programs.js';
import { inputRootOf } from './input-root.js';
import { rootfsDirectories } from './rootfs-directories.js';
import type { RunContext } from '../run-context.js';
import { together } from '../../async/together.js';

/** A build that has a name: the digest of its action. */
export interface PreparedAction extends EncodedAction {
  readonly inputs: InputTree;
  readonly inputRoot: MerkleTree;
  readonly rootfs: Rootfs;
  /** Relative to the input root. */
  readonly workingDirectory: string;
  /** The declared outputs, relative to the input root. */
  readonly outputPaths: readonly string[];
  /** Files of the input root that are not in the checkout. */
  readonly rootBlobs: readonly Uint8Array[];
}

/**
 * Turns checkout, toolchain and command into an action. Reads; starts nothing and writes nothing but its memory.
 *
 * @param distrusted files of the workspace that are read, whatever is remembered of them
 */
export async function prepareAction(
  context: RunContext,
  distrusted: readonly string[],
  signal: AbortSignal,
): Promise<PreparedAction> {
  const { watch, log } = context;
  log.phase('reading the inputs and identifying the toolchain');
  // The toolchain is looked at while git lists the inputs.
  const [inputs, rootfs] = await together(
    signal,
    (either) => watch.measure('inputs', () => inputTree(context, distrusted, either)),
    (either) => watch.measure('toolchain', () => toolchain(context, either)),
  );
  const links = await linksForPrograms(context, inputs, rootfs);
  return nameAction(context, inputs, { ...rootfs, links: [...rootfs.links, ...links] }, signal);
}

/** What programs of the checkout need in the root. */
async function linksForPrograms({ config, host, log }: RunContext, inputs: InputTree, rootfs: Rootfs) {
  const { argv, workingDirectory, outputs, inputs: pathspecs } = config.build;
  const { warnings, links } = await findPrograms({
    rootfs,
    inputs: inputs.nodes,
    workspace: host.machine.workspace,
    outputs: outputs.map((path) => join(workingDirectory, path)),
    command: argv,
    everything: pathspecs.length === 0,
  });
  warnings.forEach((line) => log.warn(line));
  return links;
}

async function inputTree(
  { config, host, log, folder }: RunContext,
  distrusted: readonly string[],
  signal: AbortSignal,
) {
  const { machine } = host;
  const memory = await DigestCache.open(join(folder.memory, `inputs-${shortHash(machine.workspace)}.json`));
  const { workingDirectory, outputs, inputs } = config.build;
  const { record } = config.report;
  const tree = await readInputs({
    machine,
    pathspecs: inputs,
    written: [
      ...outputs.map((path) => join(workingDirectory, path)),
      ...(record === undefined ? [] : [relative(machine.workspace, record)]),
    ],
    excluded: [folder.root],
    memory,
    distrusted,
    signal,
  });
  await memory.save();
  tree.warnings.forEach((text) => log.warn(text));
  return tree;
}

async function toolchain({ config, host, folder, tools }: RunContext, signal: AbortSignal): Promise<Rootfs> {
  const memory = await DigestCache.open(
    join(folder.memory, `host-${shortHash(host.machine.path.join(':'))}.json`),
  );
  const { rootfs: choice, hostPaths, network } = config.sandbox;
  const excluded = [folder.root, ...tools.folders];
  const request = { machine: host.machine, hostPaths, network, memory, excluded, signal };
  const rootfs =
    choice.kind === 'cas'
      ? await casRootfs(choice.digest, request)
      : await hostRootfs({ ...request, ownPackages: await readHostPackages(tools.toolFolder) });
  await memory.save();
  return rootfs;
}

/** Names a memory of its own for each checkout and each PATH, so that they do not push each other out. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

async function nameAction(
  context: RunContext,
  inputs: InputTree,
  rootfs: Rootfs,
  signal: AbortSignal,
): Promise<PreparedAction> {
  const { build, sandbox } = context.config;
  const root = rootNodes(rootfs, sandbox.user);
  const workspace = [...inputs.nodes, { kind: 'directory', path: build.workingDirectory } as const];
  const inputRoot = await context.watch.measure('toolchain', () =>
    inputRootOf(
      { rootfs: rootfs.root, root: root.nodes, workspace },
      rootfsDirectories(context, rootfs, signal),
    ),
  );
  const workingDirectory = join(WORKSPACE, build.workingDirectory);
  const encoded = encodeAction({
    arguments: build.argv,
    environment: {
      HOME: `/${HOME}`,
      TMPDIR: TEMPORARY,
      PATH: [...HOME_PROGRAMS, ...rootfs.path].join(':'),
      LANG: 'C.UTF-8',
      // A root file system of its own may have another name for the number.
      ...(rootfs.root === undefined ? { USER: userName(sandbox.user), LOGNAME: userName(sandbox.user) } : {}),
      ...rootfs.environment,
      ...build.environment,
    },
    workingDirectory,
    outputPaths: build.outputs,
    platform: platformProperties(rootfs, {
      network: sandbox.network,
      user: sandbox.user,
      properties: sandbox.platform.properties,
      cpuFeatures: sandbox.platform.features ? await readCpuFeatures() : undefined,
    }),
    inputRoot: inputRoot.root,
    timeout: build.timeout,
    salt: build.salt,
  });
  const outputPaths = build.outputs.map((path) => join(workingDirectory, path));
  return { ...encoded, inputs, inputRoot, rootfs, workingDirectory, outputPaths, rootBlobs: root.blobs };
}
