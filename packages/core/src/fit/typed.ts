import type { Family, FamilyDefinition, ParameterValues } from '../family.ts';
import type { Latent } from '../model/latent.ts';

/** A type, or where nothing is known of it another. */
type Or<T, Else> = 0 extends 1 & T ? Else : T;

/** The parameters of the components of a family, or of those that a definition makes. */
export type ParametersOf<F> = F extends Family<infer P> | FamilyDefinition<infer P> ? Or<P, ParameterValues> : never;

/** The parameters of the labels' law, or of those that a definition makes. */
export type LawOf<D> = D extends Latent<infer L> | { create(...options: never): Latent<infer L> } ? Or<L, object> : never;

/** The parameters of components of the given families, one after the other. */
export type ComponentsOf<F extends readonly Family[]> = { readonly [Index in keyof F]: ParametersOf<F[Index]> };

/** K records in a row; of unknown number where the compiler does not know K, or where it is large. */
export type Repeat<P, K extends number, R extends readonly unknown[] = readonly []> = K extends unknown
  ? number extends K
    ? readonly Or<P, ParameterValues>[]
    : R['length'] extends K
      ? R
      : R['length'] extends 32
        ? readonly Or<P, ParameterValues>[]
        : Repeat<P, K, readonly [...R, Or<P, ParameterValues>]>
  : never;

/** What stands for the components of any model. */
export type AnyComponents = readonly ParameterValues[];

/** The part of a fit's options that says what it will give: K components of one family, whose labels have a law of the parameters L. */
export interface OneFamily<P extends ParameterValues, K extends number, L extends object> {
  readonly family: Family<P>;
  readonly components?: K;
  readonly latent?: Latent<L>;
}

/** The same for a component of each of the families F. */
export interface SeveralFamilies<F extends readonly Family[], L extends object> {
  readonly families: F;
  readonly latent?: Latent<L>;
}
