import type { Kernel, KernelConstants } from './capability.ts';
import type { ColumnPasses } from './columns.ts';
import { EXPONENTIAL, type FusedShape, GAUSSIAN, prepareFused } from './fused.ts';
import type { Rows } from './memory.ts';

/** A mixture of independent rows whose components are all of one family with a kernel. */
export interface ShortcutShape {
  // biome-ignore lint/suspicious/noExplicitAny: kernels of families with different parameters
  readonly kernel: Kernel<any>;
  readonly components: number;
  readonly dimension: number;
  /** Where each component's sums begin in what a pass writes: its count, then its statistics. */
  readonly offsets: readonly number[];
  /** For so many passes from now on bounds are left alone: they did not help. */
  passesWithoutBounds: number;
}

export interface ShortcutRequest {
  /** The logarithm of the probability of each label, the same for all rows. */
  readonly logWeights: readonly number[];
  /** Each component's parameters. */
  readonly at: readonly unknown[];
  /** The parameters about which each component's statistics are taken. */
  readonly about: readonly unknown[];
  /** Asks for the contributions of components that lie far below the best one of a row too: see cut.ts. */
  readonly uncut?: boolean | undefined;
}

/**
 * Writes the expectation over a block's rows to `out`, which is zero: log-likelihood, magnitude, entropy of the responsibilities, K expected
 * counts, and each component's sums. The entropy is right to the rounding of the log-likelihood (so it may be a little below zero), and 0,
 * whatever it is, where a pass over one column, or two correlated ones, takes statistics about other parameters than those of the density.
 *
 * Sums are finite unless a row is impossible, a family at fault or a number out of the kernels' range.
 */
export type ShortcutPass = (block: Rows, out: Float64Array) => void;

/** What a request says, in numbers. */
export interface MixtureConstants {
  /** Of each component: the constant of its log joint density, in nats. */
  readonly logs: readonly number[];
  readonly here: readonly KernelConstants[];
  readonly there: readonly KernelConstants[];
  readonly cut: boolean;
}

/** The shape of a mixture that has a shortcut; undefined where the families are of different kinds or without a kernel. */
export function shortcutShape(
  // biome-ignore lint/suspicious/noExplicitAny: as above
  families: readonly { readonly kernel?: Kernel<any> | undefined; readonly columns: readonly unknown[] }[],
  offsets: readonly number[],
): ShortcutShape | undefined {
  const { kernel, columns } = families[0]!;
  if (kernel === undefined || families.some((family) => family.kernel !== kernel)) return undefined;
  return { kernel, components: families.length, dimension: columns.length, offsets, passesWithoutBounds: 0 };
}

/** The way to do one request's blocks; undefined where it has to be left to the families' own loops. */
export function prepareShortcut(shape: ShortcutShape, { logWeights, at, about, uncut }: ShortcutRequest): ShortcutPass | undefined {
  const { kernel, components, dimension } = shape;
  const here: KernelConstants[] = [];
  const there: KernelConstants[] = [];
  for (let component = 0; component < components; component += 1) {
    const own = kernel.constants(at[component]);
    const other = about[component] === at[component] ? own : kernel.constants(about[component]);
    if (own === undefined || other === undefined) return undefined;
    here.push(own);
    there.push(other);
  }
  const logs = here.map(({ constant }, component) => constant + logWeights[component]!);
  const constants: MixtureConstants = { logs, here, there, cut: uncut !== true };
  const fused = fusedShape(kernel, dimension);
  if (fused !== undefined) return prepareFused(shape, fused, constants);
  return (kernel.columns as ColumnPasses | undefined)?.prepare(shape, constants);
}

function fusedShape({ density }: Kernel<never>, dimension: number): FusedShape | undefined {
  if (density === 'exponential') return EXPONENTIAL;
  return density === 'independent-gaussian' && dimension === 1 ? GAUSSIAN : undefined;
}
