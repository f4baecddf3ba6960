import { PHASES, type Phase, type RunReport } from './report.js';

/** What each phase does, as a reader of a report knows it. */
export const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  inputs: 'digest the inputs',
  toolchain: 'identify the toolchain',
  tools: 'find BuildBox',
  casd: 'start the cache',
  lookup: 'look the action up',
  rootfs: 'bring the root file system',
  capture: 'capture the inputs',
  build: 'build',
  store: 'store the result',
  outputs: 'write the outputs',
  push: 'push to the remote',
};

export interface TimedPhase {
  readonly phase: Phase;
  readonly milliseconds: number;
}

/** The phases that this run went through, in their order. */
export function phasesOf(report: RunReport): readonly TimedPhase[] {
  return PHASES.flatMap((phase) => {
    const milliseconds = report.timings[phase];
    return milliseconds === undefined ? [] : [{ phase, milliseconds }];
  });
}
