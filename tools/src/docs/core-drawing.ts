// `pnpm docs:core` draws which parts of core import which at run time, for docs/contract.md.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import type { ICruiseResult } from 'dependency-cruiser';
import { CORE } from '../imports/folders.ts';
import { root, run } from '../run.ts';

const SOURCES = 'packages/core/src/';
export const DRAWING: string = join(root, 'docs/images/core-folders.svg');
/** Imports all, and imported by all: lines to them would say nothing. */
const LEFT_OUT = ['index', 'errors'];

export async function drawCore(): Promise<string> {
  const { ok, output } = await run('depcruise', ['-c', 'tools/src/imports/folders.ts', '-T', 'json', SOURCES], 'quiet');
  if (!ok) throw new Error(output);
  const partOf = (path: string): string => path.slice(SOURCES.length).split('/')[0]!.replace(/\.ts$/, '');
  const lines = (JSON.parse(output) as ICruiseResult).modules.flatMap(({ source, dependencies }) =>
    dependencies.map(({ resolved }) => [partOf(source), partOf(resolved)] as const),
  );
  const edges = new Set(
    lines
      .filter(([from, to]) => from !== to && !LEFT_OUT.includes(from) && !LEFT_OUT.includes(to))
      .map(([from, to]) => `"${from}" -> "${to}";`),
  );
  return (await Graphviz.load()).dot(`digraph {
    bgcolor=white; pad=0.15; ranksep=0.4; nodesep=0.3; edge [color="#8a8f98", arrowsize=0.7];
    node [shape=box, style="rounded,filled", color="#8a8f98", fillcolor="#f3f6fb", fontcolor="#222222", fontname="Helvetica,sans-serif", height=0.4, margin="0.2,0.05"];
    ${CORE.filter((part) => !LEFT_OUT.includes(part))
      .toReversed()
      .map((part) => `"${part}" [label="${existsSync(join(root, SOURCES, part)) ? `${part}/` : `${part}.ts`}"];`)
      .join(' ')}
    ${[...edges].sort().join('\n')}
  }`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DRAWING, await drawCore());
