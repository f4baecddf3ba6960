import { chownSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { containing, git, linesOf, newRepository, useScratch, write } from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);
const inputs = (change = {}) => linesOf(at('repo'), scratch.path, change);

describe('a checkout', () => {
  test('runs nothing that its own configuration names', async () => {
    const trap = `#!/bin/sh\ntouch ${at('sprung')}\n`;
    newRepository(at('repo'), { a: '', '.gitattributes': '* filter=trap diff=trap\n' });
    write(scratch.path, {
      'trap*': trap,
      'hooks/post-index-change*': trap,
      'hooks/fsmonitor-watchman*': trap,
    });
    for (const key of ['core.fsmonitor', 'core.pager', 'core.sshCommand', 'core.alternateRefsCommand']) {
      git(at('repo'), 'config', key, at('trap'));
    }
    git(at('repo'), 'config', 'core.hooksPath', at('hooks'));
    git(at('repo'), 'config', 'filter.trap.clean', at('trap'));
    git(at('repo'), 'config', 'diff.trap.textconv', at('trap'));
    git(at('repo'), 'ls-files', '--others'); // The trap does work.
    expect(existsSync(at('sprung'))).toBe(true);
    rmSync(at('sprung'));

    write(at('repo'), { a: 'changed' });
    expect(await inputs()).toEqual(['.gitattributes', 'a']);
    expect(await inputs({ pathspecs: [':(attr:filter=trap)a'] })).toEqual(['a']);
    expect(existsSync(at('sprung'))).toBe(false);
  });

  test('fetches nothing: a partial clone that lacks a .gitignore is a fault that says how to get it', async () => {
    newRepository(at('origin'), { a: '', '.gitignore': '*.o' });
    git(at('origin'), 'config', 'uploadpack.allowFilter', 'true');
    git(
      scratch.path,
      'clone',
      '--quiet',
      '--filter=blob:none',
      '--no-checkout',
      `file://${at('origin')}`,
      'repo',
    );
    git(at('repo'), 'sparse-checkout', 'set', '--no-cone', '/a');
    git(at('repo'), 'checkout', '--quiet');
    write(at('repo'), { 'x.o': '' });
    await expect(inputs()).rejects.toMatchObject({ name: 'Fault', remedy: containing('git status') });
    git(at('repo'), 'status');
    expect(await inputs()).toEqual(['a']);
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('of another user is read', async () => {
    newRepository(at('repo'), { a: '', '.gitignore': '*.o' });
    newRepository(at('repo/nested'), { b: '', '.gitignore': '*.p' });
    write(at('repo'), { 'x.o': '', 'nested/x.p': '' });
    for (const path of ['repo', 'repo/.git', 'repo/nested', 'repo/nested/.git'])
      chownSync(at(path), 65534, 65534);
    expect(() => git(at('repo'), 'ls-files')).toThrow('dubious ownership');
    expect(await inputs()).toEqual(['.gitignore', 'a', 'nested/.gitignore', 'nested/b']);
  });

  test('is not disturbed by what git is told elsewhere', async () => {
    newRepository(at('repo'), { a: '' });
    write(scratch.path, {
      'home/.gitconfig': `[core]\n\tbare = true\n\tfsmonitor = true\n\tworktree = ${at('home')}\n`,
    });
    expect(await inputs()).toEqual(['a']);
    expect(await inputs({ pathspecs: ['a'] })).toEqual(['a']);
    expect(readdirSync(at('repo/.git'))).not.toContain('fsmonitor--daemon.ipc');
  });

  test('has what the user has git ignore everywhere ignored', async () => {
    newRepository(at('repo'), { a: '' });
    write(scratch.path, { 'repo/.editor': '', 'home/.config/git/ignore': '.editor\n' });
    expect(await inputs()).toEqual(['a']);
  });
});
