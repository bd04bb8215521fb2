import type { Family, ParameterValues } from '../family.ts';

/** The parameters of a family's components. */
export type ParametersOf<F> = F extends Family<infer P> ? P : never;

/** The parameters of components of the given families, one after the other. */
export type ComponentsOf<F extends readonly Family[]> = { readonly [Index in keyof F]: ParametersOf<F[Index]> };

/** K records in a row; of unknown number where the compiler does not know K, or where it is large. */
export type Repeat<P, K extends number, R extends readonly P[] = readonly []> = number extends K
  ? readonly P[]
  : R['length'] extends K
    ? R
    : R['length'] extends 32
      ? readonly P[]
      : Repeat<P, K, readonly [...R, P]>;

/** What stands for the components of any model. */
export type AnyComponents = readonly ParameterValues[];
