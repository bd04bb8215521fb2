import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root } from '../run.ts';
import { renderBenchmarks } from './render.ts';

/** Time of one EM iteration. `ratio`: how many times as long as emkit, the median over rounds in which both ran. */
export interface PeerResult {
  readonly problem: string;
  readonly components: number;
  readonly participant: string;
  readonly threads: number;
  readonly milliseconds: number;
  readonly ratio: number;
  readonly logLikelihood: number;
  /** Peak resident memory and the size of the data, in MB. */
  readonly memory: number;
  readonly data: number;
}

/** Time of a whole fit from a given start to within 1e-8 nats of the optimum. */
export interface WholeFitResult {
  readonly problem: string;
  readonly participant: string;
  readonly milliseconds: number;
  readonly ratio: number;
  readonly passes: number | null;
  readonly shortfall: number;
}

export interface ScalingPoint {
  readonly rows: number;
  readonly components: number;
  readonly milliseconds: number;
}

/** Passes over the data to the optimum by each driver. */
export interface AccelerationResult {
  readonly problem: string;
  readonly plain: number;
  readonly accelerated: number;
  readonly difference: number;
}

/** A program's size in bytes, minified, and then compressed by gzip, beside the most that a test allows. */
export interface ProgramSize {
  readonly name: string;
  readonly minified: number;
  readonly gzip: number;
  readonly budget: number;
}

/** A module's part of a program: its bytes, and how many the compressed program would have less without them. */
export interface ModuleSize {
  readonly module: string;
  readonly minified: number;
  readonly gzip: number;
}

export interface Results {
  readonly peers?: {
    readonly iterations: readonly PeerResult[];
    readonly fits: readonly WholeFitResult[];
    readonly versions: Readonly<Record<string, string>>;
    /** By participant: the linear algebra it had loaded, or `none`. */
    readonly blas?: Readonly<Record<string, string>>;
    readonly machine?: string;
  };
  readonly ours?: {
    readonly rows: readonly ScalingPoint[];
    readonly components: readonly ScalingPoint[];
    readonly workers: { readonly one: number; readonly two: number; readonly twoWarm: number };
    readonly importMilliseconds: number;
    readonly firstFitMilliseconds: number;
    readonly memory: readonly { readonly rows: number; readonly data: number; readonly peak: number; readonly idle: number }[];
    readonly acceleration: readonly AccelerationResult[];
    readonly exponentials: number;
    readonly flops: number;
    readonly machine?: string;
  };
  readonly size?: {
    readonly programs: readonly ProgramSize[];
    /** Of the program that exports everything, and of the one that fits Gaussians. */
    readonly everything: readonly ModuleSize[];
    readonly typical: readonly ModuleSize[];
    readonly machine?: string;
  };
}

const FILE = 'docs/benchmarks.json';

export const machine = (): string => `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${process.platform}`;

export function readResults(): Results {
  const file = join(root, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {};
}

/** Replaces one part of the results and writes the page anew. */
export function saveResults(part: Results): void {
  const file = join(root, FILE);
  const before = readResults();
  const stamped = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, { ...value, machine: machine() }]));
  const results: Results = { ...before, ...stamped };
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  renderBenchmarks(results);
}
