import type { Decimal } from 'decimal.js';
import type { Reference } from './context.ts';
import type { ReferenceData } from './data.ts';
import type { Numeric } from './decimal-number.ts';
import type { Constraints, SharedParameter } from './em.ts';
import { ReferenceFailure } from './failure.ts';
import { type NumericParameters, parameterEntries, type ReferenceOptions } from './family.ts';
import type { MixtureDescription, ReferenceMixture } from './mixture.ts';

/** What a fit held at its start: all weights, and by component the names of parameters. */
export interface HeldParameters {
  readonly weights?: boolean;
  readonly components?: readonly (readonly string[] | null | undefined)[];
}

/** A fit to certify: plain JSON, as a fit is written to a file. Further entries are ignored. */
export interface CertifiableFit {
  readonly model: {
    /** The latent structure; absent in a mixture, which is all that can be certified. */
    readonly kind?: string;
    /** The id of the family of all components, with its options; or `families`, one for each. */
    readonly family?: string;
    readonly options?: ReferenceOptions;
    readonly families?: readonly (string | { readonly family: string; readonly options?: ReferenceOptions })[];
    readonly weights: readonly number[];
    readonly components: readonly NumericParameters[];
    /** What was held. Default: nothing. */
    readonly held?: HeldParameters;
    /** Names of the parameters that all components of a family share, besides those that its options tie. Default: none. */
    readonly shared?: readonly string[];
    /** The components with digits that the numbers above cannot hold, for data less an origin: where there are any, they are evaluated. */
    readonly exact?: { readonly origin?: readonly number[]; readonly components: readonly NumericParameters[] };
  };
  /** The log-likelihood that the fit reports, in nats. */
  readonly logLikelihood: number;
  /** What the fit held. Default: what its model says. */
  readonly held?: HeldParameters;
  /** What its components share. Default: what its model says. */
  readonly shared?: readonly string[];
}

/** The mixture to evaluate: with all the digits that the fit has. */
export function mixtureOf({ model }: CertifiableFit): MixtureDescription {
  return { ...model, components: model.exact?.components ?? model.components };
}

/** What an M-step of the fit leaves alone, and what it keeps equal. */
export function constraintsOf(fit: CertifiableFit, { components }: ReferenceMixture): Constraints {
  const held = fit.held ?? fit.model.held;
  const families = [...new Set(components.map(({ family }) => family))];
  return {
    heldWeights: held?.weights === true,
    heldParameters: (held?.components ?? []).map((names) => names ?? undefined),
    shared: (fit.shared ?? fit.model.shared ?? []).flatMap((parameter) =>
      families.map((family): SharedParameter => {
        const members = components.flatMap((component, j) => (component.family === family ? [j] : []));
        return { parameter, components: members };
      }),
    ),
    emptyComponents: 'keep',
  };
}

/** The data that the mixture describes: those given, less the origin of each column. */
export function movedData(data: ReferenceData, { model }: CertifiableFit): ReferenceData {
  const origin = model.exact?.origin?.map((value) => data.reference.decimal(value));
  if (origin === undefined) return data;
  if (origin.length !== data.rows[0]!.length)
    refuse(`has an origin of ${origin.length} columns, and the data have ${data.rows[0]!.length}`);
  return { ...data, rows: data.rows.map((row) => row.map((value, column) => value.minus(origin[column]!))) };
}

/** One number of a mixture, by the name that a certificate gives it. */
export interface MixtureEntry {
  /** `weights[0]`, `components[1].mean`, `components[0].covariance[0][1]`, ... */
  readonly name: string;
  readonly value: Decimal;
}

/** Every weight and parameter of a mixture. */
export function mixtureEntries({ weights, components }: ReferenceMixture): readonly MixtureEntry[] {
  return [
    ...weights.map((value, j) => ({ name: `weights[${j}]`, value })),
    ...components.flatMap(({ family, parameters }, j) =>
      Object.keys(family.parameters).flatMap((name) => parameterEntries(`components[${j}].${name}`, parameters[name]!)),
    ),
  ];
}

/** Each of them as the fit shows it: a function of its name. */
export function shownValues({ model }: CertifiableFit, reference: Reference): (name: string) => Decimal {
  const record = Object.entries({ weights: model.weights, components: model.components });
  const shown = new Map(record.flatMap(([name, value]) => numericEntries(name, value)));
  return (name) => {
    const value = shown.get(name);
    return value === undefined ? refuse(`lacks ${name} among the parameters it shows`) : reference.decimal(value);
  };
}

function numericEntries(name: string, value: unknown): readonly (readonly [string, Numeric])[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => numericEntries(`${name}[${index}]`, entry));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, entry]) => numericEntries(`${name}.${key}`, entry));
  return [[name, value as Numeric]];
}

/** @throws ReferenceFailure `invalid-fit`: untrusted input */
export function requireFit(fit: CertifiableFit): void {
  const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
  const isListOf = (value: unknown, holds: (entry: unknown) => boolean): boolean => Array.isArray(value) && value.every(holds);
  const isNames = (value: unknown): boolean => isListOf(value, (name) => typeof name === 'string');
  const model: Partial<CertifiableFit['model']> | undefined = isRecord(fit) ? fit.model : undefined;
  if (!isRecord(model)) refuse('has no model: give { model, logLikelihood }');
  const { kind, family, families, weights, components, exact } = model!;
  if (kind !== undefined) refuse(`is of the kind ${String(kind)}: only mixtures can be certified`);
  if (typeof family !== 'string' && !Array.isArray(families))
    refuse('does not name its family: give family, or families with one for each component');
  if (!Array.isArray(weights) || !Array.isArray(components)) refuse('lacks its weights or components: give a list of each');
  if (!isListOf(components, isRecord)) refuse('has a component that is not a record of parameters');
  for (const held of [fit.held, model!.held]) {
    if (held === undefined) continue;
    const names = isRecord(held) ? (held.components ?? []) : undefined;
    if (!isListOf(names, (own) => own === null || own === undefined || isNames(own)))
      refuse('says in a way that cannot be read what it held: give { weights, components }, with a list of names for each component');
  }
  for (const shared of [fit.shared, model!.shared])
    if (shared !== undefined && !isNames(shared)) refuse('says in a way that cannot be read what is shared: give a list of names');
  if (exact !== undefined) {
    const { origin, components: finer } = isRecord(exact) ? exact : {};
    const wellFormed = isListOf(finer, isRecord) && (origin === undefined || isListOf(origin, Number.isFinite));
    if (!wellFormed || finer!.length !== components!.length)
      refuse('has an entry exact without as many components, or with an origin that is no list of numbers');
  }
  if (typeof fit.logLikelihood !== 'number' || !Number.isFinite(fit.logLikelihood))
    refuse(`reports a log-likelihood of ${String(fit.logLikelihood)}: give a finite number`);
}

function refuse(what: string): never {
  throw new ReferenceFailure('invalid-fit', `The fit to certify ${what}.`);
}
