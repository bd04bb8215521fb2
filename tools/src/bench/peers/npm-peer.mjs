// npm's expectation-maximization, which takes arrays of points and chooses its own start and its own number of iterations.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import em from 'expectation-maximization';

const folder = process.argv[2];
const problem = JSON.parse(readFileSync(`${folder}/problem.json`, 'utf8'));
const bytes = readFileSync(`${folder}/columns.bin`);
const values = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
const points = Array.from({ length: problem.rows }, (_, row) =>
  Array.from({ length: problem.dimension }, (__, column) => values[column * problem.rows + row]),
);
console.log(JSON.stringify({ ready: true }));
for await (const _line of createInterface({ input: process.stdin })) {
  const begin = performance.now();
  const groups = em(points, problem.components);
  const took = performance.now() - begin;
  let logLikelihood = 0;
  for (const point of points) logLikelihood += Math.log(groups.reduce((sum, group) => sum + group.probability(point), 0));
  console.log(JSON.stringify({ milliseconds: took, logLikelihood }));
}
