import { Fault, messageOf } from '../../errors.js';
import { isHeaderText, isReservedHeader } from '../../config/header-lines.js';
import type { Machine } from '../../machine.js';
import { runCommand } from '../../process/command.js';
import { findProgram, ownHome, ownSearchPath, ownVariables } from '../../process/own-programs.js';
import type { Secrets } from '../secrets.js';
import type { Credentials, CredentialSource } from './source.js';

const DEADLINE = 5000;

/** What a program that fetches credentials looks at, beside the settings of the clouds it may belong to. */
const ALLOWED =
  /^(?:USER|LOGNAME|LANG|LC_ALL|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|(?:https?|no|all)_proxy|XDG_RUNTIME_DIR|KUBECONFIG|GOOGLE_APPLICATION_CREDENTIALS|(?:CLOUDSDK|AWS|AZURE)_.*)$/i;

/** Where it looks for settings of its own: never in the checkout. */
const PLACES = ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME'];

interface HelperContext {
  readonly machine: Machine;
  readonly secrets: Secrets;
}

/**
 * A program that speaks Bazel's credential helper protocol: it is called with `get`, reads `{"uri": …}` and answers
 * `{"headers": {NAME: [VALUE…]}, "expires": RFC 3339}`.
 */
export function credentialHelper(
  program: string,
  uri: string,
  { machine, secrets }: HelperContext,
): CredentialSource {
  const description = `the credential helper ${program}`;
  return {
    description,
    renewable: true,
    get: async (signal) => {
      const { exitCode, stdout, stderr } = await runCommand([locate(program, machine), 'get'], {
        signal,
        deadline: DEADLINE,
        environment: helperEnvironment(machine),
        input: JSON.stringify({ uri }),
      });
      const log = secrets.hide(stderr);
      if (exitCode !== 0) throw new Fault(`${description} ended with exit code ${exitCode}`, { log });
      try {
        return parseAnswer(stdout.toString());
      } catch (error) {
        throw new Fault(`${description} answered what is not usable: ${messageOf(error)}`, { log });
      }
    },
  };
}

function locate(program: string, machine: Machine): string {
  const file = program.includes('/') ? program : findProgram(program, machine);
  if (file !== undefined) return file;
  throw new Fault(`could not start ${program}: it is on PATH in no folder outside of the checkout`);
}

export function helperEnvironment(machine: Machine): Readonly<Record<string, string>> {
  const passed = Object.entries(machine.environment).filter(([name]) => ALLOWED.test(name));
  const own = { PATH: ownSearchPath(machine), HOME: ownHome(machine) };
  return { ...Object.fromEntries(passed), ...ownVariables(machine, PLACES), ...own };
}

/** @throws Error that says what is wrong, without showing any part of the answer. */
function parseAnswer(text: string): Credentials {
  const answer = parseJson(text);
  if (!isRecord(answer)) throw new Error('it is no JSON object');
  const { headers = {}, expires } = answer;
  if (!isRecord(headers)) throw new Error('`headers` is no object');
  return {
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name.toLowerCase(), parseValues(name, values)]),
    ),
    expires: parseExpiry(expires),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
}

function parseValues(name: string, values: unknown): string {
  const list: readonly unknown[] = Array.isArray(values) ? values : [];
  const texts = list.filter((value): value is string => typeof value === 'string' && isHeaderText(value));
  if (!/^[0-9A-Za-z_.-]+$/.test(name) || texts.length === 0 || texts.length !== list.length) {
    throw new Error('`headers` maps the names of headers to lists of one or more texts');
  }
  if (isReservedHeader(name.toLowerCase())) throw new Error(`the header ${name} belongs to gRPC itself`);
  return texts.join(', ');
}

function parseExpiry(expires: unknown): number | null {
  if (expires === undefined || expires === null) return null;
  const time = typeof expires === 'string' ? Date.parse(expires) : NaN;
  if (Number.isNaN(time)) throw new Error('`expires` is no time as RFC 3339 writes it');
  return time;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
