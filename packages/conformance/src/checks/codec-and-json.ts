import {
  type Codec,
  codecOf,
  type Domain,
  domainViolation,
  type Family,
  type FamilyDefinition,
  freeParameters,
  type ParameterValues,
} from '@emkit/core';
import * as fc from 'fast-check';
import { mixtureOf, numbersIn, pointArbitrary, rowsArbitrary, sameBits } from '../cases.ts';
import { apartOf, nudgedEach } from '../coordinates.ts';
import { type Law, part, type Subject, show, VACUOUS, violate } from '../law.ts';
import { blockOf, logDensities } from '../likelihood.ts';
import { EPSILON } from '../tolerance.ts';
import { insideDomains } from './domain.ts';

/** Elementary functions there and back, an ulp or two each. */
const CODEC_ULPS = 16;

/** Coordinates of parameters that nobody calls ordinary: probabilities of 1e-6, rates of a million. */
const FAR_COORDINATE = 14;

/**
 * **codec-and-json**: parameters survive the journey to unconstrained coordinates and to JSON.
 *
 * - decode(encode(theta)) = theta, to 16 ulps of what one ulp of the coordinates makes of theta (log and exp round; a logarithm of
 *   size L carries L ulps); encode(decode(v)) = v likewise. Signs, orders and correlations survive.
 * - Every finite v decodes into the domains; `length` is the number of free parameters; `offset` is respected and nothing outside the
 *   family's own stretch is written; scales are positive.
 * - Options that no variant lists make a family that keeps the laws that are cheap to ask, and its options make it again.
 * - JSON.parse(JSON.stringify(model)) read back is the same model to the bit, with the same log-densities to the bit.
 */
export const codecAndJson: Law = {
  name: 'codec-and-json',
  statement: 'parameters to unconstrained coordinates and back to rounding, to JSON and back to the bit',
  falseAlarmRate: 0,
  parts: [
    part({
      name: 'parameters to coordinates and back',
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), offset: fc.integer({ min: 0, max: 5 }) }),
      check({ parameters, offset }, { subject }) {
        const codec: Codec<ParameterValues> = codecOf(subject.family);
        const out = new Float64Array(offset + codec.length + 2).fill(777);
        codec.encode(parameters, out, offset);
        if (out.subarray(0, offset).some((value) => value !== 777) || out.subarray(offset + codec.length).some((value) => value !== 777)) {
          violate(`encode at offset ${offset} wrote outside its ${codec.length} entries: ${show(Array.from(out))}`);
        }
        const vector = out.slice(offset, offset + codec.length);
        if (vector.some((value) => !Number.isFinite(value)))
          violate(`parameters inside their domains encode to ${show(Array.from(vector))}`);
        const decoded = { ...codec.decode(out, offset), ...apartOf(subject.family, parameters) };
        const expected = flat(subject, parameters);
        const found = flat(subject, decoded);
        const allowances = responses(subject, codec, parameters, vector);
        expected.forEach((value, index) => {
          if (!(Math.abs(found[index]! - value) <= CODEC_ULPS * EPSILON * allowances[index]!))
            violate(`${show(parameters)} comes back from its coordinates ${show(Array.from(vector))} as ${show(decoded)}`);
        });
        if (codec.scales !== undefined) {
          const scales = new Float64Array(offset + codec.length);
          codec.scales(parameters, scales, offset);
          if (scales.subarray(offset).some((value) => !(value > 0 && value < Infinity)))
            violate(`the scales are ${show(Array.from(scales.subarray(offset)))}: they must be positive`);
        }
      },
    }),
    part({
      name: 'coordinates to parameters and back',
      arbitrary: (subject) => {
        const { length } = codecOf(subject.family);
        const within = (reach: number): fc.Arbitrary<number[]> =>
          fc.array(
            fc.integer({ min: -1000 * reach, max: 1000 * reach }).map((value) => value / 1000),
            { minLength: length, maxLength: length },
          );
        return fc.oneof({ weight: 3, arbitrary: within(3) }, { weight: 1, arbitrary: within(FAR_COORDINATE) });
      },
      check(values, { subject }) {
        const { family } = subject;
        const codec: Codec<ParameterValues> = codecOf(family);
        const free = Object.values(family.parameters).reduce((sum, domain) => sum + freeParameters(domain as Domain), 0);
        if (codec.length !== free) violate(`the codec has ${codec.length} coordinates for ${free} free parameters`);
        const vector = Float64Array.from(values);
        // A space of the family's own may be wrapped: what lies a turn away is the same point.
        if (Object.values(family.parameters).some((domain) => (domain as Domain).kind === 'own'))
          codec.encode(codec.decode(vector, 0), vector, 0);
        const parameters = codec.decode(vector, 0);
        for (const [name, domain] of Object.entries(family.parameters)) {
          const wrong = domainViolation(domain as Domain, parameters[name]);
          if (wrong === undefined) continue;
          // Matrices so near to singular that rounding takes their definiteness away are no defect of the codec.
          if ((domain as Domain).kind === 'positive-definite' && wrong.includes('pivot')) return VACUOUS;
          violate(`the coordinates ${show(values)} decode to ${name} = ${show(parameters[name])}, outside its domain: ${wrong}`);
        }
        const back = new Float64Array(codec.length);
        codec.encode(parameters, back, 0);
        const allowances = encodedResponses(codec, parameters, back);
        for (let index = 0; index < back.length; index += 1) {
          if (!(Math.abs(back[index]! - vector[index]!) <= CODEC_ULPS * EPSILON * (1 + Math.abs(vector[index]!) + allowances[index]!))) {
            violate(`the coordinates ${show(values)} come back from ${show(parameters)} as ${show(Array.from(back))}`);
          }
        }
        return;
      },
    }),
    part({
      name: 'a model to JSON and back',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({
          point: pointArbitrary(subject, 2),
          extreme: insideDomains(subject, subject.parameters('extreme')),
          rows: rowsArbitrary(subject, 1, 10),
        }),
      check({ point, extreme, rows }, { subject }) {
        const { engine, family, definition } = subject;
        if (!isJson(family.options)) violate(`the options ${show(family.options)} do not survive JSON`);
        const shared = new Set(family.shared ?? []);
        const second = Object.fromEntries(
          Object.entries(extreme).map(([name, value]) => [name, shared.has(name) ? point.components[0]![name]! : value]),
        );
        const components = [point.components[0]!, second];
        const model = engine.createModel(mixtureOf(subject, 2), { weights: point.weights, components });
        const text = JSON.stringify(model);
        const back = engine.readModel(JSON.parse(text), [definition, ...definitionsOfParts(family)]);
        if (!sameBits(back.parameters, model.parameters)) violate(`the model ${text} was read back with ${show(back.parameters)}`);
        if (JSON.stringify(back) !== text) violate(`the model ${text} was read back and written as ${JSON.stringify(back)}`);
        const before = logDensities(family, blockOf(family, rows), components[0]!);
        const after = logDensities(back.mixture.families[0]!, blockOf(family, rows), back.components[0]!);
        before.forEach((value, row) => {
          if (!Object.is(value, after[row]))
            violate(`after a journey through JSON the log-density of ${show(rows[row])} is ${after[row]} and not ${value}`);
        });
      },
    }),
  ],
};

