import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { holdsMoreThan } from '../../src/sandbox/count-processes.js';

test('counts a process with all that it and its children started', async () => {
  const child = spawn('sh', ['-c', '(sleep 60 & sleep 60 & echo ready; wait) & wait'], { detached: true });
  try {
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    expect([3, 4].map((limit) => holdsMoreThan(pid, limit))).toEqual([true, false]);
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'close');
  }
  expect(holdsMoreThan(child.pid ?? 0, 0)).toBe(false);
});
