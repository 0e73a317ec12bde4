package io.holdfast;

/**
 * A call failed. Not a denial, which is a {@link Verdict}, and thrown only as {@link DeniedException}. What to do depends on the class: {@link MisuseException}
 * is for the developer, {@link UnavailableException} may be over soon, {@link UntrustedAgentException} is for the log and for support.
 */
public class HoldfastException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Code code;
  private final String check, advice;

  HoldfastException(Code code, String check, String message, String advice) {
    super(message);
    this.code = code;
    this.check = check;
    this.advice = advice;
  }

  /** Called by holdfast_jni.c. */
  static HoldfastException of(int number, byte[] check, byte[] message, byte[] advice) {
    return of(Code.of(number), Utf8.text(check), Utf8.text(message), Utf8.text(advice));
  }

  private static HoldfastException of(Code code, String check, String message, String advice) {
    if (code.number() <= Code.AGENT_INVALID.number() && code.number() > Code.INTERNAL.number())
      return new UntrustedAgentException(code, check, message, advice);
    if (code.number() <= Code.NO_MEMORY.number() && code.number() > Code.AGENT_INVALID.number())
      return new UnavailableException(code, check, message, advice);
    if (code.number() > Code.NO_MEMORY.number()) return new MisuseException(code, check, message, advice);
    return new HoldfastException(code, check, message, advice);
  }

  public Code code() {
    return code;
  }

  /** The stable name of what failed, such as {@code path.anchor}; for logs and for support. */
  public String check() {
    return check;
  }

  /** What to do about it, one sentence; may be empty. */
  public String advice() {
    return advice;
  }

  @Override
  public String toString() {
    return getClass().getName() + ": " + getMessage() + " (" + code + ", " + check + ")" + (advice.isEmpty() ? "" : "; " + advice);
  }
}
