import type { FitRequest, TableSummary } from './protocol.ts';
import { exportName } from './settings.ts';

/** A program for Node that repeats a fit, bit for bit. One that was not chosen grew out of those with fewer components: they come first. */
export function fitProgram(request: FitRequest, table: TableSummary, shown: number, chosen: boolean): string {
  const family = exportName(request.family);
  const { columns, weights } = request;
  const names = weights === undefined ? columns : [...columns, weights];
  const options = Object.keys(request.options).length === 0 ? '' : literal(request.options);
  const listed = chosen ? request.components : request.components.filter((components) => components <= shown);
  const several = listed.length > 1;
  const settings = [
    `family: ${family}(${options})`,
    several ? `components: [${listed.join(', ')}]` : `components: ${shown}`,
    ...(several ? [`criterion: '${request.criterion}'`] : []),
    `columns: ${list(columns)}`,
    ...(weights === undefined ? [] : [`weights: ${quote(weights)}`]),
    `seed: ${request.seed}`,
    `starts: ${request.starts}`,
  ];
  const data = names.map((name) => `  ${key(name)}: table.column(${quote(name)}),`).join('\n');
  return `// npm install @emkit/core @emkit/families @emkit/files
// node fit.mjs
import { createReadStream } from 'node:fs';
import { ${several ? 'select' : 'fit'} } from '@emkit/core';
import { ${family} } from '@emkit/families';
import { readTable } from '@emkit/files';

const table = await readTable(createReadStream(${quote(table.name)}), {
  name: ${quote(table.name)},${table.header ? '' : '\n  header: false,'}
  columns: ${list(names)},
});
const data = {
${data}
};
${chosen ? 'const { best } = select' : several ? 'const { candidates } = select' : 'const best = fit'}(data, {
${settings.map((setting) => `  ${setting},`).join('\n')}
});
${
  several && !chosen
    ? `const best = candidates.find(({ components }) => components === ${shown}).fit;
`
    : ''
}
console.log(JSON.stringify({ ...best.toJSON(), columns: ${list(columns)} }, null, 2));
`;
}

/** The same on the command line; one that was not chosen is fitted from starts of its own. */
export function fitCommand(request: FitRequest, table: TableSummary, shown: number, chosen: boolean): string {
  const columns = request.columns.slice(
    0,
    request.columns.length - Object.values(request.options).filter((value) => value === 'column').length,
  );
  let given = columns.length;
  const options = Object.entries(request.options).flatMap(([name, value]) => {
    if (name === 'dimension') return [];
    if (value !== 'column') return [`--option ${name}=${value}`];
    given += 1;
    return [`--option ${name}-column=${shell(request.columns[given - 1]!)}`];
  });
  return [
    `npx emkit ${chosen ? 'select' : 'fit'} ${shell(table.name)}`,
    `--family ${request.family}`,
    ...options,
    `--columns ${shell(columns.join(','))}`,
    ...(request.weights === undefined ? [] : [`--weights-column ${shell(request.weights)}`]),
    chosen
      ? `--components ${request.components[0]}..${request.components.at(-1)} --criterion ${request.criterion}`
      : `--components ${shown}`,
    ...(table.header ? [] : ['--no-header']),
    `--seed ${request.seed} --starts ${request.starts}`,
  ].join(' \\\n  ');
}

function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function shell(text: string): string {
  return /^[\w.,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}

function list(names: readonly string[]): string {
  return `[${names.map(quote).join(', ')}]`;
}

function literal(options: Readonly<Record<string, string | number>>): string {
  return `{ ${Object.entries(options)
    .map(([name, value]) => `${name}: ${typeof value === 'number' ? value : quote(value)}`)
    .join(', ')} }`;
}
