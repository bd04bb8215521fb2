import { type Fit, type FitOptions, fit, type Random, readModel } from '@emkit/core';
import { families, familyById } from '@emkit/families';
import { readText } from '@emkit/files';
import { chance, cut, insist, outcomeOf, pick } from './common.ts';

/** A fit of each kind, to break: its model, its start and its state as JSON. */
interface Fixture {
  readonly data: readonly number[] | readonly (readonly number[])[];
  readonly options: FitOptions;
  readonly model: string;
  readonly start: string;
  readonly state: string;
}

const positive = [1, 2, 2, 3, 5, 8, 9, 4, 6, 1];
const plane = positive.map((x, row) => [x, (row * 7) % 5]);

const fixtures: readonly Fixture[] = [
  ...['gaussian', 'exponential', 'poisson', 'geometric', 'gamma'].map((id) => makeFixture(positive, id)),
  makeFixture(positive, 'gaussian', { covariance: 'tied' }),
  makeFixture(positive, 'binomial', { trials: 10 }),
  makeFixture(
    positive.map((x) => x % 3),
    'categorical',
    { categories: 3 },
  ),
  ...['full', 'diagonal', 'spherical', 'tied'].map((covariance) =>
    makeFixture(plane, 'multivariate-gaussian', { dimension: 2, covariance }),
  ),
];

function makeFixture(data: Fixture['data'], id: string, variant: Record<string, unknown> = {}): Fixture {
  const options: FitOptions = { family: familyById(id)(variant), components: 2, iterations: 3, starts: 2 };
  const result = fit(data, options);
  const { weights, components, state } = result;
  return { data, options, model: JSON.stringify(result), start: JSON.stringify({ weights, components }), state: JSON.stringify(state) };
}

/** A model's file, broken: it is refused, or it is a model that is read back from its own JSON. */
export async function tryModel(random: Random): Promise<void> {
  const { model, data } = pick(random, fixtures);
  const { text, json } = await broken(random, model);
  const read = await outcomeOf(() => readModel(json, families));
  if ('error' in read) return;
  const written = JSON.stringify(read.value);
  insist(written === JSON.stringify(readModel(JSON.parse(written), families)), `${text}: ${written} is read back as another model`);
  const density = await outcomeOf(() => read.value.logDensity(data));
  insist('error' in density || !density.value.some(Number.isNaN), `${text}: a density of NaN`);
}

/** The parameters to start from, broken: a fit refuses them, or starts from them. */
export async function tryStart(random: Random): Promise<void> {
  const { start, data, options } = pick(random, fixtures);
  const { text, json } = await broken(random, start);
  // A text names a method; a file holds parameters.
  if (typeof json === 'string') return;
  const parameters = json ?? {};
  checkFit(await outcomeOf(() => fit(data, { ...options, iterations: 1, start: parameters as never })), text);
}

/** A saved state, broken: a fit refuses it, or goes on from it. */
export async function tryState(random: Random): Promise<void> {
  const { state, data, options } = pick(random, fixtures);
  const { text, json } = await broken(random, state);
  checkFit(await outcomeOf(() => fit(data, { ...options, iterations: 5, resume: json as never })), text);
}

function checkFit(outcome: { readonly value: Fit } | { readonly error: string }, text: string): void {
  if ('error' in outcome) return;
  const { weights, logLikelihood, diagnosis } = outcome.value;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  insist(Math.abs(total - 1) < 1e-12 && weights.every((weight) => weight >= 0), `${text}: the weights are ${weights.join()}`);
  insist(Number.isFinite(logLikelihood) || diagnosis.kind === 'collapsed', `${text}: the log-likelihood is ${logLikelihood}`);
}

/** JSON broken in its characters or in its entries, read as files are: the same however it is cut. No JSON any more is `null`. */
async function broken(random: Random, whole: string): Promise<{ readonly text: string; readonly json: unknown }> {
  const entries: unknown = JSON.parse(whole);
  const text = chance(random, 0.4) ? breakText(random, whole) : JSON.stringify(breakEntries(random, entries, 1.5 / countEntries(entries)));
  const read = await outcomeOf(() => readText(cut(random, new TextEncoder().encode(text))));
  insist('value' in read && read.value === text, `${text} is read as another text`);
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    return { text, json: null };
  }
}

function breakText(random: Random, text: string): string {
  const at = random.integer(text.length);
  const to = Math.min(text.length, at + random.integer(20));
  const scrap = pick(random, ['0', '9', '-', 'e', '.', ',', '"', '[', ']', '{', '}', 'null', '1e999', '\\u0000']);
  return pick(random, [
    text.slice(0, at) + text.slice(to),
    text.slice(0, to) + text.slice(at),
    text.slice(0, at) + scrap + text.slice(at),
    text.replaceAll(pick(random, [/\d/g, /[a-z]/g, /[\]}]/g]), (match) => (chance(random, 0.05) ? scrap : match)),
  ]);
}

/** What may stand in the place of any entry. */
const STRANGERS = JSON.parse(
  '[null, true, 0, -0, 1, -1, 0.5, 1e308, -1e308, 5e-324, 2147483648, 9007199254740992, 1e21, "", "x", "1", [], [[]], {}, [1], [1, 2], [null], [0.5, 0.5], {"mean": 1}]',
) as readonly unknown[];
/** Families are made of any dimension they are asked for; the command refuses one that its file is too short for. */
const DIMENSIONS: readonly unknown[] = [null, 0, -1, 1, 3, 2.5, 40, '2', []];
const NAMES: readonly string[] = ['x', '__proto__', 'constructor', 'length', 'weights', 'model'];

/** A JSON value in which entries are replaced, left out, doubled or given another name, each at the same rate. */
function breakEntries(random: Random, json: unknown, rate: number, name = ''): unknown {
  const happens = (): boolean => chance(random, rate);
  if (happens()) return pick(random, name === 'dimension' ? DIMENSIONS : STRANGERS);
  if (typeof json === 'number' && happens())
    return pick(random, [-json, json * 1e200, json * 1e-200, json + 1, Math.round(json), String(json)]);
  if (Array.isArray(json))
    return json
      .filter(() => !happens())
      .flatMap((value) => (happens() ? [value, value] : [value]))
      .map((value) => breakEntries(random, value, rate));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(() => !happens())
      .map(([key, value]) => [happens() ? pick(random, NAMES) : key, breakEntries(random, value, rate, key)]),
  );
}

function countEntries(json: unknown): number {
  return typeof json === 'object' && json !== null ? Object.values(json).reduce<number>((sum, value) => sum + countEntries(value), 1) : 1;
}
