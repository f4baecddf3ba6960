import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import type { Config } from '../config/config.js';
import { readInputs, type InputTree } from '../inputs/input-tree.js';
import { DigestMemory } from '../memory/digest-memory.js';
import { encodeAction, type EncodedAction } from '../reapi/action.js';
import { merkleTree, type MerkleTree, type TreeNode } from '../reapi/merkle.js';
import { HOME, TEMPORARY, WORKSPACE } from '../sandbox/layout.js';
import { rootNodes } from '../sandbox/mountpoints.js';
import { platformProperties } from '../sandbox/platform.js';
import { hostRootfs, type Rootfs } from '../sandbox/rootfs.js';
import { readHostPackages } from '../tools/host-packages.js';
import type { RunContext } from './run-context.js';
import { together } from './together.js';

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

/** Turns checkout, toolchain and command into an action. Reads; starts nothing and writes nothing but its memory. */
export async function prepareAction(context: RunContext, signal: AbortSignal): Promise<PreparedAction> {
  const { watch, log } = context;
  log.phase('reading the inputs and identifying the toolchain');
  // The toolchain is looked at while git lists the inputs.
  const [inputs, rootfs] = await together(
    signal,
    (either) => watch.measure('inputs', () => inputTree(context, either)),
    (either) => watch.measure('toolchain', () => toolchain(context, either)),
  );
  return nameAction(context.config, inputs, rootfs);
}

async function inputTree({ config, host, folder }: RunContext, signal: AbortSignal) {
  const { machine } = host;
  const memory = await DigestMemory.open(join(folder.memory, `inputs-${shortHash(machine.workspace)}.json`));
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
    signal,
  });
  await memory.save();
  return tree;
}

async function toolchain({ config, host, folder, tools }: RunContext, signal: AbortSignal): Promise<Rootfs> {
  const memory = await DigestMemory.open(
    join(folder.memory, `host-${shortHash(host.machine.path.join(':'))}.json`),
  );
  const rootfs = await hostRootfs({
    machine: host.machine,
    hostPaths: config.sandbox.hostPaths,
    network: config.sandbox.network,
    memory,
    ownPackages: await readHostPackages(tools.toolFolder),
    excluded: [folder.root, tools.toolFolder],
    signal,
  });
  await memory.save();
  return rootfs;
}

/** Names a memory of its own for each checkout and each PATH, so that they do not push each other out. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function nameAction(config: Config, inputs: InputTree, rootfs: Rootfs): PreparedAction {
  const { build, sandbox } = config;
  const root = rootNodes(rootfs);
  const workingDirectory = join(WORKSPACE, build.workingDirectory);
  const inputRoot = merkleTree([
    ...root.nodes,
    ...inputs.nodes.map((node): TreeNode => ({ ...node, path: `${WORKSPACE}/${node.path}` })),
    { kind: 'directory', path: workingDirectory },
  ]);
  const encoded = encodeAction({
    arguments: build.argv,
    environment: {
      HOME: `/${HOME}`,
      TMPDIR: TEMPORARY,
      PATH: rootfs.path.join(':'),
      ...rootfs.environment,
      ...build.environment,
    },
    workingDirectory,
    outputPaths: build.outputs,
    platform: platformProperties(rootfs, sandbox.network),
    inputRoot: inputRoot.root,
    timeout: build.timeout,
    salt: build.salt,
  });
  const outputPaths = build.outputs.map((path) => join(workingDirectory, path));
  return { ...encoded, inputs, inputRoot, rootfs, workingDirectory, outputPaths, rootBlobs: root.blobs };
}
