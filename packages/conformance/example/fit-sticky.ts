import { createRandom, fit, fitAsync, openWorker, readModel } from '@emkit/core';
import { families, gaussian } from '@emkit/families';
import { sticky, stickyChain } from './sticky.ts';

// Sixty shifts of a machine that runs smoothly for a while, and roughly for a while.
const random = createRandom(1);
const shift: number[] = [];
const vibration: number[] = [];
for (let index = 0; index < 60; index += 1) {
  const rough = new Int32Array(50);
  sticky().sample(rough, 50, { stay: 0.9 }, random);
  for (const state of rough) {
    shift.push(index);
    vibration.push(1 + 2 * state + 0.8 * random.normal());
  }
}

const options = { latent: sticky(), family: gaussian(), sequences: shift, blockSize: 256 };
const result = fit(vibration, options);
console.log(
  result.diagnosis.kind,
  result.model.parameters.stay.toFixed(3),
  result.components.map(({ mean }) => mean.toFixed(3)),
);

const startWorker = () =>
  openWorker(
    new URL('./sticky-worker.ts', import.meta.url),
    () => new Worker(new URL('./sticky-worker.ts', import.meta.url), { type: 'module' }),
  );
const threaded = await fitAsync(vibration, { ...options, threads: 2, startWorker });
console.log('the same in threads:', JSON.stringify(threaded) === JSON.stringify(result));

const model = readModel(JSON.parse(JSON.stringify(result)), families, [stickyChain]);
const { responsibilities } = model.predict(vibration, { sequences: shift });
console.log(
  'the same when read:',
  JSON.stringify(responsibilities) === JSON.stringify(result.responsibilities(vibration, { sequences: shift })),
);
