/** Log lines: one JSON object each, with what helps and without what must stay secret. */
import { createLogger } from '../../functions/kit/log.ts';
import { AppError } from '../../shared/core/errors.ts';

const setup = () => {
  const lines: string[] = [];
  return { log: createLogger((line) => lines.push(line), { function: 'f' }), lines };
};

describe('the log', () => {
  it('writes one line per event, with the fields that were given on the way', () => {
    const { log, lines } = setup();
    log.with({ request_id: 'r' }).warn('thing.happened', { text: 'a\nb', amount: 10n ** 20n });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      event: 'thing.happened',
      function: 'f',
      request_id: 'r',
      text: 'a\nb',
      amount: '100000000000000000000',
    });
  });

  it.each([
    'secret',
    'task_token',
    'joinToken',
    'Authorization',
    'password',
    'private_key',
    'signature',
    'secretHash',
  ])('redacts %s wherever it stands', (name) => {
    const { log, lines } = setup();
    log.info('x', { [name]: 'sesame', list: [{ deep: { [name]: { value: 'sesame' } } }] });
    log
      .with({ [name]: 'sesame' })
      .error('x', { cause: new AppError('platform.bug', { details: { [name]: 'sesame' } }) });
    expect(lines.join()).not.toContain('sesame');
    expect(lines.join()).toContain('[redacted]');
  });

  it('shows an error with its causes, and a refusal with its code', () => {
    const { log, lines } = setup();
    log.error('x', { error: new Error('outer', { cause: new TypeError('inner') }) });
    log.error('x', { error: new AppError('platform.unavailable', { details: { table: 't' } }) });
    const [failure, refusal] = lines.map((line) => JSON.parse(line));
    expect(failure.error).toMatchObject({ message: 'outer', cause: { name: 'TypeError' } });
    expect(failure.error.stack).toContain('log.test');
    expect(refusal.error).toEqual({
      code: 'platform.unavailable',
      message: expect.any(String),
      details: { table: 't' },
    });
  });
});
