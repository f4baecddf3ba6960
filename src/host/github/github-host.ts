import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError, messageOf } from '../../errors.js';
import { closingLines } from '../../report/run/closing-lines.js';
import { explainError } from '../../report/explain-error.js';
import { hasFailed, outcomeOf } from '../../report/run/outcome.js';
import { renderOutputs } from '../../report/run/outputs.js';
import { printable } from '../../report/printable.js';
import type { RunReport } from '../../report/run/report.js';
import { renderSummary } from '../../report/run/summary.js';
import { runAddress, terminalBuilder } from '../builder.js';
import type { BuildLog, Host, PublishOptions } from '../host.js';
import { absolute, readMachine } from '../machine-facts.js';
import { readProvenance } from '../provenance.js';
import { tolerateWriteErrors } from '../tolerate-write-errors.js';
import { writePatiently } from '../write-patiently.js';
import { writeRecord } from '../write-record.js';
import { annotator, type Annotator } from './annotations.js';
import { appendSummary } from './append-summary.js';
import * as core from '@actions/core';
import { openFencedLog } from './fenced-log.js';
import { LogTail } from './log-tail.js';
import { plainLine } from '../plain-line.js';
import { Seldom } from './seldom.js';

const TAIL_LINES = 30;

const ERROR_TITLES = {
  mistake: 'A mistake in the call',
  fault: 'The build could not be run',
  bug: 'A bug in buildbox-action',
} as const;

/**
 * The host of a GitHub workflow step. Everything goes to the runner's log by stdout; whatever is not ours is written so
 * that the runner does not take it for a command.
 *
 * @throws InputError when the environment is not that of a step.
 */
export function githubHost(environment: NodeJS.ProcessEnv): Host {
  const workspace = folderNamedBy('GITHUB_WORKSPACE', environment);
  const temporary = folderNamedBy('RUNNER_TEMP', environment);
  const builder = runAddress(environment) ?? terminalBuilder(environment);
  const machine = readMachine({ environment, workspace, temporary, builder });
  tolerateWriteErrors(process.stdout, () => undefined);
  const annotate = annotator();
  let tail = new LogTail();
  const line = (text: string) => core.info(plainLine(text));
  /** What waits for the fence to close: within it a command would be a line like any other. */
  let waiting: (() => void)[] | undefined;
  let buildLog: BuildLog | undefined;
  const seldom = new Seldom();
  const outsideFence = (act: () => void) => (waiting === undefined ? act() : void waiting.push(act));

  return {
    machine,
    provenance: readProvenance(machine.environment, machine.workspace),
    mask: core.setSecret,
    log: {
      phase: (text) =>
        outsideFence(() => {
          seldom.told();
          line(`${text} …`);
        }),
      progress: (text) => {
        if (waiting === undefined && seldom.isTime()) line(`${text} …`);
      },
      info: (text) => outsideFence(() => line(text)),
      notice: (text) => outsideFence(() => line(text)),
      warn: (text) => outsideFence(() => annotate.warning(printable(text))),
    },
    openBuildLog: (title, signal) => {
      waiting = [];
      tail = new LogTail();
      buildLog = openFencedLog({
        title: printable(title),
        startGroup: core.startGroup,
        endGroup: core.endGroup,
        write: (bytes) => writePatiently(process.stdout, bytes, signal),
        onOutput: (bytes) => tail.push(bytes),
        onClose: () => {
          const late = waiting ?? [];
          waiting = undefined;
          for (const act of late) act();
        },
      });
      return buildLog;
    },
    answer: (text) => text.split('\n').forEach(line),
    publish: async (report, options) => {
      buildLog?.close();
      closingLines(report).forEach(line);
      const lastLines = hasFailed(report) ? tail.lines(TAIL_LINES) : [];
      if (hasFailed(report)) annotateFailure(annotate, report, lastLines);
      if (options.summary)
        await appendSummary(renderSummary(report, lastLines), (text) => annotate.warning(text));
      for (const [name, value] of Object.entries(renderOutputs(report))) core.setOutput(name, value);
      core.setOutput('record', await keepRecord(report, options, machine.workspace, temporary, annotate));
    },
    fail: (error) => {
      buildLog?.close();
      const { kind, title, lines, exitCode } = explainError(error);
      // GitHub tells of a cancel itself.
      if (kind === 'cancelled') line(title);
      else annotate.error(ERROR_TITLES[kind], [title, ...lines].join('\n'));
      return exitCode;
    },
  };
}

/** The log folds the build's output away, so its end is told again. */
function annotateFailure(annotate: Annotator, report: RunReport, lastLines: readonly string[]): void {
  const text = [`${report.title} ${outcomeOf(report)}`, ...lastLines].map(printable).join('\n');
  annotate.error('The build failed', text);
}

/** Writes the record where it was asked for, or else beside the job's other temporary files, where it may fail. */
async function keepRecord(
  report: RunReport,
  { record }: PublishOptions,
  workspace: string,
  temporary: string,
  annotate: Annotator,
): Promise<string> {
  const file =
    record === undefined
      ? join(temporary, `buildbox-record-${randomUUID()}.json`)
      : resolve(workspace, record);
  try {
    await writeRecord(report, file, workspace);
    return file;
  } catch (error) {
    if (record !== undefined) throw error;
    annotate.warning(messageOf(error));
    return '';
  }
}

function folderNamedBy(variable: string, environment: NodeJS.ProcessEnv): string {
  const folder = absolute(environment[variable]);
  if (folder !== undefined && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true)
    return folder;
  throw new InputError(
    variable,
    environment[variable] ?? '',
    'The runner sets it to an existing folder. Outside GitHub use the command line, buildbox-ci.',
  );
}
