// emkit as a peer among peers: the same protocol. Standard input: {"iterations": N} for N plain EM iterations, {"fit": tolerance} for a
// whole accelerated fit that also reads the array.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createDataset, createMemoryBackend, createMixture, emDriver, fit, fitAsync, runSync, startState } from '@emkit/core';
import { makeProblem, type Recipe } from './problems.ts';

const [folder, threads] = [process.argv[2]!, Number(process.argv[3] ?? 1)];
const recipe = JSON.parse(readFileSync(`${folder}/recipe.json`, 'utf8')) as Recipe;
const { family, columns, start, components } = makeProblem(recipe);
const data = columns.length === 1 ? columns[0]! : Object.fromEntries(columns.map((column, index) => [`x${index + 1}`, column]));
const mixture = createMixture({ family, components });
const dataset = createDataset(data, mixture.families, components);
const backend = createMemoryBackend(mixture, dataset);

async function run(request: { iterations?: number; fit?: number }): Promise<{ logLikelihood: number; evaluations?: number }> {
  if (request.fit !== undefined) {
    const options = { family, components, start, tolerance: request.fit };
    return threads === 1 ? fit(data, options) : await fitAsync(data, { ...options, threads });
  }
  const options = { iterations: request.iterations!, tolerance: 0 };
  if (threads === 1) return runSync(emDriver(mixture, startState('em', start), options), backend).expectation;
  return fitAsync(data, { family, components, start, accelerate: false, ...options, threads });
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { iterations?: number; fit?: number };
  const begin = performance.now();
  const { logLikelihood, evaluations } = await run(request);
  console.log(JSON.stringify({ milliseconds: performance.now() - begin, logLikelihood, evaluations }));
}