/** What makes the families of which a composed one consists, again those same instances. */
function definitionsOfParts(family: Family): readonly FamilyDefinition[] {
  const parts = allParts(family);
  return [...new Set(parts.map(({ id }) => id))].map((id) =>
    Object.assign((options: unknown) => parts.find((part) => part.id === id && sameBits(part.options, options))!, {
      id,
      title: id,
      options: {},
      variants: [{}],
    }),
  );
}

function allParts({ parts = {} }: Family): readonly Family[] {
  return Object.values(parts).flatMap((part) => [part, ...allParts(part)]);
}

/** True for what JSON can hold exactly: no NaN, infinity, undefined, function, date or the like. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}

function flat({ family }: Subject, parameters: ParameterValues): number[] {
  return Object.keys(family.parameters).flatMap((name) => numbersIn(parameters[name]));
}

/** For each number of the parameters: its own size, and what relative changes of the coordinates (and of 1) make of it. */
function responses(subject: Subject, codec: Codec<ParameterValues>, parameters: ParameterValues, vector: Float64Array): number[] {
  const base = flat(subject, parameters);
  const totals = base.map(Math.abs);
  const nudge = 2 ** -26;
  const moved = vector.slice();
  const centre = flat(subject, codec.decode(vector, 0));
  for (let index = 0; index < vector.length; index += 1) {
    moved[index] = vector[index]! + nudge * (1 + Math.abs(vector[index]!));
    flat(subject, codec.decode(moved, 0)).forEach((value, place) => {
      totals[place]! += Math.abs(value - centre[place]!) / nudge;
    });
    moved[index] = vector[index]!;
  }
  return totals;
}

/** What a relative change of each number of the parameters makes of each coordinate. */
function encodedResponses(codec: Codec<ParameterValues>, parameters: ParameterValues, encoded: Float64Array): Float64Array {
  const totals = new Float64Array(encoded.length);
  const nudge = 2 ** -30;
  const out = new Float64Array(encoded.length);
  for (const record of [...nudgedEach(parameters, nudge), ...nudgedEach(parameters, -nudge)]) {
    codec.encode(record, out, 0);
    for (let index = 0; index < out.length; index += 1) {
      const change = Math.abs(out[index]! - encoded[index]!) / nudge;
      totals[index]! += Number.isFinite(change) ? change : 1 / nudge;
    }
  }
  return totals;
}
