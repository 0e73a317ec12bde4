package io.holdfast;

/** The application's own mistake: a name that is none, a value of another type, a license that was closed. */
public final class MisuseException extends HoldfastException {
  private static final long serialVersionUID = 1;

  MisuseException(Code code, String check, String message, String advice) {
    super(code, check, message, advice);
  }
}
