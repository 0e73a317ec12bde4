package io.holdfast;

/** Everything is genuine, and the license says no. */
public final class DeniedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Reason reason;

  DeniedException(String what, Verdict verdict) {
    super("the license does not grant '" + what + "' (" + verdict.reason() + "): " + verdict.advice());
    this.reason = verdict.reason();
  }

  public Verdict verdict() {
    return Verdict.denied(reason);
  }
}
