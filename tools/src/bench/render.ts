import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { root } from '../run.ts';
import type { PeerResult, Results } from './results.ts';

/** What is aimed at, in times as fast as scikit-learn and as the fastest native peer. */
const TARGETS: Readonly<Record<string, readonly [number, number]>> = {
  'gaussian 1e6': [10, 7],
  'full 1e6 x 2': [12, 6],
  'full 1e5 x 10': [4, 4],
  'full 2e4 x 50': [2.5, 2.5],
  'diagonal 1e5 x 10': [4, 4],
  'diagonal 2e4 x 50': [2.5, 2],
  'exponential 1e6': [10, 7],
};

type Cell = string | number;

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

const time = (milliseconds: number): string => (milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(3));
const times = (ratio: number): string => `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(2)}x`;
const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

function peerTable(results: readonly PeerResult[], threads: number): string {
  const own = results.filter((result) => result.threads === threads);
  const peers = unique(own.map(({ participant }) => participant)).filter((name) => name !== 'emkit');
  const rows = unique(own.map(({ problem }) => problem)).map((problem) => {
    const find = (name: string): PeerResult | undefined => own.find((result) => result.problem === problem && result.participant === name);
    const mine = find('emkit')!;
    return [
      `${problem}, K = ${mine.components}`,
      time(mine.milliseconds),
      ...peers.map((name) => {
        const peer = find(name);
        return peer === undefined ? '' : `${time(peer.milliseconds)} (${times(peer.ratio)})`;
      }),
    ];
  });
  return table(['problem', 'emkit', ...peers], rows);
}

function memoryTable(results: readonly PeerResult[]): string {
  const own = results.filter(({ threads }) => threads === 1);
  const names = unique(own.map(({ participant }) => participant));
  const rows = unique(own.map(({ problem }) => problem)).map((problem) => [
    problem,
    own.find((result) => result.problem === problem)!.data.toFixed(0),
    ...names.map((name) => own.find((result) => result.problem === problem && result.participant === name)?.memory.toFixed(0) ?? ''),
  ]);
  return table(['problem', 'data', ...names], rows);
}

/** Which targets were not reached, with what the machine could do at most. */
function shortfalls(results: readonly PeerResult[], exponentials: number | undefined, flops: number | undefined): string {
  const lines: string[] = [];
  for (const [problem, [scikit, native]] of Object.entries(TARGETS)) {
    const peers = results.filter((result) => result.problem === problem && result.threads === 1);
    const mine = peers.find(({ participant }) => participant === 'emkit');
    if (mine === undefined) continue;
    const others = peers.filter((peer) => peer !== mine);
    const against = others.find(({ participant }) => participant === 'scikit-learn' || participant === 'numpy by hand');
    const fastest = others.reduce((least, peer) => Math.min(least, peer.ratio), Infinity);
    const missed = [
      ...(against !== undefined && against.ratio < scikit ? [`${times(against.ratio)} of ${scikit}x against ${against.participant}`] : []),
      ...(fastest < native ? [`${times(fastest)} of ${native}x against the fastest`] : []),
    ];
    if (missed.length === 0) continue;
    lines.push(`- ${problem}: ${missed.join(', ')}.${bound(problem, mine, exponentials, flops)}`);
  }
  return lines.length === 0 ? 'All targets of this table were reached in this run.' : lines.join('\n');
}

/** The aims that are no ratio of iterations, where they were not reached. */
function otherShortfalls({ peers, ours, size }: { readonly [Part in keyof Results]: Results[Part] | undefined }): string {
  const lines: string[] = [];
  for (const problem of ['gaussian 1e3', 'full 1e3 x 2']) {
    const others = peers?.fits.filter((fit) => fit.problem === problem && fit.participant !== 'emkit') ?? [];
    for (const { participant, ratio } of others) {
      if (ratio < 10)
        lines.push(
          `- ${problem}, the whole fit: ${times(ratio)} of 10x against ${participant}. Most of it is the work between passes over the data.`,
        );
    }
  }
  if (ours !== undefined) {
    const { one, twoWarm } = ours.workers;
    if (one / twoWarm < 1.8) lines.push(`- Two workers: ${times(one / twoWarm)} of 1.8x.`);
    if (ours.firstFitMilliseconds > 10) {
      lines.push(
        `- First fit after the import: ${time(ours.firstFitMilliseconds)} ms of 10; about half of it is the engine compiling functions that it meets for the first time.`,
      );
    }
  }
  for (const { name, gzip } of size?.programs ?? []) {
    if (gzip > 30_000) lines.push(`- Size of ${name}: ${(gzip / 1000).toFixed(1)} kB of 30.`);
  }
  return lines.join('\n');
}

