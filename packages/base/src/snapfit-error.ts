/**
 * The one class of errors that Snapfit throws on purpose.
 * The message says what happened with the value received; what was expected; what to do.
 * `code` is stable and listed in the README of the package that throws it.
 */
export class SnapfitError<Code extends string = string> extends Error {
  override readonly name = "SnapfitError";
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
