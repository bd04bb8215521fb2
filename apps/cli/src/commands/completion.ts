import { allFamilies } from '@emkit/families';
import type { Command, Option } from 'commander';
import { type Io, write } from '../io.ts';
import { EXIT, usageProblem } from '../problem.ts';

const SHELLS: Readonly<Record<string, (commands: readonly CommandEntry[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `emkit completion SHELL`: a script made from the command line itself, so that the two cannot differ. */
export async function runCompletion(shell: string, program: Command, io: Io): Promise<number> {
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined)
    throw usageProblem(`There is no completion for ${JSON.stringify(shell)}. Shells: ${Object.keys(SHELLS).join(', ')}.`);
  await write(io.stdout, script(program.commands.map(describeCommand)));
  return EXIT.done;
}

interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Values of the first argument, where it is not a file. */
  readonly words: readonly string[] | undefined;
  readonly flags: readonly FlagEntry[];
}

interface FlagEntry {
  readonly long: string;
  readonly description: string;
  /** What follows it: nothing, a file, one of some words, or something that cannot be guessed. */
  readonly value: 'none' | 'file' | 'other' | readonly string[];
}

function describeCommand(command: Command): CommandEntry {
  const flags: FlagEntry[] = command.options.map((option) => ({
    long: option.long!,
    description: option.description,
    value: completedBy(option),
  }));
  return {
    name: command.name(),
    description: command.description(),
    words: command.name() === 'completion' ? Object.keys(SHELLS) : command.registeredArguments.length === 0 ? [] : undefined,
    flags: [...flags, { long: '--help', description: 'print this help', value: 'none' }],
  };
}

function completedBy(option: Option): FlagEntry['value'] {
  if (!option.required) return 'none';
  if (option.argChoices !== undefined) return option.argChoices;
  switch (option.long) {
    case '--family':
      return allFamilies.flatMap(({ id, fromJson }) => (fromJson === undefined ? [id] : []));
    case '--option':
      return [
        ...new Set(
          allFamilies.flatMap(({ options }) =>
            Object.entries(options).flatMap(([name, known]) =>
              known.kind === 'choice'
                ? known.values.map((value) => `${name}=${value}`)
                : known.kind === 'integer' && known.fromColumns
                  ? []
                  : [`${name}=`],
            ),
          ),
        ),
      ];
    case '--fix':
      return ['weights'];
    case '--start':
    case '--out':
      return 'file';
    default:
      return 'other';
  }
}

function bashScript(commands: readonly CommandEntry[]): string {
  const reply = (words: readonly string[]): string => `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$current"))`;
  const values = commands.flatMap(({ name, flags }) =>
    flags.flatMap(({ long, value }) => {
      if (value === 'none' || value === 'file') return [];
      return [`    ${quote(`${name} ${long}`)}) ${value === 'other' ? 'return' : `${reply(value)}; return`} ;;`];
    }),
  );
  return `# bash completion for emkit. To use it: eval "$(emkit completion bash)"
_emkit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    ${reply([...commands.map(({ name }) => name), 'help', '--help', '--version'])}
    return
  fi
  case "$command $previous" in
${values.join('\n')}
  esac
  case "$command $current" in
${commands.map(({ name, flags }) => `    ${quote(`${name} -`)}*) ${reply(flags.map(({ long }) => long))}; return ;;`).join('\n')}
${commands.flatMap(({ name, words }) => (words === undefined || words.length === 0 ? [] : [`    ${quote(`${name} `)}*) ${reply(words)}; return ;;`])).join('\n')}
    'help '*) ${reply(commands.map(({ name }) => name))}; return ;;
  esac
  COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _emkit emkit
`;
}

function zshScript(commands: readonly CommandEntry[]): string {
  const argument = ({ long, description, value }: FlagEntry): string => {
    const repeat = long === '--option' || long === '--fix' ? '*' : '';
    const action =
      value === 'none' ? '' : value === 'file' ? ':file:_files' : value === 'other' ? ':value: ' : `:value:(${value.join(' ')})`;
    return quote(`${repeat}${long}[${description.replace(/[[\]]/g, '').replace(/:/g, '\\:')}]${action}`);
  };
  return `#compdef emkit
# zsh completion for emkit. To use it: emkit completion zsh > "\${fpath[1]}/_emkit"
_emkit() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quote(`${name}:${description.replace(/:/g, '\\:')}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${commands
  .map(({ name, flags, words }) => {
    const rest = words === undefined ? " '*:file:_files'" : words.length === 0 ? '' : ` '1:value:(${words.join(' ')})'`;
    return `    ${name}) _arguments ${flags.map(argument).join(' ')}${rest} ;;`;
  })
  .join('\n')}
    help) _describe 'command' commands ;;
  esac
}
if [ "$funcstack[1]" = _emkit ]; then _emkit "$@"; else compdef _emkit emkit; fi
`;
}

function fishScript(commands: readonly CommandEntry[]): string {
  const lines = [
    '# fish completion for emkit. To use it: emkit completion fish > ~/.config/fish/completions/emkit.fish',
    'complete -c emkit -f',
  ];
  for (const { name, description, flags, words } of commands) {
    lines.push(`complete -c emkit -n __fish_use_subcommand -a ${name} -d ${quoteForFish(description)}`);
    const here = `complete -c emkit -n '__fish_seen_subcommand_from ${name}'`;
    if (words === undefined) lines.push(`${here} -F`);
    else if (words.length > 0) lines.push(`${here} -a ${quoteForFish(words.join(' '))}`);
    for (const flag of flags) {
      const value =
        flag.value === 'none'
          ? ''
          : flag.value === 'file'
            ? ' -r -F'
            : flag.value === 'other'
              ? ' -x'
              : ` -x -a ${quoteForFish(flag.value.join(' '))}`;
      lines.push(`${here} -l ${flag.long.slice(2)}${value} -d ${quoteForFish(flag.description)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

function quoteForFish(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}
