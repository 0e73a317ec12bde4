package io.holdfast;

import java.util.Arrays;

/** What the license says about one question. Decide by {@link #allowed}; the reason is what to tell people, also when it is allowed. */
public final class Verdict {
  // All that there are, so that a check makes no garbage but for the name's octets.
  private static final Verdict[] ALLOWED = all(true), DENIED = all(false);

  private final boolean allowed;
  private final Reason reason;

  private Verdict(boolean allowed, Reason reason) {
    this.allowed = allowed;
    this.reason = reason;
  }

  /** Of what Native answers. */
  static Verdict of(int answer) {
    return answer >= 0 ? ALLOWED[Reason.of(answer).ordinal()] : denied(Reason.of(~answer));
  }

  static Verdict denied(Reason reason) {
    return DENIED[reason.ordinal()];
  }

  public boolean allowed() {
    return allowed;
  }

  /** The most serious one. {@link Reason#ACTIVE}: there is nothing to say. */
  public Reason reason() {
    return reason;
  }

  /** What the administrator does about it; may be empty. */
  public String advice() {
    return reason.advice();
  }

  @Override
  public String toString() {
    return (allowed ? "allowed (" : "denied (") + reason + ")";
  }

  private static Verdict[] all(boolean allowed) {
    return Arrays.stream(Reason.values()).map(reason -> new Verdict(allowed, reason)).toArray(Verdict[]::new);
  }
}
