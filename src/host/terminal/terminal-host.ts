import { resolve } from 'node:path';
import { closingLines } from '../../report/run/closing-lines.js';
import { explainError } from '../../report/explain-error.js';
import { printable } from '../../report/printable.js';
import type { RunReport } from '../../report/run/report.js';
import { terminalBuilder } from '../builder.js';
import type { BuildLog, Host, PublishOptions } from '../host.js';
import { absolute, readMachine } from '../machine-facts.js';
import { noCommand } from '../plain-line.js';
import { readProvenance } from '../provenance.js';
import { tolerateWriteErrors } from '../tolerate-write-errors.js';
import { recordText, writeRecord } from '../write-record.js';
import { paintWith, wantsColours } from './colours.js';
import { Screen, type Streams } from './screen.js';

export interface TerminalOptions {
  readonly streams: Streams;
  readonly environment: NodeJS.ProcessEnv;
  /** The folder the user stands in: the workspace. */
  readonly directory: string;
  /** The record goes to stdout, and the build's whole output to stderr. */
  readonly json: boolean;
}

/**
 * The host of a command line. What is for people goes to stderr: progress and remarks only where that is a terminal,
 * warnings, errors and the closing lines always.
 */
export function terminalHost({ streams, environment, directory, json }: TerminalOptions): Host {
  const isTerminal = streams.stderr.isTTY === true;
  const screen = new Screen(streams, isTerminal && environment.TERM !== 'dumb');
  // A step that runs the command line: the runner looks for its commands in what we say, too.
  const readByRunner = environment.GITHUB_ACTIONS === 'true';
  const paint = paintWith(wantsColours(isTerminal, environment));
  const secrets = new Set<string>();
  const hide = (text: string) => {
    const shown = [...secrets].reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text);
    return readByRunner ? noCommand(shown) : shown;
  };
  const tell = (text: string) => screen.line('stderr', hide(text));
  const warn = (text: string) => tell(`${paint('warning', 'warning:')} ${printable(text)}`);
  tolerateWriteErrors(streams.stdout, ({ message }) =>
    warn(`stdout cannot be written, the rest is lost: ${message}`),
  );
  tolerateWriteErrors(streams.stderr, () => undefined);

  const machine = readMachine({
    environment,
    workspace: directory,
    temporary: absolute(environment.TMPDIR) ?? '/tmp',
    builder: terminalBuilder(environment),
  });

  return {
    machine,
    provenance: readProvenance(machine.environment, machine.workspace),
    mask: (secret) => void secrets.add(secret), // The build's own output comes through untouched.
    log: {
      phase: (text) => screen.progress(hide(printable(text))),
      progress: (text) => screen.reword(hide(printable(text))),
      info: (text) => {
        if (isTerminal) tell(printable(text));
      },
      notice: (text) => tell(printable(text)),
      warn,
    },
    openBuildLog: (_title, signal) => passThrough(screen, json, signal),
    answer: (text) => {
      screen.endProgress();
      screen.line('stdout', text);
    },
    publish: async (report: RunReport, { summary, record }: PublishOptions) => {
      screen.endProgress();
      if (summary) closingLines(report, paint).forEach(tell);
      if (record !== undefined) await writeRecord(report, resolve(directory, record), directory);
      if (json) streams.stdout.write(recordText(report));
    },
    fail: (error) => {
      screen.endProgress();
      const { title, lines, exitCode } = explainError(error);
      tell(`${paint('bad', 'error:')} ${title}`);
      for (const line of lines) tell(`  ${line}`);
      return exitCode;
    },
  };
}

function passThrough(screen: Screen, json: boolean, signal: AbortSignal | undefined): BuildLog {
  return {
    stdout: (chunk) => screen.pass(json ? 'stderr' : 'stdout', chunk, signal),
    stderr: (chunk) => screen.pass('stderr', chunk, signal),
    close: () => undefined,
  };
}
