/**
 * What the agent tells its owner when something cannot be done: what happened, why, and what to do
 * next, with the exit code that scripts can rely on.
 */

/** 1: it failed or a check failed. 2: the command line is wrong. 3: a file of the state is unreadable. */
export type ExitCode = 1 | 2 | 3;

/** A failure that the supplier can act on; everything else that is thrown is a bug. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly why: string;
  readonly next: string;
  readonly exitCode: ExitCode;

  constructor(parts: { what: string; why: string; next: string; exitCode?: ExitCode }) {
    super(parts.what);
    this.why = parts.why;
    this.next = parts.next;
    this.exitCode = parts.exitCode ?? 1;
  }

  /** All three sentences, for a terminal. */
  get text(): string {
    return `${this.message}\n  Why: ${this.why}\n  Next: ${this.next}`;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** The system's code of an error, for example "ENOENT"; undefined when it has none. */
export const codeOf = (thrown: unknown): unknown =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
