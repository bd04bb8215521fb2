// emkit as a peer among peers: the same protocol. Standard input: {"iterations": N} for N plain EM iterations, {"fit": tolerance} for a
// whole accelerated fit that also reads the array.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createDataset, createMixture, drive, fit, fitAsync, memorySource, runAsync, runSync, startState, workerSource } from '@emkit/core';
import { makeProblem, type Recipe } from './problems.ts';

const [folder, threads] = [process.argv[2]!, Number(process.argv[3] ?? 1)];
const recipe = JSON.parse(readFileSync(`${folder}/recipe.json`, 'utf8')) as Recipe;
const { family, columns, start, components } = makeProblem(recipe);
const data = columns.length === 1 ? columns[0]! : Object.fromEntries(columns.map((column, index) => [`x${index + 1}`, column]));
const mixture = createMixture({ family, components });
const dataset = createDataset(data, mixture.families, components);
// As the peers, it is asked often by one process: what it needs for that is made once, workers and their data among it.
const memory = memorySource(dataset);
const workers = threads > 1 ? workerSource(dataset, { threads, startWorker: family.startWorker! }) : undefined;

async function run(request: { iterations?: number; fit?: number }): Promise<{ logLikelihood: number; evaluations?: number }> {
  if (request.fit !== undefined) {
    const options = { family, components, start, tolerance: request.fit };
    return threads === 1 ? fit(data, options) : await fitAsync(data, { ...options, threads });
  }
  const options = { iterations: request.iterations!, tolerance: 0 };
  const driver = drive(mixture, startState('em', start), options);
  if (workers === undefined) return runSync(driver, memory).expectation;
  const outcome = await runAsync(driver, workers);
  if (outcome.kind !== 'done') throw new Error('The run was aborted.');
  return outcome.result.expectation;
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { iterations?: number; fit?: number };
  const begin = performance.now();
  const { logLikelihood, evaluations } = await run(request);
  console.log(JSON.stringify({ milliseconds: performance.now() - begin, logLikelihood, evaluations }));
}
