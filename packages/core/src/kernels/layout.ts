// Where things stand in the kernels' memory, for the compiled kernels (assembly/) and for TypeScript alike. AssemblyScript compiles this file
// too: it may hold literals without types and functions of numbers, nothing else. All places are in numbers of 8 bytes.

// ---- the memory ----
// The compiled modules keep their constants first, each from its own place on; then come powers of two (powers.ts), then what passes take.

export const BASE_CONSTANTS = 128;
export const COLUMN_CONSTANTS = 192;
export const POWERS = 256;
export const RESERVED = 512;

// ---- rows ----

/** Rows that are worked on together: eight pairs, a row in each of two lanes. Arrays over rows are filled up to whole groups. */
export const GROUP = 16;

// ---- sums of a pass ----
// Each sum is kept in two lanes, that of the even and that of the odd rows, hence takes two numbers.

/** Of the log-likelihood, in nats; and what it has rounded off. */
export const LOG_LIKELIHOOD = 0;
export const ROUNDED_OFF = 2;
/** Of |log density|. */
export const MAGNITUDE = 4;
/** Of the entropy of the responsibilities, in nats; 0 in fused passes. */
export const ENTROPY = 6;
/** Then, component by component, its count and, in a fused pass, its statistics. */
export const COMPONENT_SUMS = 8;
export const COUNT = 0;
export const STATISTICS = 2;

// ---- working memory of a group of rows ----

/** Of each row: case weight / sum of terms. */
export const SHARES = 0;
/** Of each row: the largest log joint density, or what stands for it. */
export const LARGEST = 16;
/** Of each row: in a fused pass the reference, in nats; in `posterior` the bound under which components are cut. */
export const REFERENCE = 32;
/** Two lanes: the sum over rows of case weight x log (sum of terms). */
export const LOG_TOTALS = 48;
/** Of each component and row: e^(log joint density - reference). */
export const TERMS = 50;

export function groupScratch(components: number): number {
  return TERMS + GROUP * components;
}

// ---- constants of fused passes ----
// The reference in nats and an unused number, then a record for each component. Constants and scales are in steps (powers.ts), the constant
// less the reference; `about` is where statistics are taken.

export const FUSED_RECORDS = 2;

export const EXPONENTIAL_CONSTANT = 0;
export const EXPONENTIAL_RATE = 1;
export const EXPONENTIAL_RECORD = 2;
/** Count and sum of r x. */
export const EXPONENTIAL_SUMS = 4;

export const GAUSSIAN_CONSTANT = 0;
export const GAUSSIAN_MEAN = 1;
export const GAUSSIAN_HALF_PRECISION = 2;
export const GAUSSIAN_ABOUT = 3;
export const GAUSSIAN_RECORD = 4;
/** Count, sums of r z and r z z. */
export const GAUSSIAN_SUMS = 6;

/** Both means, the lower entry of the Cholesky factor, the inverses of its diagonal. */
export const PLANE_CONSTANT = 0;
export const PLANE_MEAN0 = 1;
export const PLANE_MEAN1 = 2;
export const PLANE_FACTOR = 3;
export const PLANE_INVERSE0 = 4;
export const PLANE_INVERSE1 = 5;
export const PLANE_ABOUT0 = 6;
export const PLANE_ABOUT1 = 7;
export const PLANE_RECORD = 8;
/** Count, sums of r z0, r z1, r z0 z0, r z1 z0, r z1 z1. */
export const PLANE_SUMS = 12;

// ---- Gaussians of several columns ----

/** Log joint densities more than this below the largest of their row are left out where it is above `ORDINARY`: see cut.ts. */
export const CUT = 80;
export const ORDINARY = -10000;

/** A component without correlations: the constant, then mean and half precision of each column. */
export const INDEPENDENT_COLUMNS = 1;
export const INDEPENDENT_COLUMN = 2;

export function independentRecord(dimension: number): number {
  return INDEPENDENT_COLUMNS + INDEPENDENT_COLUMN * dimension;
}

/** Sums of r z for each column, then of r z z. */
export function independentSums(dimension: number): number {
  return 4 * dimension;
}

/** Of each component: a count; the places of rows with responsibility (4 bytes each) and their responsibilities, with room to fill up the last. */
export function independentScratch(rows: number, components: number): number {
  return components * (1 + 1.5 * rows + 12) + 1;
}

/** A component with correlations: the constant, the means, the Cholesky factor as `factorPlace` says. */
export const CORRELATED_MEANS = 1;

export function correlatedRecord(dimension: number): number {
  return CORRELATED_MEANS + dimension + (dimension * (dimension + 1)) / 2;
}

/**
 * Where entry (j, k) of the factor stands after the means, k = j being one over the diagonal: rows in tiles of four, each tile the columns
 * before it four entries at a time, then its own triangle by rows, then its four inverses; left-over rows one by one. So forward
 * substitution reads it from one end to the other.
 */
export function factorPlace(dimension: number, j: number, k: number): number {
  const own = j % 4;
  const first = j - own;
  const tiles = first / 4;
  const before = 10 * tiles + 8 * tiles * (tiles - 1);
  if (first + 4 > dimension) return before + (own * (first + 1 + j)) / 2 + k;
  if (k < first) return before + 4 * k + own;
  if (k === j) return before + 4 * first + 6 + own;
  return before + 4 * first + (own * (own - 1)) / 2 + (k - first);
}

/** Sums of r z for each column, then of r z_j z_k by rows, k <= j. */
export function correlatedSums(dimension: number): number {
  return dimension * (dimension + 3);
}

/** A group's whitened columns, its gathered columns and bounds, and densities; each row's bound; leaders and places, 4 bytes each. */
export function correlatedDensitiesScratch(rows: number, dimension: number): number {
  return GROUP * (2 * dimension + 2) + 2 * rows + GROUP;
}

/** A group's whitened columns and densities. */
export function whitenedScratch(dimension: number): number {
  return GROUP * (dimension + 1);
}

/** Of a chunk of rows the places (4 bytes each, and two more), the responsibilities, their roots, and the deviations times these. */
export function correlatedStatisticsScratch(chunk: number, dimension: number): number {
  return 2.5 * chunk + 2 + chunk * dimension;
}