/** A sentence on the time that the necessary operations take at the machine's measured best. */
function bound(problem: string, mine: PeerResult, exponentials: number | undefined, flops: number | undefined): string {
  if (exponentials === undefined || flops === undefined) return '';
  const [, count, , columns] = /(\S+)( x (\d+))?$/.exec(problem.replace(/,.*/, '')) ?? [];
  const dimension = Number(columns ?? 1);
  const rows = Number(count !== undefined && columns !== undefined ? / (\S+) x/.exec(problem)![1] : count);
  const products = problem.startsWith('full') ? 2 * dimension * (dimension + 1) : 9 * dimension;
  const terms = rows * mine.components;
  const least = 1000 * (terms / exponentials + (terms * products) / flops);
  return ` Every exponential and product at the rates below would take ${time(least)} ms; it took ${time(mine.milliseconds)}.`;
}

function drawing(marks: Plot.Markish[], options: Omit<Plot.PlotOptions, 'marks' | 'document'>): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawn = Plot.plot({
    ...options,
    // A Document of linkedom is one in all that Plot uses.
    document: document as unknown as Document,
    style: { background: 'white', color: 'black', fontSize: '12px' },
    marks,
  }) as unknown as { outerHTML: string };
  return drawn.outerHTML.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
}

/** Ratios to emkit's time of one iteration, one thread, as bars. */
function drawRatios(results: readonly PeerResult[]): string {
  const rows = results
    .filter(({ threads, participant }) => threads === 1 && participant !== 'emkit')
    .map((result) => ({ ...result, label: `${result.problem}: ${result.participant}` }));
  return drawing(
    [
      Plot.barX(rows, { y: 'label', x1: 1, x2: 'ratio', fill: 'participant' }),
      Plot.text(rows, { y: 'label', x: 'ratio', text: ({ ratio }: PeerResult) => times(ratio), textAnchor: 'start', dx: 4 }),
      Plot.ruleX([1]),
    ],
    {
      width: 800,
      height: 60 + 20 * rows.length,
      marginLeft: 260,
      marginRight: 50,
      x: {
        type: 'log',
        label: 'times as long as emkit for one EM iteration, one thread (log scale) →',
        ticks: [1, 2, 5, 10, 20, 50, 100],
        tickFormat: '~g',
      },
      y: { label: null, domain: rows.map(({ label }) => label) },
    },
  );
}

function drawScaling(ours: NonNullable<Results['ours']>): string {
  return drawing(
    [
      Plot.line(ours.rows, { x: 'rows', y: 'milliseconds', stroke: '#4269d0' }),
      Plot.dot(ours.rows, { x: 'rows', y: 'milliseconds', fill: '#4269d0' }),
    ],
    {
      width: 800,
      height: 320,
      marginLeft: 60,
      grid: true,
      x: { type: 'log', label: 'rows →', tickFormat: '~s' },
      y: { type: 'log', label: '↑ ms for one EM iteration, 3 univariate Gaussians', tickFormat: '~g' },
    },
  );
}

