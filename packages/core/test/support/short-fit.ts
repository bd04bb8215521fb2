// Fits with workers that are still starting when the fit is over: they must not keep the process alive.
import { createDataset, createMixture, drive, openWorker, runAsync, startState } from '@emkit/core';
import { automaticSource } from '../../src/source/automatic.ts';
import { bell } from './families.ts';

const mixture = createMixture({ family: bell(), components: 1 });
const dataset = createDataset(
  Array.from({ length: 20_000 }, (_, row) => row % 17),
  mixture.families,
  1,
);
let started = 0;
const startWorker = () => {
  started += 1;
  return openWorker(new URL('./worker.ts', import.meta.url), () => {
    throw new Error('there is no Web Worker here');
  });
};
const source = automaticSource(dataset, { threads: 2, startWorker, patience: 0 });
const begin = startState('em', { weights: [1], components: [{ mean: 0, variance: 1 }] });
const outcome = await runAsync(drive(mixture, begin, { iterations: 1, tolerance: 0 }), source);
await source.close?.();
console.log(`${started} workers started, ${outcome.kind === 'done' ? 'fitted' : outcome.kind}`);
