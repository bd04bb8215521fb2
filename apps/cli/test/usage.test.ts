import { spawnSync } from 'node:child_process';
import { allFamilies as families } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { data, emkit, Folder } from './support.ts';

const folder = new Folder();
const coins = data('three-coins.csv');

describe('wrong usage is one message and exit code 2', () => {
  test.each([
    [['frob'], "unknown command 'frob'"],
    [['fit'], "missing required argument 'DATA.csv'"],
    [['fit', coins], '--family is missing'],
    [['fit', coins, '--family', 'binomial', '--option', 'trials=10'], '--components is missing'],
    [['fit', coins, '--famly', 'binomial'], "unknown option '--famly'\n(Did you mean --family?)"],
    [
      ['fit', coins, '--family', 'cauchy', '--components', '2'],
      `There is no family "cauchy". There are: ${families.map(({ id }) => id).join(', ')}.`,
    ],
    [['fit', coins, '--family', 'gaussian', '--components', 'two'], "argument 'two' is invalid"],
    [['fit', coins, '--family', 'gaussian', '--components', '1.5'], "argument '1.5' is invalid"],
    [['fit', coins, '--family', 'gaussian', '--components', '1..3'], "argument '1..3' is invalid"],
    [['fit', coins, '--family', 'binomial', '--components', '2'], 'needs --option trials=...'],
    [['fit', coins, '--family', 'binomial', '--components', '2', '--option', 'trials'], 'write name=value'],
    [['fit', coins, '--family', 'binomial', '--components', '2', '--option', 'trials=ten'], 'give a whole number'],
    [['fit', coins, '--family', 'pareto', '--components', '2', '--option', 'minimum=ten'], 'give a number'],
    [['fit', coins, '--family', 'pareto', '--components', '2', '--option', 'minimum=0'], 'Give a finite number > 0'],
    [['fit', coins, '--family', 'binomial', '--components', '2', '--option', 'trials=0'], 'at least 1'],
    [
      ['fit', coins, '--family', 'binomial', '--components', '2', '--option', 'trials=10', '--option', 'trials-column=n'],
      'exclude one another',
    ],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--option', 'covariance=round'], 'one of full, diagonal, spherical, tied'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--option', 'speed=1'], 'has no option "speed"'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--tolerance', '-1'], 'a number >= 0'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--iterations', '-1'], 'at least 0'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--seed', 'x'], 'a whole number'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--starts', '0'], 'at least 1'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--columns', 'a,,b'], 'commas between them'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--fix', 'rate'], '--fix rate: there is nothing of that name'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--fix', '3.mean'], 'numbered from 1 to 2'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--fix', '1.mean'], 'no start gives their values'],
    [['fit', '-', '--family', 'gaussian', '--components', '2', '--start', '-'], 'cannot both be the standard input'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--columns', 'heads,heads'], '--columns names "heads" twice'],
    [['fit', coins, '--family', 'gaussian', '--components', '2', '--columns', 'heads', '--weights-column', 'heads'], 'asked for twice'],
    [['fit', coins, 'more.csv', '--family', 'gaussian', '--components', '2'], 'too many arguments'],
    [['select', coins, '--family', 'gaussian', '--components', '3..1'], 'Give a range such as 1..8'],
    [['select', coins, '--family', 'gaussian', '--criterion', 'dic'], 'Allowed choices are bic, aic, icl'],
    [['predict', 'model.json'], "missing required argument 'DATA.csv'"],
    [['sample', 'model.json'], '--rows is missing'],
    [['sample', 'model.json', '--rows', '-5'], 'at least 0'],
    [['completion', 'tcsh'], 'Shells: bash, zsh, fish'],
  ])('%j', async (args, says) => {
    const { exitCode, stdout, stderr } = await emkit(args);
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/^emkit: /);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
  });

  test('nothing at all prints the help on the standard error', async () => {
    const { exitCode, stdout, stderr } = await emkit([]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: emkit');
    expect(stderr).toContain('Exit codes: 0 done; 1');
  });

  test('a number of components below 1 is a fault of the model, not of the usage', async () => {
    for (const args of [
      ['fit', coins, '--family', 'gaussian', '--components', '0'],
      ['fit', coins, '--family', 'gaussian', '--components', '-2'],
      ['select', coins, '--family', 'gaussian', '--components', '0..3'],
    ]) {
      const { exitCode, stderr } = await emkit(args);
      expect(stderr).toMatch(/^emkit: The number of components is (0|-2)\. Give --components a whole number of at least 1\.\n$/);
      expect(exitCode).toBe(1);
    }
  });
});

describe('help', () => {
  const commands = ['fit', 'select', 'predict', 'sample', 'families', 'textbook', 'completion'];

  test('the program and every command have a help that fits the terminal', async () => {
    for (const args of [['--help'], ['help'], ...commands.map((name) => [name, '--help'])]) {
      const { exitCode, stdout, stderr } = await emkit(args);
      expect(exitCode).toBe(0);
      expect(stderr).toBe('');
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    }
    const { stdout } = await emkit(['--help']);
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} .* \\S`, 'm'));
  });

  test('the version', async () => {
    expect(await emkit(['--version'])).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  test('families lists every family with its parameters and options', async () => {
    const { stdout } = await emkit(['families']);
    const json = JSON.parse((await emkit(['families', '--json'])).stdout) as { id: string }[];
    expect(json.map(({ id }) => id)).toEqual(families.map(({ id }) => id));
    for (const { id, options } of families) {
      expect(stdout).toContain(id);
      for (const name of Object.keys(options)) expect(stdout).toContain(`${name} = `);
    }
    expect(stdout).toContain('rate: a number > 0');
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('the %s script knows every command, option and family', async (shell) => {
    const { exitCode, stdout } = await emkit(['completion', shell]);
    expect(exitCode).toBe(0);
    for (const word of [
      'fit',
      'select',
      'predict',
      'sample',
      'textbook',
      'weights-column',
      'criterion',
      'bic',
      'multivariate-gaussian',
      'covariance=tied',
    ]) {
      expect(stdout).toContain(word);
    }
  });

  test('bash completes commands, options, values and files', async () => {
    const script = folder.write('completion.bash', (await emkit(['completion', 'bash'])).stdout);
    folder.write('heads.csv', 'x\n');
    const complete = (...words: string[]): string[] => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      const program = `source '${script}'; COMP_WORDS=(emkit ${quoted}); COMP_CWORD=${words.length}; _emkit; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { cwd: folder.path, encoding: 'utf8' });
      expect(stderr).toBe('');
      return stdout.split('\n').filter((word) => word !== '');
    };
    expect(complete('f')).toEqual(['fit', 'families']);
    expect(complete('fit', '--fam')).toEqual(['--family', '--families']);
    expect(complete('fit', '--family', 'exp')).toEqual(['exponential']);
    expect(complete('select', 'x.csv', '--criterion', '')).toEqual(['bic', 'aic', 'icl']);
    expect(complete('fit', 'hea')).toEqual(['heads.csv']);
    expect(complete('completion', 'f')).toEqual(['fish']);
  });
});
