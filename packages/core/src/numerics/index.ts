/**
 * Numerical tools for authors of component families: elementary and special functions with measured accuracy and the same bits on every
 * engine, sums that keep their digits, and small triangular matrices.
 */
export * from './design.ts';
export * from './elementary.ts';
export * from './error-function.ts';
export * from './gamma.ts';
export * from './incomplete-beta.ts';
export * from './incomplete-gamma.ts';
export * from './linear-algebra.ts';
export * from './log-sum-exp.ts';
export * from './powers-of-two.ts';
export * from './saddle-point.ts';
export * from './scoring.ts';
export * from './sum.ts';
