/** What goes wrong outside of our code: one clear sentence with the remedy, printed without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
