/** What stands in the way is the command line or a file, not the thing that is checked: exit code 2. */

export class CliError extends Error {
  override readonly name = 'CliError';
}
