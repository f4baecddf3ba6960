/** How GitHub's runner reads the log of a step: which lines are commands, and what they do. */

export interface WorkflowCommand {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title: string | undefined;
  readonly file: string | undefined;
}

export interface Group {
  readonly title: string;
  readonly lines: readonly string[];
}

/** What the runner made of a log. */
export interface ReadLog {
  /** The commands that were obeyed, in order; those within a fence are not among them. */
  readonly commands: readonly WorkflowCommand[];
  /** What GitHub keeps: ten of a level, 4096 characters each. */
  readonly annotations: readonly Annotation[];
  readonly groups: readonly Group[];
  /** The lines that are no commands. */
  readonly lines: readonly string[];
  /** Whether the log ended with a fence still closed, which would silence everything after it. */
  readonly fenced: boolean;
}

const KNOWN_COMMANDS = [
  'stop-commands',
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'warning',
] as const;

const MOST_ANNOTATIONS = 10;
const MOST_CHARACTERS = 4096;

/** Reads whole lines of one step, from both its streams in the order in which they came. */
export class LogReader {
  readonly #known = new Set<string>(KNOWN_COMMANDS);
  readonly #commands: WorkflowCommand[] = [];
  readonly #annotations: Annotation[] = [];
  readonly #groups: { title: string; lines: string[] }[] = [];
  readonly #lines: string[] = [];
  #token: string | undefined;
  #group: string[] | undefined;

  line(text: string): void {
    const command = parseV2(text, this.#known) ?? parseV1(text, this.#known);
    if (command === undefined || !this.#obey(command)) {
      this.#lines.push(text);
      this.#group?.push(text);
    }
  }

  result(): ReadLog {
    return {
      commands: this.#commands,
      annotations: this.#annotations,
      groups: this.#groups,
      lines: this.#lines,
      fenced: this.#token !== undefined,
    };
  }

  #obey(command: WorkflowCommand): boolean {
    const name = command.command.toLowerCase();
    if (this.#token !== undefined) {
      if (name !== this.#token) return false;
      this.#known.delete(this.#token);
      this.#token = undefined;
      return true;
    }
    this.#commands.push(command);
    if (name === 'stop-commands') this.#stop(command.data);
    if (name === 'group') this.#open(command.data);
    if (name === 'endgroup') this.#group = undefined;
    if (name === 'error' || name === 'warning' || name === 'notice') this.#annotate(name, command);
    return true;
  }

  #stop(token: string): void {
    const key = token.toLowerCase();
    if (key === '' || key === 'pause-logging' || this.#known.has(key)) {
      throw new Error(`the runner refuses the stop token ${JSON.stringify(token)}`);
    }
    this.#token = key;
    this.#known.add(key);
  }

  #open(title: string): void {
    this.#group = [];
    this.#groups.push({ title, lines: this.#group });
  }

  #annotate(level: Annotation['level'], { data, properties }: WorkflowCommand): void {
    if (this.#annotations.filter((annotation) => annotation.level === level).length >= MOST_ANNOTATIONS)
      return;
    const { title, file } = properties;
    this.#annotations.push({ level, message: data.slice(0, MOST_CHARACTERS), title, file });
  }
}

/** `::name key=value,key=value::data`, at the beginning of a line but for white space. */
function parseV2(text: string, known: ReadonlySet<string>): WorkflowCommand | undefined {
  const match = /^\s*::([^]*?)::([^]*)$/.exec(text);
  if (match === null) return undefined;
  const [, info = '', data = ''] = match;
  return build(info, ',', data, known, unescapeData, unescapeProperty);
}

/** `##[name key=value;key=value]data`, anywhere in a line. */
function parseV1(text: string, known: ReadonlySet<string>): WorkflowCommand | undefined {
  const match = /##\[([^\]]*)\]([^]*)$/.exec(text);
  if (match === null) return undefined;
  const [, info = '', data = ''] = match;
  return build(info, ';', data, known, unescapeV1, unescapeV1);
}

function build(
  info: string,
  separator: string,
  data: string,
  known: ReadonlySet<string>,
  readData: (text: string) => string,
  readProperty: (text: string) => string,
): WorkflowCommand | undefined {
  const [command = '', ...rest] = info.split(' ');
  if (!known.has(command.toLowerCase())) return undefined;
  const properties = rest
    .join(' ')
    .trim()
    .split(separator)
    .map((pair) => /^([^=]+)=([^]+)$/.exec(pair))
    .filter((pair) => pair !== null)
    .map(([, key = '', value = '']) => [key, readProperty(value)] as const);
  return { command, properties: Object.fromEntries(properties), data: readData(data) };
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  const colons = text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%3A', ':');
  return colons.replaceAll('%2C', ',').replaceAll('%25', '%');
}

function unescapeV1(text: string): string {
  const lines = text.replaceAll('%3B', ';').replaceAll('%0D', '\r').replaceAll('%0A', '\n');
  return lines.replaceAll('%5D', ']').replaceAll('%25', '%');
}