/** Writes docs/benchmarks.md and its pictures from results. */
export function renderBenchmarks({ peers, ours, size }: Results): void {
  const parts: string[] = [
    '# Benchmarks',
    'Made by `pnpm bench`, `pnpm bench:peers` and `pnpm bench:size`; do not edit. The figures are in `benchmarks.json` beside this page.',
    `**Repeat it.** On Debian: \`apt-get install r-base-core r-cran-mclust r-cran-mixtools r-cran-flexmix python3-venv libarmadillo-dev g++ libopenblas0-pthread && python3 -m venv .venv && .venv/bin/pip install scikit-learn\` (without \`.venv\`, Debian's python3-sklearn is taken), then \`pnpm bench && pnpm bench:peers\` on a quiet machine. Peers that are not installed are left out; one that has loaded another BLAS than OpenBLAS ends the run, because the reference BLAS would make it several times slower. \`--quick\` takes fewer rounds and writes nothing; words choose problems: \`pnpm bench:peers full\`.`,
  ];
  if (peers !== undefined) {
    const { iterations, fits, versions, blas, machine } = peers;
    const linearAlgebra = (name: string): string => (blas?.[name] === undefined || blas[name] === 'none' ? '' : ` with ${blas[name]}`);
    writeFileSync(join(root, 'docs/benchmarks-peers.svg'), drawRatios(iterations));
    parts.push(
      '## Against other programs',
      `${machine}. ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}${linearAlgebra(name)}`)
        .join(
          ', ',
        )}. ${blas === undefined ? 'Which BLAS they used was not recorded. ' : ''}Peers run as they are distributed; Armadillo is compiled with \`-O3 -march=native -fopenmp\`.`,
      'The same data from one file, the same start, the same number of plain EM iterations. Programs take turns within a round; the time of one iteration is the difference between a long and a short run, so that reading data and the first set-up do not count; workers are at work already, as peers have read their data already; figures are medians over rounds, and ratios medians of the ratios within a round. "numpy by hand" is EM written with whole-array operations, for families that no package has.',
      `![Times of other programs in parts of emkit's](benchmarks-peers.svg)`,
      '### One EM iteration in ms, one thread against one',
      peerTable(iterations, 1),
    );
    const all = Math.max(...iterations.map(({ threads }) => threads));
    if (all > 1) parts.push(`### One EM iteration in ms, all ${all} threads`, peerTable(iterations, all));
    parts.push(
      '### A whole fit in ms, one thread',
      'From one start to within 1e-8 nats of the optimum. The peers do as many plain EM iterations as that takes (5,000 at most: then the last column says what is missing); emkit does what it does by default, accelerated, with its own stopping rule, and reads and checks the array each time.',
      table(
        ['problem', 'program', 'ms', 'ratio', 'passes', 'nats below the optimum'],
        fits.map(({ problem, participant, milliseconds, ratio, passes, shortfall }) => [
          problem,
          participant,
          time(milliseconds),
          times(ratio),
          passes ?? '',
          shortfall.toExponential(1),
        ]),
      ),
      '### Peak memory in MB, one thread',
      'Of the whole process, runtime and data included; the second column is the size of the data.',
      memoryTable(iterations),
      '### What was aimed at and not reached',
      shortfalls(iterations, ours?.exponentials, ours?.flops),
      otherShortfalls({ peers, ours, size }),
    );
  }
  if (ours !== undefined) {
    writeFileSync(join(root, 'docs/benchmarks-rows.svg'), drawScaling(ours));
    const each = ({ rows, components, milliseconds }: { rows: number; components: number; milliseconds: number }): string =>
      ((1e6 * milliseconds) / rows / components).toFixed(2);
    parts.push(
      '## By itself',
      `${ours.machine}. In WebAssembly SIMD this machine does ${(ours.exponentials / 1e6).toFixed(0)} million exponentials and ${(ours.flops / 1e9).toFixed(1)} billion additions and multiplications a second, measured in the same run by loops of nothing else.`,
      '![How the time of an iteration grows with the rows](benchmarks-rows.svg)',
      table(
        ['rows', 'components', 'ms for one iteration', 'ns for each row and component'],
        [...ours.rows, ...ours.components].map((point) => [point.rows, point.components, time(point.milliseconds), each(point)]),
      ),
      `On 1,000,000 rows and 3 components an iteration takes one thread ${time(ours.workers.one)} ms, and two workers that are at work already ${time(ours.workers.twoWarm)} ms: ${times(ours.workers.one / ours.workers.twoWarm)} as fast. In a fit that starts its workers the mean of the first 40 iterations is ${time(ours.workers.two)} ms, ${times(ours.workers.one / ours.workers.two)} as fast: the engine compiles each worker's code anew, on the same cores.`,
      `Importing \`@emkit/core\` and \`@emkit/families\` takes ${time(ours.importMilliseconds)} ms in Node, the first fit after it ${time(ours.firstFitMilliseconds)} ms, the compilation of the kernels included.`,
      table(
        ['rows', 'data, MB', 'process before, MB', 'at most, MB', 'above both, MB'],
        ours.memory.map(({ rows, data, idle, peak }) => [
          rows,
          data.toFixed(0),
          idle.toFixed(0),
          peak.toFixed(0),
          (peak - idle - data).toFixed(0),
        ]),
      ),
      '### Passes over the data to within 1e-8 nats of the optimum',
      table(
        ['problem', 'plain EM', 'accelerated', 'difference of the two optima'],
        ours.acceleration.map(({ problem, plain, accelerated, difference }) => [problem, plain, accelerated, difference.toExponential(1)]),
      ),
    );
  }
  if (size !== undefined) {
    parts.push(
      '## Size',
      'In bytes: minified by Vite for ES2022, then compressed by gzip, and the most that a test allows. The script of the workers, which is fetched when a fit uses several threads, is not counted.',
      table(
        ['program', 'minified', 'gzip', 'budget'],
        size.programs.map(({ name, minified, gzip, budget }) => [name, minified, gzip, budget]),
      ),
      'Where it comes from: by how many bytes the compressed program that fits Gaussians, or that exports everything, would shrink without a module; the twenty largest. They need not add up.',
      table(
        ['module', 'fit with Gaussians', 'everything'],
        size.everything
          .slice(0, 20)
          .map(({ module, gzip }) => [`\`${module}\``, size.typical.find((other) => other.module === module)?.gzip ?? '', gzip]),
      ),
    );
  }
  writeFileSync(join(root, 'docs/benchmarks.md'), `${parts.join('\n\n')}\n`);
}
