/** The command line accepts what it documents and nothing else. */
import {
  parseCommandLine,
  parsePort,
  parsePortRange,
  requireOption,
} from '../../agent/command-line.ts';
import { AgentError } from '../../agent/problem.ts';

const refusal = (act: () => unknown): AgentError => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof AgentError) return thrown;
    throw thrown;
  }
  throw new Error('it was accepted');
};

it('reads a command with its options', () => {
  expect(parseCommandLine(['join', '--api', 'https://a', '--name', 'n', '--state', '/s'])).toEqual({
    command: 'join',
    options: { api: 'https://a', name: 'n', state: '/s' },
  });
  expect(parseCommandLine(['run', '--test-clock']).options).toEqual({ 'test-clock': 'true' });
});

it.each([
  [[]],
  [['jump']],
  [['run', '--api', 'https://a']],
  [['join', '--token', 'secret']],
  [['join', 'secret']],
  [['status', '--output', 'xml']],
])('refuses %j with exit code 2 and says what exists', (argv) => {
  const error = refusal(() => parseCommandLine(argv));
  expect(error.exitCode).toBe(2);
  expect(error.text).toContain('raymesh-agent <command>');
});

it('names a missing option', () => {
  const line = parseCommandLine(['join', '--name', 'n']);
  expect(refusal(() => requireOption(line, 'api')).why).toContain('--api');
});

it('reads ports within their bounds only', () => {
  expect(parsePortRange('20000-20099')).toEqual({ first: 20_000, last: 20_099 });
  expect(parsePort('17000')).toBe(17_000);
  for (const text of ['20000', '20000-20098', '65500-65600', '30000-20000', 'a-b']) {
    expect(refusal(() => parsePortRange(text)).exitCode).toBe(2);
  }
  for (const text of ['0', '65536', '-1', '1e3', '']) {
    expect(refusal(() => parsePort(text)).exitCode).toBe(2);
  }
});
