/**
 * Puts the services of a generated file into a file of their own beside it, `NAME.services.ts`. The messages then load
 * without gRPC, which takes longer to load than a hit takes otherwise.
 */
export function splitServices(path, text) {
  const start = text.search(/^export type \w+Service = typeof /m);
  if (start < 0) return [[path, text]];
  const end = text.search(/^type Builtin = /m);
  const services = text.slice(start, end);
  const imports = text.match(/^import [^;]*;\n/gm);
  const first = text.indexOf(imports[0]);
  const header = text.slice(0, first);
  const messages = text.slice(first, start).replace(/^import [^;]*;\n/gm, '') + text.slice(end);
  const exported = [...messages.matchAll(/^export (?:const|interface|type) (\w+)/gm)].map(([, name]) => name);
  const used = [...new Set(exported)].filter((name) => mentions(services, name));
  const own = `import { ${used.join(', ')} } from "./${path.split('/').at(-1).replace('.ts', '.js')}";\n`;
  return [
    [path, header + importsUsedBy(messages, imports) + messages],
    [path.replace('.ts', '.services.ts'), `${header}${importsUsedBy(services, imports)}${own}\n${services}`],
  ];
}

function importsUsedBy(text, imports) {
  return imports
    .flatMap((statement) => {
      const [, names, from] = /^import \{([^}]*)\} from (.*);\n$/.exec(statement);
      const kept = names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && mentions(text, name.split(' ').at(-1)));
      return kept.length === 0 ? [] : [`import { ${kept.join(', ')} } from ${from};\n`];
    })
    .join('');
}

function mentions(text, name) {
  return new RegExp(`\\b${name}\\b`).test(text);
}
