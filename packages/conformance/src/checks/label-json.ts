import type { DriverState, MixtureParameters } from '@emkit/core';
import * as fc from 'fast-check';
import { numbersIn, sameBits } from '../cases.ts';
import { columnDefinition, DENSITIES, datasetOfUnits, modelOf, pointOf, unitArbitrary } from '../labels/cases.ts';
import type { Unit } from '../labels/enumeration.ts';
import { type LatentSubject, labelPart } from '../labels/subject.ts';
import { type Law, show, violate } from '../law.ts';
import { run } from '../run.ts';

/** Iterations before a state is saved, and after it is read. */
const BEFORE = 2;
const AFTER = 3;

/**
 * **label-json**: a latent structure goes through a file, and through a message to a worker, without a change.
 *
 * - Its options are JSON, and its definition makes the same structure of them again: id, options, number of components and of sums, start.
 * - A model goes to JSON and back: the same JSON, the same bits of every answer. So no parameter may have the name of another entry of a
 *   model file.
 * - The state of a driver, saved and read, goes on to the same bits as the run that was never stopped.
 */
export const labelJson: Law<LatentSubject> = {
  name: 'label-json',
  statement: 'the structure, a model and the state of a driver go to JSON and back without the change of a bit',
  falseAlarmRate: 0,
  parts: [
    labelPart({
      name: 'the structure',
      share: 0.01,
      arbitrary: () => fc.constant({}),
      check(_, { subject: { latent, definition } }) {
        const options = JSON.parse(JSON.stringify(latent.options)) as Readonly<Record<string, unknown>>;
        const again = definition.create(latent.components, options);
        for (const name of ['id', 'options', 'components', 'length', 'start'] as const) {
          if (!sameBits(again[name], latent[name]))
            violate(`made again of its options ${show(options)}, its ${name} is ${show(again[name])} and not ${show(latent[name])}`);
        }
        if (again.space.free.length !== latent.space.free.length)
          violate(`made again of its options, it has ${again.space.free.length} free parameters and not ${latent.space.free.length}`);
        if (definition.id !== latent.id) violate(`the definition ${definition.id} makes the structure ${latent.id}`);
      },
    }),
    labelPart({
      name: 'a model',
      share: 0.5,
      arbitrary: (subject) => fc.record({ at: subject.points('extreme'), unit: unitArbitrary(subject.latent.components, DENSITIES.near) }),
      check({ at, unit }, { subject }) {
        const { latent, engine, definition } = subject;
        const model = engine.createModel(modelOf(subject), pointOf(latent, at));
        const text = JSON.stringify(model);
        const again = engine.readModel(JSON.parse(text), [columnDefinition], [definition]);
        if (JSON.stringify(again) !== text) violate(`the model ${text} was read back as ${JSON.stringify(again)}`);
        if (!sameBits(numbersIn(again.parameters), numbersIn(pointOf(latent, at))))
          violate(`the parameters ${show(at)} were read back as ${show(again.parameters)}`);
        const dataset = datasetOfUnits(subject, [unit, unit]);
        const answers = [model, again].map((each) => {
          try {
            const { responsibilities, logDensities } = each.predict(dataset);
            return [...responsibilities.map((values) => values.join()), logDensities.join()].join(';');
          } catch (error) {
            return (error as { code?: string }).code;
          }
        });
        if (answers[0] !== answers[1]) violate(`the model ${text} answers ${answers[0]}, and read back ${answers[1]}`);
      },
    }),
    labelPart({
      name: 'the state of a driver',
      share: 0.2,
      shrinks: 40,
      arbitrary: (subject) =>
        fc.record({
          start: subject.points('ordinary'),
          units: fc.array(unitArbitrary(subject.latent.components, DENSITIES.near), { minLength: 1, maxLength: 4 }),
        }),
      check({ start, units }, { subject }) {
        const whole = runFrom(subject, units, pointOf(subject.latent, start), BEFORE + AFTER);
        const half = runFrom(subject, units, pointOf(subject.latent, start), BEFORE);
        const state = JSON.parse(JSON.stringify(half)) as DriverState;
        const { check } = modelOf(subject).space;
        const rest = runFrom(subject, units, { ...state, parameters: check(state.parameters) }, BEFORE + AFTER);
        if (!sameBits(rest, whole))
          violate(`a run that was saved after ${BEFORE} iterations ended in ${show(rest)}, and one that was not in ${show(whole)}`);
      },
    }),
  ],
};

/** The state in which plain EM ends. */
function runFrom(subject: LatentSubject, units: readonly Unit[], from: MixtureParameters | DriverState, iterations: number): DriverState {
  return run(subject, 'em', modelOf(subject), datasetOfUnits(subject, units), from, iterations, 0)!.result.state;
}
